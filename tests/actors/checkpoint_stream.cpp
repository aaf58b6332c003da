// A checkpoint cut into chunks: the same bytes each time, and what its checksum says.
#include "actors/checkpoint_stream.hpp"
#include "state/memory/memory_store.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>

using namespace vedette;
using namespace vedette::actors;

namespace {

std::unique_ptr<state::store> store_of(std::size_t entities) {
  auto out = state::make_memory_store({});
  state::changes set;
  for (std::size_t i = 0; i < entities; ++i)
    set.put({{3}, {"acme"}, state::state_kind::identity, fmt::format("user-{:05}", i)},
            std::string(4'000, static_cast<char>('a' + i % 26)));
  set.put_meta("about", "what it knows");
  REQUIRE(out->entities().apply(set));
  return out;
}

} // namespace

TEST_CASE("checkpoint: what is read again is what the checksum was made of, whatever was kept",
          "[actors][checkpoint]") {
  const std::size_t entities = GENERATE(0U, 1U, 600U, 5'000U); // none, and up to 20 MB
  INFO(entities << " entities");
  const auto from = store_of(entities);
  const auto source = checkpoint_source::open(*view_of(from->entities(), {3}, {7}, "about"));
  REQUIRE(source);
  const auto& opened = (*source)->opened();
  CHECK(opened.keys == entities);
  CHECK((opened.chunks > 1) == (entities >= 600));
  CHECK((*source)->kept(0) != nullptr);
  CHECK(((*source)->kept(opened.chunks - 1) != nullptr) == (entities <= 600));
  auto to = store_of(0);
  checkpoint_sink sink;
  for (std::uint32_t n = 0; n < opened.chunks; ++n) {
    const auto chunk = (*source)->chunk(n);
    REQUIRE(chunk);
    const auto items = sink.take(**chunk);
    REQUIRE(items);
    REQUIRE(to->entities().stage({3}, *items));
  }
  cluster::checkpoint_manifest m;
  m.chunks = opened.chunks;
  m.checksum = opened.checksum;
  CHECK(sink.matches(m));
  ++m.checksum.low;
  CHECK_FALSE(sink.matches(m));
}
