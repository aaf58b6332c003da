// Hours in minutes: three nodes under load, two of which are killed, stopped, cut off, restarted,
// one fault after the other, while the third is watched for what grows.
//
// Hidden; `./dev soak MINUTES` runs it. VEDETTE_SOAK_MINUTES says how long, VEDETTE_TEST_SEED which
// faults.
#include "tests/processes/cluster_load.hpp"
#include "tests/processes/metrics_text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace vedette;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

constexpr std::uint64_t events_per_minute = 18'000;

struct sample {
  double minute = 0, resident_mb = 0;
  /// Of these, what the node says it is: state of identities and ids of events, up to bounds of the
  /// settings, and what the store holds. 0: not asked then, or some node did not answer.
  double known_mb = 0;
  std::size_t descriptors = 0;
};

/// Every node has a copy of every partition, and who leads one says what its state takes.
double known_mb(const test::cluster& c, std::size_t of) {
  double out = 0;
  for (std::size_t n = 0; n < c.size(); ++n) {
    const auto said = c.call(n, "GET", "/metrics");
    if (said.status != 200)
      return 0;
    out += test::sum_of_metric(said.body, "vedette_hot_entities_bytes") +
           test::sum_of_metric(said.body, "vedette_dedup_bytes");
    if (n == of)
      out += test::sum_of_metric(said.body, "vedette_store_");
  }
  return out / 1e6;
}

/// Looks at a node's process every second, until it goes, and at what it holds every ten.
class watcher {
 public:
  watcher(const test::cluster& c, std::size_t node)
      : cluster_{c}, node_{node}, pid_{c.pid(node)}, thread_{[this] { run(); }} {}
  ~watcher() {
    stop_ = true;
    thread_.join();
  }
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  [[nodiscard]] std::vector<sample> samples() const {
    const std::lock_guard hold{mutex_};
    return samples_;
  }

 private:
  void run() {
    const auto began = steady::now();
    const auto of = "/proc/" + std::to_string(pid_);
    while (!stop_) {
      sample s;
      s.minute = std::chrono::duration<double>(steady::now() - began).count() / 60;
      std::uint64_t pages = 0;
      std::ifstream{of + "/statm"} >> pages >> pages;
      s.resident_mb = static_cast<double>(pages * 4096) / 1e6;
      std::error_code gone;
      for (std::filesystem::directory_iterator at{of + "/fd", gone}, end; !gone && at != end;
           at.increment(gone))
        ++s.descriptors;
      if (samples_.size() % 10 == 0)
        s.known_mb = known_mb(cluster_, node_);
      {
        const std::lock_guard hold{mutex_};
        samples_.push_back(s);
      }
      std::this_thread::sleep_for(1s);
    }
  }
  const test::cluster& cluster_;
  std::size_t node_;
  int pid_;
  mutable std::mutex mutex_;
  std::vector<sample> samples_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// MB a minute, by least squares over the last two thirds: before that, caches fill. `of` says
/// nothing of a sample that does not count.
template <class Of>
double growth(const std::vector<sample>& all, Of of) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (auto i = all.size() / 3; i < all.size(); ++i) {
    const std::optional<double> mb = of(all[i]);
    if (!mb)
      continue;
    n += 1;
    x += all[i].minute;
    y += *mb;
    xx += all[i].minute * all[i].minute;
    xy += all[i].minute * *mb;
  }
  const auto spread = n * xx - x * x;
  return spread > 0 ? (n * xy - x * y) / spread : 0;
}

std::size_t most_descriptors(const std::vector<sample>& all, std::size_t from, std::size_t upto) {
  std::size_t most = 0;
  for (auto i = from; i < upto && i < all.size(); ++i)
    most = std::max(most, all[i].descriptors);
  return most;
}

const char* cause_fault(test::cluster& c, std::size_t victim, std::uint64_t which) {
  switch (which) {
  case 0:
    c.kill(victim);
    std::this_thread::sleep_for(1s);
    c.start(victim);
    c.until_ready(victim);
    return "killed";
  case 1:
    c.pause(victim);
    std::this_thread::sleep_for(6s);
    c.go_on(victim);
    return "stopped for 6 s";
  case 2:
    c.cut(victim);
    std::this_thread::sleep_for(6s);
    c.heal(victim);
    return "cut off for 6 s";
  case 3:
    c.tell_to_end(victim);
    CHECK(c.ended(victim) == 0);
    c.start(victim);
    c.until_ready(victim);
    return "restarted";
  default:
    c.etcd().stop();
    std::this_thread::sleep_for(4s);
    c.etcd().start();
    return "without its coordinator for 4 s";
  }
}

} // namespace

TEST_CASE("soak: a cluster under load and faults does not grow, and answers as the replay",
          "[processes][.soak]") {
  if (!test::cluster::possible())
    return;
  const auto minutes = test::from_environment("VEDETTE_SOAK_MINUTES", 1);
  const auto seed = test::from_environment("VEDETTE_TEST_SEED", 1);
  test::random chance{seed};
  test::cluster c{{.can_cut = true}};
  REQUIRE(c.in_sync(3, 30s));
  test::load load{c, minutes * events_per_minute, 12 * minutes, seed};
  const std::size_t spared = 2;
  const watcher watched{c, spared};
  load.start(0, std::chrono::minutes{minutes});
  std::size_t faults = 0;
  while (load.feeding()) {
    const auto victim = chance.below(2);
    const auto* what = cause_fault(c, victim, chance.below(5));
    std::printf("soak: %s %s\n", c.id(victim).c_str(), what);
    std::fflush(stdout);
    ++faults;
    REQUIRE(c.in_sync(3, 60s));
    std::this_thread::sleep_for(std::chrono::seconds{3 + chance.below(8)});
  }
  load.finish();
  load.equals_replay(120s);
  REQUIRE(!c.has_ended(spared));
  const auto seen = watched.samples();
  const auto third = seen.size() / 3;
  const auto resident = growth(seen, [](const sample& s) { return std::optional{s.resident_mb}; });
  const auto without_known = [](const sample& s) {
    return s.known_mb > 0 ? std::optional{s.resident_mb - s.known_mb} : std::nullopt;
  };
  const auto unknown = growth(seen, without_known);
  const auto before = most_descriptors(seen, third, 2 * third);
  const auto after = most_descriptors(seen, 2 * third, seen.size());
  std::printf(
      "soak: %llu events, %zu faults, %zu alerts equal to the replay; resident %.0f MB at a "
      "third, %.0f MB in the end, %+.2f MB a minute between, %+.2f without state, ids and what the "
      "store holds; descriptors %zu, then %zu\n",
      static_cast<unsigned long long>(minutes * events_per_minute), faults, load.expected().size(),
      seen.at(third).resident_mb, seen.back().resident_mb, resident, unknown, before, after);
  CHECK(after <= before + 8);
  CHECK(static_cast<std::uint64_t>(std::ranges::count_if(
            seen, [&](const sample& s) { return without_known(s).has_value(); })) > minutes);
  // A shorter run only fills its caches. State grows until the windows of all identities are full.
  if (minutes >= 20)
    CHECK(unknown < 1);
}
