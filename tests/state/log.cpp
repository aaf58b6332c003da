// What a partition log promises, told as stories; both implementations.
#include "state/memory/memory_store.hpp"
#include "state/rocks/rocks_store.hpp"
#include "tests/state/folder.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::state;

namespace {

log_entry entry(std::uint32_t partition, std::uint64_t index, std::string body = "x") {
  return {{partition}, {1}, {index}, entry_kind::batch, 1, std::move(body)};
}

struct world {
  test::folder folder;
  std::int64_t now_s = 1'000;
  store_options options;
  std::unique_ptr<store> s;

  explicit world(bool on_disk) {
    options.clock = [this] { return base::receive_time{std::chrono::seconds{now_s}}; };
    options.run_records = 2;
    s = on_disk ? *open_rocks_store(folder / "s", options) : make_memory_store(options);
  }
  partition_log& log() { return s->log(); }
  void append(std::vector<log_entry> group) { REQUIRE(log().append(group)); }
  std::vector<std::uint64_t> read(const positions& after) {
    std::vector<std::uint64_t> out;
    REQUIRE(log().read(after, [&](const log_entry& e) {
      out.push_back(e.partition.value * 100 + e.index.value);
      return true;
    }));
    return out;
  }
};

constexpr trim_limits everything{base::duration{0}, 0};

} // namespace

TEST_CASE("log: a read shows only named partitions, after the position, in append order",
          "[state][log]") {
  world w{GENERATE(false, true)};
  w.append({entry(1, 1), entry(0, 1)});
  w.append({entry(0, 2), entry(2, 1)});
  w.append({entry(1, 2), entry(0, 3)});
  CHECK(w.read({{{0}, {0}}, {{1}, {1}}}) == std::vector<std::uint64_t>{1, 2, 102, 3});
  CHECK(w.read({{{0}, {3}}}).empty());
  CHECK(w.read({}).empty());
  CHECK(w.read({{{9}, {0}}}).empty());
  CHECK((*w.log().last({0})).value == 3);
  CHECK((*w.log().last({9})).value == 0);
}

TEST_CASE("log: trim never passes a partition that was not checkpointed", "[state][log]") {
  world w{GENERATE(false, true)};
  for (std::uint64_t i = 1; i <= 8; ++i)
    w.append({entry(0, i), entry(1, i)});
  REQUIRE(w.log().trim({{{0}, {8}}}, everything));
  CHECK(w.log().first_kept({0}).value == 1);
  REQUIRE(w.log().trim({{{0}, {8}}, {{1}, {5}}}, everything));
  // Runs of two records: entries 1..4 lie in whole runs before entry 5.
  CHECK(w.log().first_kept({0}).value == 5);
  CHECK(w.read({{{0}, {4}}}) == std::vector<std::uint64_t>{5, 6, 7, 8});
  const auto lost = w.log().read({{{0}, {3}}}, [](const log_entry&) { return true; });
  REQUIRE_FALSE(lost);
  CHECK(lost.err().code == base::ec::not_found);
  REQUIRE(w.log().trim({{{0}, {8}}, {{1}, {8}}}, everything));
  CHECK(w.log().first_kept({0}).value == 7); // the newest run always stays
}

TEST_CASE("log: what a checkpoint covers is kept until it is old or the log is large",
          "[state][log]") {
  world w{GENERATE(false, true)};
  for (std::uint64_t i = 1; i <= 10; ++i) {
    w.append({entry(0, i)});
    w.now_s += 60;
  }
  const positions all = {{{0}, {10}}};
  REQUIRE(w.log().trim(all, {std::chrono::hours{1}, 1 << 30}));
  CHECK(w.log().first_kept({0}).value == 1);
  // Now is minute 10 after the first; entries 5 and 6 begin their run at minute 4.
  REQUIRE(w.log().trim(all, {std::chrono::seconds{330}, 1 << 30}));
  CHECK(w.log().first_kept({0}).value == 5);
  const auto bytes = w.log().usage().bytes;
  REQUIRE(w.log().trim(all, {std::chrono::hours{1}, bytes - 1}));
  CHECK(w.log().first_kept({0}).value == 7);
  CHECK(w.log().usage().records == 4);
}

TEST_CASE("log: a store that is opened again goes on where it stopped", "[state][log]") {
  test::folder folder;
  store_options options;
  options.run_records = 4;
  std::uint64_t incarnation = 0;
  for (std::uint64_t round = 0; round < 5; ++round) {
    auto s = open_rocks_store(folder / "s", options);
    REQUIRE(s);
    if (round > 0)
      CHECK((*s)->incarnation() == incarnation);
    incarnation = (*s)->incarnation();
    auto& log = (*s)->log();
    CHECK((*log.last({0})).value == round * 3);
    for (std::uint64_t i = 1; i <= 3; ++i) {
      const auto e = entry(0, round * 3 + i, std::to_string(i));
      REQUIRE(log.append({&e, 1}));
    }
  }
  auto s = open_rocks_store(folder / "s", options);
  REQUIRE(s);
  std::uint64_t next = 1;
  REQUIRE(
      (*s)->log().read({{{0}, {0}}}, [&](const log_entry& e) { return e.index.value == next++; }));
  CHECK(next == 16);
}
