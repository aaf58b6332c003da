#include "cluster/clock_vote.hpp"

#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::cluster;
using namespace std::chrono_literals;

TEST_CASE("clocks: what most of all members show is right, and without a majority time goes on",
          "[cluster][clocks]") {
  struct row {
    std::vector<base::duration> others;
    std::size_t members;
    base::duration right;
    bool decided, own_is_right;
    const char* why;
  };
  const auto own = 1000s;
  const clock_verdict before{900s, true, true};
  for (const auto& r : std::vector<row>{
           {{}, 1, 1000s, true, true, "alone: there is no other"},
           {{1001s, 999s}, 3, 1000s, true, true, "all agree: it goes by its own"},
           {{1001s, 1600s}, 3, 1000s, true, true, "another one is wrong"},
           {{400s, 401s}, 3, 401s, true, false, "its own is wrong, and the others are heard"},
           {{400s}, 3, 900s, false, true, "word against word, a third is not heard"},
           {{400s}, 2, 900s, false, true, "of two nobody knows"},
           {{}, 3, 900s, false, true, "nobody is heard and the clock was stepped"},
           {{400s, 1600s}, 3, 900s, false, true, "three different ones"},
           {{1000s, 400s, 400s}, 4, 900s, false, true, "two against two"},
           {{1000s, 400s, 400s, 400s}, 5, 400s, true, false, "three of five"},
           {{400s, 400s}, 5, 900s, false, true, "two of five are no majority"},
       }) {
    INFO(r.why);
    const auto v = judge_clocks(own, r.others, r.members, before);
    CHECK(v.right == r.right);
    CHECK(v.decided == r.decided);
    CHECK(v.own_is_right == r.own_is_right);
  }
}

TEST_CASE("clocks: small corrections are followed without a majority, large ones are not",
          "[cluster][clocks]") {
  clock_verdict v{1000s, true, true};
  v = judge_clocks(1000s + clock_off, {}, 3, v);
  CHECK(v.right == 1000s + clock_off);
  v = judge_clocks(1006s + clock_off, {}, 3, v);
  CHECK(v.right == 1000s + clock_off);
}

TEST_CASE("clocks: one that was wrong must come well within the bound to be right again",
          "[cluster][clocks]") {
  const auto at_edge = clock_off - 1s;
  CHECK(clock_is_right(at_edge, 0s, true));
  CHECK_FALSE(clock_is_right(at_edge, 0s, false));
  CHECK(clock_is_right(-clock_off / 2, 0s, false));
  // Drifting by 400 ppm it is noticed after three hours and a half, and believed until then.
  clock_verdict v{0s, true, true};
  auto drifted = 0ms;
  int minutes = 0;
  for (; v.own_is_right && minutes < 10'000; ++minutes) {
    drifted += 24ms;
    v = judge_clocks(drifted, {0s, 0s}, 3, v);
    CHECK((v.right == drifted || v.right == 0s));
  }
  CHECK(minutes == 209);
  CHECK(v.right == 0s);
  // What a majority decided holds when it is not heard any more, until the clock itself is right.
  v = judge_clocks(600s, {0s, 0s}, 3, v);
  v = judge_clocks(600s, {}, 3, v);
  CHECK(v.right == 0s);
  CHECK_FALSE(v.own_is_right);
  v = judge_clocks(1s, {}, 3, v);
  CHECK(v.right == 1s);
  CHECK(v.own_is_right);
}
