// The content in force as an operator wrote it: from the files and the settings to documents and
// what they compile to.
//
// Called at start and on SIGHUP. Keeps nothing. Bounded by the limits of each kind of file; address
// databases are read in pieces for their digest.
#pragma once

#include "nodes/config/settings.hpp"
#include "nodes/server/generation.hpp"

#include <string>
#include <vector>

namespace vedette::server {

struct read_result {
  std::vector<document> documents; ///< sorted
  actors::content_generation
      compiled; ///< with activities, sources and lists; without number and time
};

/// Everything the settings name. What is wrong goes to `problems`, one line each, and then the
/// first is the error.
[[nodiscard]] base::result<read_result> read_content(const config::settings& settings,
                                                     std::vector<std::string>& problems);

} // namespace vedette::server
