// From texts to settings: defaults, then the file, then the environment, then the command line.
//
// Pure: the caller reads the file and hands over the environment. Keeps nothing. Called at start,
// on SIGHUP and by `vedette config check`. Errors are collected, not only the first, so that a
// person mends a file in one go.
#pragma once

#include "base/result.hpp"
#include "nodes/config/settings.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::config {

/// Where settings come from. Later members win over earlier ones.
struct inputs {
  std::string file_name; ///< for messages
  std::string file_text; ///< empty: no file
  std::vector<std::pair<std::string, std::string>>
      environment; ///< all variables; others are skipped
  /// Of the command line, ("node.data_dir", "x"). Secrets are refused: everyone on the machine can
  /// read a command line.
  std::vector<std::pair<std::string, std::string>> options;
};

struct outcome {
  settings values;
  /// Where each key that is not at its default came from: "line 12", "VEDETTE_HTTP_LISTEN",
  /// "command line". Keyed by full name.
  std::map<std::string, std::string> origins;
  std::vector<base::error>
      problems; ///< each one line, with place and remedy; `values` is unusable if any
  std::vector<std::string> notes; ///< not wrong, but likely not what was meant
};

/// Reads everything. O(size of the texts).
[[nodiscard]] outcome examine(const inputs& from);

/// `examine`, for callers that start or do not: the first problem is the error, and says how many
/// more there are.
[[nodiscard]] base::result<outcome> load(const inputs& from);

/// The settings in force as a YAML text that loads to the same settings; each line says where its
/// value came from. Secrets are named, never shown.
[[nodiscard]] std::string render(const outcome& of);

/// Copies a null-terminated array of "NAME=value" as a process finds it.
[[nodiscard]] std::vector<std::pair<std::string, std::string>>
environment_of(const char* const* variables);

} // namespace vedette::config
