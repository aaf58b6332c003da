#include "actors/batch_split.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

#include <fmt/format.h>

#include <map>

using namespace vedette;
using namespace vedette::actors;

namespace {

/// Events that know their number.
std::shared_ptr<base::event_batch> numbered(std::uint32_t events) {
  auto out = std::make_shared<base::event_batch>();
  out->tenant = {"t"};
  out->source = "src";
  for (std::uint32_t i = 0; i < events; ++i) {
    base::event e;
    e.id = out->memory.copy(fmt::format("{}", i));
    out->events.push_back(e);
  }
  return out;
}

} // namespace

TEST_CASE("split: every event comes to its partition once, in the order it was placed",
          "[actors][ingest]") {
  test::random chance{11};
  batch_split split;
  for (int round = 0; round < 50; ++round) {
    const auto whole = numbered(static_cast<std::uint32_t>(chance.below(40)));
    std::map<std::uint32_t, std::vector<std::string>> expected;
    std::map<std::uint32_t, std::size_t> own;
    for (std::uint32_t i = 0; i < whole->events.size(); ++i) {
      const auto p = static_cast<std::uint32_t>(chance.below(6));
      split.place({p}, i);
      expected[p].emplace_back(whole->events[i].id);
      ++own[p];
      if (chance.below(3) == 0) {
        auto copy = whole->events[i];
        copy.routed_to = "bucket";
        const auto to = static_cast<std::uint32_t>(chance.below(6));
        split.place_copy({to}, copy);
        expected[to].push_back(fmt::format("{} for bucket", copy.id));
      }
    }
    std::vector<std::string> bad;
    const auto bad_in = static_cast<std::uint32_t>(chance.below(8));
    for (auto n = chance.below(3); n > 0; --n) {
      split.quarantine({bad_in}, {fmt::format("reason {}", n), "head"});
      bad.push_back(fmt::format("reason {}", n));
      expected[bad_in]; // a share of its own when it has no events
    }
    const auto shares = split.take(whole, {7});
    REQUIRE(shares.size() == expected.size());
    auto want = expected.begin();
    for (const auto& s : shares) {
      CHECK(s.partition.value == want->first);
      CHECK(s.own == own[want->first]);
      REQUIRE(s.events);
      CHECK(s.events->source == "src");
      CHECK(s.events->generation.value == 7);
      std::vector<std::string> came;
      for (const auto& e : s.events->events)
        came.push_back(
            fmt::format("{}{}{}", e.id, e.routed_to.empty() ? "" : " for ", e.routed_to));
      CHECK(came == want->second);
      std::vector<std::string> reasons;
      for (const auto& q : s.quarantined)
        reasons.push_back(q.reason);
      CHECK(reasons == (s.partition.value == bad_in ? bad : std::vector<std::string>{}));
      ++want;
    }
  }
}
