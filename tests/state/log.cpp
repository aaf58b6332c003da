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

TEST_CASE("log: what was cut is never read again, also after a start and behind a new tail",
          "[state][log]") {
  test::folder folder;
  store_options options;
  options.run_records = GENERATE(1, 2, 100);
  auto s = *open_rocks_store(folder / "s", options);
  const auto in = [](std::uint64_t epoch, std::uint64_t index, std::string body) {
    return log_entry{{1}, {epoch}, {index}, entry_kind::batch, 1, std::move(body)};
  };
  const auto append = [&](std::vector<log_entry> group) { REQUIRE(s->log().append(group)); };
  append({in(1, 1, "a"), in(1, 2, "b"), in(1, 3, "lost")});
  append({in(1, 4, "lost too")});
  append({{{1}, {2}, {}, entry_kind::promise, 1, {}}, {{1}, {2}, {2}, entry_kind::cut, 1, {}}});
  const auto standing = s->log().standing({1});
  CHECK(standing.last.value == 2);
  CHECK(standing.promised.value == 2);
  append({in(2, 3, "c")});
  append({in(2, 4, "d")});
  const auto bodies = [&](std::uint64_t after) {
    std::string out;
    REQUIRE(s->log().read({{{1}, {after}}}, [&](const log_entry& e) {
      out += e.body;
      return true;
    }));
    return out;
  };
  CHECK(bodies(0) == "abcd");
  CHECK(bodies(2) == "cd");
  CHECK(bodies(3) == "d");
  const auto before = s->log().standing({1});
  s.reset();
  s = *open_rocks_store(folder / "s", options);
  CHECK(s->log().standing({1}) == before);
  CHECK(s->log().partitions() == std::vector<base::partition_id>{{1}});
  CHECK(bodies(0) == "abcd");
}

TEST_CASE("stores: a staged state is invisible until it is switched in, whole and with its log",
          "[state][stores]") {
  world w{GENERATE(false, true)};
  const state_key old{{1}, {"acme"}, state_kind::identity, "old"};
  const state_key fresh{{1}, {"acme"}, state_kind::identity, "new"};
  changes before;
  before.put(old, "1");
  REQUIRE(w.s->entities().apply(before));
  w.append({entry(1, 1), entry(1, 2)});
  const auto held = w.s->entities().view({1});
  const staged_item item{to_bytes(fresh).substr(partition_bytes), "2"};
  REQUIRE(w.s->entities().stage({1}, {&item, 1}));
  CHECK_FALSE((*w.s->entities().get(fresh)).has_value());
  changes beside;
  beside.position({1}, {7});
  const log_entry reset{{1}, {3}, {7}, entry_kind::reset, 1, schemas::encode_history({{{3}, {5}}})};
  REQUIRE(w.s->switch_staged({1}, reset, beside));
  CHECK(**w.s->entities().get(fresh) == "2");
  CHECK_FALSE((*w.s->entities().get(old)).has_value());
  CHECK(w.s->entities().position({1})->value == 7);
  CHECK(w.s->log().standing({1}).first_kept.value == 8);
  w.append({{{1}, {3}, {8}, entry_kind::batch, 1, "x"}});
  CHECK(w.read({{{1}, {7}}}) == std::vector<std::uint64_t>{108});
  unsigned seen = 0;
  REQUIRE(held->scan("", [&](auto key, auto value) {
    ++seen;
    return key == to_bytes(old).substr(partition_bytes) && value == "1";
  }));
  CHECK(seen == 1); // as it was when it was taken
  const staged_item foreign{"?", "x"};
  CHECK(w.s->entities().stage({1}, {&foreign, 1}).err().code == base::ec::malformed);
}
