// What a node's /metrics says, in the text form of Prometheus.
#pragma once

#include <cmath>
#include <cstdlib>
#include <string>

namespace vedette::test {

/// All samples of a metric's lines whose name begins so and that have that label, summed.
inline double sum_of_metric(const std::string& metrics, const std::string& name,
                            const std::string& label = {}) {
  double out = 0;
  for (auto at = metrics.find("\n" + name); at != std::string::npos;
       at = metrics.find("\n" + name, at + 1)) {
    const auto line = metrics.substr(at + 1, metrics.find('\n', at + 1) - at - 1);
    if (line.find(label) != std::string::npos)
      out += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return out;
}

/// The upper bound of the bucket in which that share of a histogram's samples between the two texts
/// ends; seconds.
inline double quantile_of_metric(const std::string& before, const std::string& after,
                                 const std::string& name, double share) {
  const auto between = [&](const std::string& of) {
    return sum_of_metric(after, of) - sum_of_metric(before, of);
  };
  const auto all = between(name + "_count");
  const auto begin = name + "_bucket{le=";
  for (auto at = after.find(begin); at != std::string::npos; at = after.find(begin, at + 1)) {
    const auto bucket = after.substr(at, after.find('}', at) - at);
    const auto bound = bucket.substr(begin.size() + 1);
    if (between(bucket) >= share * all)
      return bound.starts_with("+Inf") ? HUGE_VAL : std::strtod(bound.c_str(), nullptr);
  }
  return HUGE_VAL;
}

} // namespace vedette::test
