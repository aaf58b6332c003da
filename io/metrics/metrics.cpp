#include "io/metrics/metrics.hpp"

#include "base/assert.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <string_view>

namespace vedette::io {
namespace {

/// Label names that cannot name a person, a session, an address or a resource.
constexpr std::array<std::string_view, 27> allowed_labels{
    "activity",    "cloud", "code",   "commit", "direction", "format",  "kind",
    "lane",        "list",  "method", "node",   "operator",  "outcome", "partition",
    "pool",        "queue", "reason", "role",   "route",     "rule",    "severity",
    "source_kind", "stage", "state",  "status", "tenant",    "version"};

bool is_allowed(std::string_view label) {
  return std::find(allowed_labels.begin(), allowed_labels.end(), label) != allowed_labels.end();
}

bool good_name(std::string_view name) {
  return name.starts_with("vedette_") && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

struct family {
  metric_kind kind;
  void* held; ///< the library's family; it lives as long as the registry
  std::vector<double> buckets;
  std::map<metric_labels, void*> series;
};

std::map<std::string, std::string> to_map(const metric_labels& labels) {
  return {labels.begin(), labels.end()};
}

} // namespace

const std::vector<double>& latency_buckets() {
  static const std::vector<double> buckets{0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05,
                                           0.1,    0.25,   0.5,   1,      2.5,   5,    10,   30};
  return buckets;
}

void counter::add(double by) {
  static_cast<prometheus::Counter*>(held_)->Increment(by);
}
void gauge::set(double value) {
  static_cast<prometheus::Gauge*>(held_)->Set(value);
}
void histogram::observe(double value) {
  static_cast<prometheus::Histogram*>(held_)->Observe(value);
}

struct metrics::impl {
  /// Finds or makes the family. The caller holds the mutex.
  family& family_of(metric_kind kind, const std::string& name, const std::string& help,
                    const std::vector<double>& buckets) {
    VEDETTE_ASSERT(good_name(name));
    VEDETTE_ASSERT(kind != metric_kind::counter || name.ends_with("_total"));
    const auto found = families.find(name);
    if (found != families.end()) {
      VEDETTE_ASSERT(found->second.kind == kind);
      return found->second;
    }
    void* held = nullptr;
    switch (kind) {
    case metric_kind::counter:
      held = &prometheus::BuildCounter().Name(name).Help(help).Register(registry);
      break;
    case metric_kind::gauge:
      held = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
      break;
    case metric_kind::histogram:
      held = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
      break;
    }
    return families.emplace(name, family{kind, held, buckets, {}}).first->second;
  }

  void* series_of(metric_kind kind, const std::string& name, const std::string& help,
                  const std::vector<double>& buckets, metric_labels labels) {
    for (const auto& [label, value] : labels)
      VEDETTE_ASSERT(is_allowed(label));
    std::sort(labels.begin(), labels.end());
    const std::lock_guard hold{mutex};
    auto& of = family_of(kind, name, help, buckets);
    if (const auto known = of.series.find(labels); known != of.series.end())
      return known->second;
    if (of.series.size() + 1 >= series_max)
      for (auto& [label, value] : labels)
        value = "other";
    if (const auto known = of.series.find(labels); known != of.series.end())
      return known->second;
    void* made = nullptr;
    switch (kind) {
    case metric_kind::counter:
      made = &static_cast<prometheus::Family<prometheus::Counter>*>(of.held)->Add(to_map(labels));
      break;
    case metric_kind::gauge:
      made = &static_cast<prometheus::Family<prometheus::Gauge>*>(of.held)->Add(to_map(labels));
      break;
    case metric_kind::histogram:
      made = &static_cast<prometheus::Family<prometheus::Histogram>*>(of.held)->Add(to_map(labels),
                                                                                    of.buckets);
      break;
    }
    of.series.emplace(std::move(labels), made);
    return made;
  }

  std::mutex mutex;
  prometheus::Registry registry;
  std::map<std::string, family> families;
};

metrics::metrics() : impl_{std::make_unique<impl>()} {}
metrics::~metrics() = default;

counter metrics::make_counter(const std::string& name, const std::string& help,
                              const metric_labels& labels) {
  return counter{impl_->series_of(metric_kind::counter, name, help, {}, labels)};
}
gauge metrics::make_gauge(const std::string& name, const std::string& help,
                          const metric_labels& labels) {
  return gauge{impl_->series_of(metric_kind::gauge, name, help, {}, labels)};
}
histogram metrics::make_histogram(const std::string& name, const std::string& help,
                                  const std::vector<double>& buckets, const metric_labels& labels) {
  return histogram{impl_->series_of(metric_kind::histogram, name, help, buckets, labels)};
}

std::string metrics::text(std::vector<metric_reading> more) const {
  auto families = impl_->registry.Collect();
  for (auto& reading : more) {
    VEDETTE_ASSERT(good_name(reading.name) || reading.name.starts_with("process_"));
    VEDETTE_ASSERT(reading.counts == reading.name.ends_with("_total"));
    prometheus::MetricFamily out;
    out.name = std::move(reading.name);
    out.help = std::move(reading.help);
    out.type = reading.counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    double rest = 0;
    for (auto& [labels, value] : reading.series) {
      if (out.metric.size() + 1 >= series_max && reading.series.size() > series_max) {
        rest += value;
        continue;
      }
      prometheus::ClientMetric one;
      for (auto& [label, of] : labels) {
        VEDETTE_ASSERT(is_allowed(label));
        one.label.push_back({std::move(label), std::move(of)});
      }
      (reading.counts ? one.counter.value : one.gauge.value) = value;
      out.metric.push_back(std::move(one));
    }
    if (reading.counts && reading.series.size() > series_max) {
      prometheus::ClientMetric one;
      for (const auto& label : out.metric.front().label)
        one.label.push_back({label.name, "other"});
      one.counter.value = rest;
      out.metric.push_back(std::move(one));
    }
    families.push_back(std::move(out));
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

} // namespace vedette::io
