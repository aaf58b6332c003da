// What goes into a rule set and what may be wrong with it: YAML texts by name, the lists their
// placeholders stand for, and problems with file and line. Plain values; nothing is remembered.
#pragma once

#include "base/ids.hpp"

#include <map>
#include <string>
#include <vector>

namespace vedette::detect {

/// One YAML file; it may hold several documents, each a rule or a correlation.
struct rule_source {
  std::string name; ///< as messages should call it, a path below the rules folder
  std::string text;
};

/// Something an author has to put right.
struct load_problem {
  std::string where; ///< "file:line"
  std::string what;  ///< what is wrong and what to do, one line

  friend bool operator==(const load_problem&, const load_problem&) = default;
};

struct load_options {
  base::generation generation{1};
  /// Values for `|expand` placeholders: "%office_networks%" takes the list "office_networks".
  std::map<std::string, std::vector<std::string>> lists;
};

} // namespace vedette::detect
