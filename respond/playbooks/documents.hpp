// One YAML document to one playbook or incident rule; the loader's inner half.
#pragma once

#include "respond/playbooks/playbook.hpp"
#include "respond/playbooks/yaml_reader.hpp"

#include <string>
#include <vector>

namespace vedette::respond {

/// Appends what the document holds to `set`, or what is wrong with it to `problems`. May throw
/// YAML::Exception.
void read_document(const YAML::Node& document, const std::string& file, playbook_set& set,
                   std::vector<load_problem>& problems);

/// The `cases:` of a playbook (playbooks/cases.cpp).
std::vector<playbook_case> read_cases(const YAML::Node& node, yaml_reader& read);

} // namespace vedette::respond
