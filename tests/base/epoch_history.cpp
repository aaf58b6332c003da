#include "base/epoch_history.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

using namespace vedette;
using namespace vedette::base;

namespace {

epoch_history history_of(const std::vector<std::uint64_t>& epochs) {
  epoch_history h;
  for (std::size_t i = 0; i < epochs.size(); ++i)
    h.appended({epochs[i]}, {i + 1});
  return h;
}

} // namespace

TEST_CASE("history: two logs part where their last common epoch ends in the shorter",
          "[cluster][history]") {
  struct row {
    const char* why;
    std::vector<std::uint64_t> a, b; ///< epoch of each entry
    std::uint64_t shared;
  };
  const auto r = GENERATE(values<row>({
      {"equal", {1, 1, 2}, {1, 1, 2}, 3},
      {"one is behind", {1, 1, 2, 2}, {1, 1, 2}, 3},
      {"an uncommitted tail of a deposed primary", {1, 1, 1, 1}, {1, 1, 3}, 2},
      {"two tails that never met", {1, 2, 2}, {1, 3, 3}, 1},
      {"an epoch one of them never saw", {1, 1, 2, 4}, {1, 1, 4}, 2},
      {"an empty store", {1, 2}, {}, 0},
      {"both empty", {}, {}, 0},
      {"nothing in common", {1, 1}, {2, 2}, 0},
  }));
  INFO(r.why);
  const auto shared = last_shared(history_of(r.a), {r.a.size()}, history_of(r.b), {r.b.size()});
  CHECK(shared.value == r.shared);
  CHECK(last_shared(history_of(r.b), {r.b.size()}, history_of(r.a), {r.a.size()}) == shared);
}

TEST_CASE("history: equals comparing the logs entry by entry", "[cluster][history]") {
  // Logs as the protocol makes them: each epoch begins where its primary's log ended.
  test::random chance{7};
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::vector<std::uint64_t>> logs(3);
    for (std::uint64_t epoch = 1; epoch <= 6; ++epoch) {
      auto& primary = logs[chance.below(3)];
      for (auto n = chance.below(4); n > 0; --n)
        primary.push_back(epoch);
      for (auto& follower : logs) {
        if (&follower == &primary || chance.chance(0.5))
          continue;
        std::size_t same = 0;
        while (same < std::min(follower.size(), primary.size()) && follower[same] == primary[same])
          ++same;
        if (same < primary.size()) {
          follower.resize(same);
          for (auto n = chance.below(primary.size() - same + 1); n > 0; --n)
            follower.push_back(primary[follower.size()]);
        }
      }
    }
    std::size_t same = 0;
    while (same < std::min(logs[0].size(), logs[1].size()) && logs[0][same] == logs[1][same])
      ++same;
    CHECK(last_shared(history_of(logs[0]), {logs[0].size()}, history_of(logs[1]), {logs[1].size()})
              .value == same);
  }
}

TEST_CASE("history: cutting forgets the epochs that began behind the cut", "[cluster][history]") {
  auto h = history_of({1, 1, 2, 2, 5});
  CHECK(h.epoch_at({4}) == base::epoch{2});
  h.cut({3});
  CHECK(h.starts().size() == 2);
  h.cut({2});
  CHECK(h.starts().size() == 1);
  CHECK(h.epoch_at({0}) == base::epoch{0});
}

TEST_CASE("history: epoch_history::starts_max bounds it, and what is forgotten is unknown",
          "[cluster][history]") {
  epoch_history h;
  for (std::uint64_t i = 1; i <= 100; ++i)
    h.appended({i}, {i});
  CHECK(h.starts().size() == epoch_history::starts_max);
  CHECK(h.epoch_at({1}) == base::epoch{0});
  CHECK(h.epoch_at({100}) == base::epoch{100});
}

TEST_CASE("history: what came from outside is checked before it is believed",
          "[cluster][history]") {
  CHECK(epoch_history::well_formed({}));
  CHECK(epoch_history::well_formed({{{1}, {1}}, {{3}, {9}}}));
  CHECK(!epoch_history::well_formed({{{3}, {1}}, {{1}, {9}}}));
  CHECK(!epoch_history::well_formed({{{1}, {9}}, {{3}, {9}}}));
  CHECK(!epoch_history::well_formed({{{0}, {1}}}));
  CHECK(!epoch_history::well_formed({{{1}, {0}}}));
  CHECK(!epoch_history::well_formed(std::vector<epoch_start>(65, {{1}, {1}})));
}
