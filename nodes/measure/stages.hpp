// What one event costs, stage by stage, on one generated data set in one run (docs/performance.md).
//
// Each stage includes the ones before it. Times are CPU time of this process, or of the node for
// the durable stage, so that a busy machine changes them little. Called by `vedette bench`.
#pragma once

#include "base/result.hpp"
#include "nodes/replay/pipeline.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace vedette::measure {

/// Unique records one after another, with the bytes a parser may read behind the last.
struct data_set {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> records; ///< offset, length

  [[nodiscard]] std::uint64_t bytes() const noexcept;
};

[[nodiscard]] data_set generate(std::uint64_t events, std::uint64_t seed);

struct stage {
  std::string name;
  std::uint64_t events = 0, bytes = 0;
  double cpu_seconds = 0;

  [[nodiscard]] double events_per_second() const noexcept {
    return static_cast<double>(events) / cpu_seconds;
  }
  [[nodiscard]] double megabytes_per_second() const noexcept {
    return static_cast<double>(bytes) / 1e6 / cpu_seconds;
  }
};

/// (a) One forward pass over each record's fields that keeps twelve of them and does nothing else.
[[nodiscard]] base::result<stage> touch(const data_set& data);
/// (b) Parse and normalise, no rules.
[[nodiscard]] stage normalise(const data_set& data, const replay::content& what);
/// (c) And all rules' stateless selections.
[[nodiscard]] stage stateless(const data_set& data, const replay::content& what);
/// (d) And the fold, in memory, on one thread.
[[nodiscard]] stage stateful(const data_set& data, const replay::content& what);

struct durable_stage {
  stage cost;                      ///< the node's CPU
  double seconds = 0;              ///< from the first batch to the last acknowledgement
  std::uint64_t bytes_written = 0; ///< handed to the store's log
  std::uint64_t kernel_bytes = 0;  ///< written by the node as the kernel counts (/proc/PID/io)
  std::uint64_t peak_rss_bytes = 0;
};
/// (e) Through a `vedetted` of its own on loopback, fsync before each acknowledgement. `program` is
/// its path. Errors: not_found, unavailable.
[[nodiscard]] base::result<durable_stage> durable(const data_set& data, const std::string& program);

struct latency_figures {
  double events_per_second = 0; ///< sent while measuring
  std::size_t probes = 0;       ///< events that had to raise an alert at once
  std::size_t answered = 0;     ///< whose alert came back; the first may be before the stream is up
  double p50 = 0, p99 = 0;      ///< milliseconds
};
/// From handing the collector a batch with a probe to its alert on the event stream, so both
/// sockets and the other 250 events of the batch are part of it. `events_per_second` is what is
/// sent meanwhile. Errors: not_found, unavailable, timed_out.
[[nodiscard]] base::result<latency_figures>
latency(const data_set& data, const std::string& program, double events_per_second);

/// One that runs already and serves nothing else; without keys for collectors.
struct running_node {
  std::vector<std::string> sinks; ///< tcp://HOST:PORT, the first one is used while it answers
  std::string http;               ///< URL without a path
  std::string authorization;      ///< "Bearer …"
};
[[nodiscard]] base::result<latency_figures> latency(const data_set& data, const running_node& of,
                                                    double events_per_second);
/// Acknowledged events a second of wall time, sent as fast as they are taken.
[[nodiscard]] base::result<double> full_speed(const data_set& data, const running_node& of);

/// CPU seconds of this process so far.
[[nodiscard]] double cpu_now();

} // namespace vedette::measure
