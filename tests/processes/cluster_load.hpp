// Load for a cluster under fire, and what its answer must be; and the clock of a failover.
//
// `load` writes one simulated log, lets `vedette replay` say which alerts are in it, and feeds it
// to one `vedette send` at a pace, which resends what was not acknowledged and goes to the next
// node when one is silent. `failover` measures from outside, with events and alerts of a tenant of
// its own.
#pragma once

#include "tests/processes/cluster.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace vedette::test {

/// The partitions of a cluster with the usual settings.
[[nodiscard]] std::set<std::uint32_t> all_partitions();

class load {
 public:
  /// Writes the log and replays it; `c` outlives the load. `more` are words for `simulate`.
  load(cluster& c, std::uint64_t events, std::uint64_t attacks, std::uint64_t seed,
       const std::vector<std::string>& more = {});
  ~load();
  load(const load&) = delete;
  load& operator=(const load&) = delete;

  /// Feeds the log to node `first`, evenly within about `span`.
  void start(std::size_t first, std::chrono::milliseconds span);
  /// What is left goes as fast as it is taken.
  void hurry() { hurry_ = true; }
  [[nodiscard]] bool feeding() const { return !fed_; }
  /// Records handed to the collector so far.
  [[nodiscard]] std::uint64_t handed() const { return handed_; }
  /// Fails the test unless the collector ends well within `patience`: all is acknowledged.
  void finish(std::chrono::seconds patience = std::chrono::seconds{180});
  /// Fails the test unless every running node comes to list exactly the alerts of the replay.
  void equals_replay(std::chrono::seconds patience = std::chrono::seconds{40});
  [[nodiscard]] const std::vector<std::string>& expected() const { return expected_; }
  /// Events that came too late for a window, by the primaries' own words. The log is in order, so
  /// whatever is late was overtaken on its way.
  [[nodiscard]] std::uint64_t late() const;

 private:
  void feed(std::chrono::milliseconds span);

  cluster& cluster_;
  std::string logs_, pipe_;
  std::vector<std::string> expected_;
  std::unique_ptr<child> collector_;
  std::thread feeder_;
  std::atomic<bool> hurry_{false}, fed_{false}, give_up_{false};
  std::atomic<std::uint64_t> handed_{0};
};

/// What one loss of a node cost its partitions, each seen from another node.
struct failover {
  std::vector<double> accepted_ms; ///< until a new event of the partition was durable
  std::vector<double> alert_ms;    ///< until the alert about it was listed
  bool complete = false;           ///< every partition came back within the patience
};
/// Sends one event to each of the partitions through node `by`, from now on until all are taken and
/// their alerts are there. `tenant` is new.
[[nodiscard]] failover measure_failover(const cluster& c, std::size_t by,
                                        const std::set<std::uint32_t>& partitions,
                                        std::chrono::steady_clock::time_point since,
                                        const std::string& tenant,
                                        std::chrono::milliseconds patience);

/// `q` of 0..1 of the values; 0 when there is none.
[[nodiscard]] double quantile(std::vector<double> values, double q);

} // namespace vedette::test
