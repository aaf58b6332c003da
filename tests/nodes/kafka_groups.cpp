// How records of Kafka become groups, and the same groups again after a crash.
#include "nodes/client/kafka/groups.hpp"

#include "tests/support/catch.hpp"

using namespace vedette;
using namespace std::chrono_literals;
using client::kafka_groups;

namespace {

const io::kafka_place place{"logs", 3};
const kafka_groups::time start{};

io::kafka_record record(std::int64_t offset, std::string value = "v",
                        io::kafka_place where = place) {
  return {std::move(where), offset, std::move(value)};
}

} // namespace

TEST_CASE("kafka groups: full ones go at once, others when they have waited", "[nodes][kafka]") {
  kafka_groups g;
  g.given(place, std::nullopt);
  for (std::int64_t i = 0; i < 1500; ++i)
    g.add(record(i), start);
  const auto full = g.take(start);
  REQUIRE(full);
  CHECK(full->first == 0);
  CHECK(full->last == 999);
  CHECK(full->values.size() == kafka_groups::group_records);
  CHECK_FALSE(g.take(start + 99ms));
  const auto rest = g.take(start + kafka_groups::linger);
  REQUIRE(rest);
  CHECK(rest->first == 1000);
  CHECK(rest->last == 1499);
  CHECK(g.empty());
  CHECK(full->name() != rest->name());
}

TEST_CASE("kafka groups: what was noted is made again, also when it comes in pieces",
          "[nodes][kafka]") {
  kafka_groups before;
  before.given(place, std::nullopt);
  for (std::int64_t i = 7; i < 40; ++i)
    before.add(record(i, std::to_string(i)), start);
  const auto sent = before.take(start + 1s);
  REQUIRE(sent);

  kafka_groups after;
  after.given(place, io::kafka_position{sent->first, sent->note()});
  for (std::int64_t i = 7; i < 20; ++i)
    after.add(record(i, std::to_string(i)), start);
  CHECK_FALSE(after.take(start + 1s)); // the rest of it is on its way
  for (std::int64_t i = 20; i < 60; ++i)
    after.add(record(i, std::to_string(i)), start + 1s);
  const auto again = after.take(start + 1s);
  REQUIRE(again);
  CHECK(again->last == 39);
  CHECK(again->name() == sent->name());
  const auto next = after.take(start + 2s);
  REQUIRE(next);
  CHECK(next->first == 40);
  CHECK(next->last == 59);
}

TEST_CASE("kafka groups: what was noted and is gone holds up nothing", "[nodes][kafka]") {
  struct row {
    const char* why;
    std::vector<std::int64_t> offsets;
    std::int64_t first, last; ///< of the first group
    std::chrono::milliseconds after;
  };
  for (const auto& r : std::vector<row>{{"all of it was deleted", {50, 51}, 50, 51, 100ms},
                                        {"its end was compacted away", {10, 11, 50}, 10, 11, 0ms},
                                        {"nothing comes any more", {10, 11}, 10, 11, 5s}}) {
    INFO(r.why);
    kafka_groups g;
    g.given(place, io::kafka_position{10, "vedette.1 through 39"});
    for (const auto offset : r.offsets)
      g.add(record(offset), start);
    const auto taken = g.take(start + r.after);
    REQUIRE(taken);
    CHECK(taken->first == r.first);
    CHECK(taken->last == r.last);
  }
  for (const auto* note : {"", "another program's", "vedette.1 through x", "vedette.1 through 9"}) {
    INFO(note);
    kafka_groups g;
    g.given(place, io::kafka_position{10, note});
    g.add(record(10), start);
    CHECK(g.take(start + kafka_groups::linger));
  }
}

TEST_CASE("kafka groups: tombstones move the position and hold nothing", "[nodes][kafka]") {
  kafka_groups g;
  g.given(place, std::nullopt);
  g.add({place, 4, std::nullopt}, start);
  const auto only = g.take(start + 1s);
  REQUIRE(only);
  CHECK(only->last == 4);
  CHECK(only->values.empty());
}

TEST_CASE("kafka groups: bounded, and of partitions of others nothing is kept", "[nodes][kafka]") {
  kafka_groups g;
  g.given(place, std::nullopt);
  const std::string large(std::size_t{1} << 20, 'x');
  for (std::int64_t i = 0; !g.full(); ++i) {
    REQUIRE(i < 64);
    g.add(record(i, large), start);
  }
  CHECK(g.half_full());
  g.drop(place);
  CHECK_FALSE(g.half_full());
  g.add(record(99), start);
  CHECK(g.empty());
}
