#include "actors/fold_suspects.hpp"

#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::actors;

TEST_CASE("suspects: one death asks the log, two demand a skip", "[actors][suspects]") {
  fold_suspects s{{{{7}, 3, 1}, {{7}, 4, 2}, {{9}, base::whole_entry, 1}}};
  CHECK_FALSE(s.must_ask({6}));
  REQUIRE(s.must_ask({7}));
  CHECK(s.deadly({7}) == std::vector<std::uint32_t>{4});
  CHECK(s.skips({7}) == nullptr);
  s.answered({7}, {4, 5});
  CHECK_FALSE(s.must_ask({7}));
  REQUIRE(s.skips({7}) != nullptr);
  CHECK(*s.skips({7}) == std::set<std::uint32_t>{4, 5});
  REQUIRE(s.must_ask({9}));
  CHECK(s.deadly({9}).empty());
  s.answered({9}, {});
  CHECK_FALSE(s.must_ask({9}));
  CHECK(s.skips({9}) == nullptr);
}
