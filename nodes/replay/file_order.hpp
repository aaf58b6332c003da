// In which order files count: by the time of their first record.
//
// A folder of CloudTrail objects sorted by name goes region by region; events would come hours
// late. Peeks at most `peek_bytes` of each file.
#pragma once

#include "base/time.hpp"
#include "io/files/log_files.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace vedette::replay {

inline constexpr std::size_t peek_bytes = std::size_t{256} << 10;

struct dated_file {
  base::event_time first; ///< the largest time there is when none was found
  io::log_file file;
};

/// Sorted by the smallest event time found in a file's beginning, files without one last, ties by
/// path. A file alone, a pipe, and standard input are not looked at. `unwrap` and `columns` as for
/// the records themselves.
[[nodiscard]] std::vector<dated_file> by_first_event(std::vector<io::log_file> files,
                                                     const std::vector<std::string>& unwrap,
                                                     const std::string& columns = {});

} // namespace vedette::replay
