// Runs the cases that a mapping file carries: a record, and the event that must come of it.
//
// Remembers nothing between cases. Called by `vedette rules test` and by the tests over the shipped
// files.
#pragma once

#include "base/result.hpp"
#include "ingest/mapping/mapping_set.hpp"

#include <memory>
#include <string>
#include <vector>

namespace vedette::ingest {

struct mapping_report {
  std::string source, name, where; ///< where: "okta.yaml:41"
  bool holds = false;
  std::string what; ///< when it does not: what came instead
};

/// All cases of the file, read with the whole set, so that a record which another source claims
/// fails. Fields are expected under the names that rules use (docs/rules/fields.md), and `time`; an
/// empty text expects that there is none. malformed: the cases do not read, or there are fewer than
/// `mapping_cases_min`.
[[nodiscard]] base::result<std::vector<mapping_report>>
run_mapping_cases(const mapping_file& file, const std::shared_ptr<const mapping_set>& all);

inline constexpr std::size_t mapping_cases_min = 3;

} // namespace vedette::ingest
