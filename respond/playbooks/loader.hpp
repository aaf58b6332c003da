// From YAML files to the playbooks and incident rules in force (docs/playbooks.md describes the
// files).
//
// Pure: the caller reads the files. Bounded by limits::playbooks, playbook_steps and
// playbook_bytes. Called at start, on reload and on apply.
#pragma once

#include "base/result.hpp"
#include "respond/playbooks/playbook.hpp"
#include "respond/playbooks/yaml_reader.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vedette::respond {

struct playbook_source {
  std::string name; ///< file name, for messages
  std::string text; ///< may hold several documents
};

/// Without `problems` the first problem is the error and nothing loads. With it, what is wrong is
/// listed, documents with a problem are left out and the rest loads. O(bytes).
[[nodiscard]] base::result<std::shared_ptr<const playbook_set>>
load_playbooks(std::span<const playbook_source> sources,
               std::vector<load_problem>* problems = nullptr);

/// Runs the cases of one playbook; one line for each that does not come out as it says.
[[nodiscard]] std::vector<load_problem> check_cases(const playbook& p);

} // namespace vedette::respond
