// Runs the cases that rules carry: each through ingest and the engine, as replay would.
//
// Remembers nothing between cases. Called by `vedette rules test` and by the tests over the shipped
// rules.
#pragma once

#include "base/result.hpp"
#include "detect/language/source.hpp"
#include "ingest/mapping/mapping_set.hpp"
#include "ingest/taxonomy.hpp"

#include <memory>
#include <string>
#include <vector>

namespace vedette::replay {

struct case_report {
  std::string rule, name, where;
  bool holds = false;
  std::string what; ///< when it does not: what came instead
};

/// All cases of one file, judged with the rules of that file alone. `mappings` may be null: then
/// records of mapped sources are quarantined. Error: the file does not load, or a rule in it
/// carries no case.
[[nodiscard]] base::result<std::vector<case_report>>
run_cases(const detect::rule_source& source, std::shared_ptr<const ingest::taxonomy> activities,
          std::shared_ptr<const ingest::mapping_set> mappings = nullptr);

} // namespace vedette::replay
