// What runs by the clock in every company and looks like trouble: nightly copies, drift checks,
// rollouts to all regions, scale-outs, storms of throttled calls.
//
// Jobs are made day by day, so a run of any length holds one day of them. Sizes follow the run's
// rate: a tenant with few events a day has small jobs, one with very few has none.
#pragma once

#include "nodes/simulate/task.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace vedette::simulate {

class calendar {
 public:
  /// `per_tenant_day`: records one tenant is expected to write in a day.
  calendar(world& all, const options& o, std::uint64_t per_tenant_day);

  /// Records all jobs of the run will write. O(days * tenants).
  [[nodiscard]] std::uint64_t records() const;

  /// The jobs of all tenants that start on `day` and inside the run.
  void plan(base::day_number day, std::vector<std::unique_ptr<task>>& into) const;

 private:
  struct entry;
  [[nodiscard]] std::uint32_t steps(const entry& e) const;
  [[nodiscard]] base::event_time start_of(const entry& e, const tenant& t,
                                          base::day_number day) const;
  [[nodiscard]] bool runs(const entry& e, const tenant& t, base::day_number day) const;
  static const std::vector<entry>& entries();

  world* all_;
  std::uint64_t seed_;
  base::event_time start_, end_;
  std::uint64_t per_tenant_day_;
};

} // namespace vedette::simulate
