#include "state/record_cache.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::state;

namespace {

record_cache::record_ptr record_of(std::size_t bytes) {
  schemas::log_record r;
  r.entries.push_back({{0}, {1}, {1}, schemas::entry_kind::batch, 1, std::string(bytes, 'x')});
  return std::make_shared<const schemas::log_record>(std::move(r));
}

} // namespace

TEST_CASE("records: what was read longest ago goes when there is no room", "[state]") {
  record_cache cache{3500};
  for (std::uint64_t n = 1; n <= 3; ++n)
    cache.put(n, record_of(1000));
  CHECK(cache.find(1) != nullptr); // read again
  cache.put(4, record_of(1000));
  CHECK(cache.find(1) != nullptr);
  CHECK(cache.find(2) == nullptr);
  CHECK(cache.find(4) != nullptr);
  CHECK(cache.bytes() <= 3500);
}

TEST_CASE("records: one that is larger than all the room costs the others nothing", "[state]") {
  record_cache cache{3500};
  cache.put(1, record_of(1000));
  cache.put(2, record_of(4000));
  CHECK(cache.find(1) != nullptr);
  CHECK(cache.find(2) == nullptr);
}
