// Every batch delivered twice, to two nodes of a cluster, and out of order: its alerts are those of
// one delivery.
//
// Every other batch comes again as it was, as from a shipper that had no answer; the rest come by
// another path, in a stream of their own, where only the ids of events tell.
#include "base/time.hpp"
#include "tests/processes/final_alerts.hpp"
#include "tests/processes/trial.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t batch_records = 40;
/// Of event time: what is shuffled among itself. Below the allowed lateness.
constexpr auto shuffled_within = 15min;

struct delivery {
  std::size_t node;
  std::string stream, key;
  const std::string* records;
};

/// The log cut into batches, and those gathered that may overtake each other.
struct cut_log {
  explicit cut_log(const std::string& path) {
    std::ifstream in{path};
    std::string line;
    std::size_t in_batch = 0;
    base::event_time began;
    while (std::getline(in, line)) {
      const auto time = base::parse_rfc3339(test::member(line, "eventTime"));
      REQUIRE(time);
      if (groups.empty() || *time > began + shuffled_within) {
        groups.emplace_back();
        began = *time;
        in_batch = 0;
      }
      if (in_batch++ % batch_records == 0)
        groups.back().emplace_back();
      groups.back().back() += line + "\n";
      ++records;
    }
  }
  std::vector<std::vector<std::string>> groups;
  std::size_t records = 0;
};

/// By a few senders at once; each asks until it is answered. How many were refused for ever.
std::size_t deliver(const test::cluster& c, const std::vector<delivery>& all) {
  std::atomic<std::size_t> next{0}, refused{0};
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i)
    senders.emplace_back([&] {
      for (auto n = next++; n < all.size(); n = next++) {
        const auto& d = all[n];
        int status = 0;
        for (int tries = 0; tries < 50 && status != 200; ++tries)
          status = c.call(d.node, "POST", "/v1/ingest/aws?tenant=local&source=" + d.stream,
                          *d.records, "Idempotency-Key: " + d.key + "\r\n")
                       .status;
        refused += status == 200 ? 0 : 1;
      }
    });
  for (auto& s : senders)
    s.join();
  return refused;
}

} // namespace

TEST_CASE("cluster: every batch delivered twice, to two nodes and out of order, counts once",
          "[processes][.cluster][twice]") {
  if (!test::cluster::possible())
    return;
  const auto seed = test::from_environment("VEDETTE_TEST_SEED", 1);
  INFO("seed " << seed);
  test::random chance{seed};
  test::cluster c;
  const auto logs = c.path("logs.json");
  REQUIRE(test::run({test::program("vedette"), "simulate", "--tenants", "1", "--events", "8000",
                     "--attacks", "12", "--span", "2d", "--seed", std::to_string(seed + 200),
                     "--out", logs})
              .code == 0);
  const auto truth = test::run({test::program("vedette"), "replay", logs, "--format", "json"});
  const auto expected = test::final_alerts(truth.out);
  REQUIRE(expected.size() > 10);

  const cut_log log{logs};
  std::size_t batches = 0, overtaken = 0;
  for (const auto& group : log.groups) {
    std::vector<delivery> all;
    for (const auto& records : group) {
      const auto key = std::to_string(++batches);
      const auto first = chance.below(c.size());
      const auto second = (first + 1 + chance.below(c.size() - 1)) % c.size();
      all.push_back({first, "one", key, &records});
      all.push_back({second, batches % 2 == 0 ? "one" : "two", key, &records});
    }
    chance.shuffle(all);
    for (std::size_t i = 1; i < all.size(); ++i)
      overtaken += all[i].records < all[i - 1].records ? 1 : 0;
    REQUIRE(deliver(c, all) == 0);
  }
  for (std::size_t n = 0; n < c.size(); ++n)
    for (const auto* stream : {"one", "two"})
      REQUIRE(c.call(n, "POST",
                     "/v1/ingest/aws?tenant=local&end=true&source=" + std::string{stream}, "\n")
                  .status == 200);
  CHECK(overtaken > batches / 4);

  const auto until = std::chrono::steady_clock::now() + 40s;
  for (std::size_t n = 0; n < c.size(); ++n) {
    std::vector<std::string> got;
    while (got != expected && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(200ms);
      got = c.alerts(n).value_or(std::vector<std::string>{});
    }
    INFO(c.id(n) << " lists " << got.size() << " alerts of " << expected.size());
    const bool equal = got == expected; // thousands of lines are no message
    CHECK(equal);
  }
  std::printf("%zu records in %zu batches, each to two nodes, %zu of the deliveries overtaken: %zu "
              "alerts equal to the replay of one delivery\n",
              log.records, batches, overtaken, expected.size());
}
