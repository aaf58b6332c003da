// Counters for whoever watches the node, rendered as Prometheus text at /metrics.
//
// Remembers one number per metric and label combination, at most `series_max` combinations per
// metric: what comes beyond shares the series labelled "other". Names begin with `vedette_` and end
// in their base unit (`_seconds`, `_bytes`, `_total`). No label may name a person, a session or an
// address; the list of allowed label names is in metrics.cpp. Recording is lock-free after the
// handle was made and safe from any thread; handles live as long as the registry.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vedette::io {

using metric_labels = std::vector<std::pair<std::string, std::string>>;

class counter {
 public:
  void add(double by = 1);

 private:
  friend class metrics;
  explicit counter(void* held) : held_{held} {}
  void* held_;
};

class gauge {
 public:
  void set(double value);

 private:
  friend class metrics;
  explicit gauge(void* held) : held_{held} {}
  void* held_;
};

class histogram {
 public:
  void observe(double value);

 private:
  friend class metrics;
  explicit histogram(void* held) : held_{held} {}
  void* held_;
};

/// Values that are kept elsewhere and read when somebody asks for them.
struct metric_reading {
  std::string name, help;
  bool counts = false; ///< a counter, whose fall reads as a restart; the name ends in _total
  std::vector<std::pair<metric_labels, double>> series;
};

/// Seconds, 100 us to 30 s: for latencies of requests and commits.
[[nodiscard]] const std::vector<double>& latency_buckets();

class metrics {
 public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// The same name and labels give the same metric. A name or label against the rules above, or
  /// one name used as two kinds, is our mistake and asserts.
  [[nodiscard]] counter make_counter(const std::string& name, const std::string& help,
                                     const metric_labels& labels = {});
  [[nodiscard]] gauge make_gauge(const std::string& name, const std::string& help,
                                 const metric_labels& labels = {});
  /// `buckets` ascending upper bounds; the first call for a name fixes them.
  [[nodiscard]] histogram make_histogram(const std::string& name, const std::string& help,
                                         const std::vector<double>& buckets = latency_buckets(),
                                         const metric_labels& labels = {});

  /// Prometheus text format 0.0.4, what was counted and then `more`. Of more than `series_max`
  /// series the rest is added up as "other" when it counts, and left out when it does not. Names of
  /// `more` may begin with `process_`, which dashboards expect.
  [[nodiscard]] std::string text(std::vector<metric_reading> more = {}) const;

  static constexpr std::size_t series_max = 2048;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::io
