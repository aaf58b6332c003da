// In which order files count: by the time of their first record.
//
// A folder of CloudTrail objects sorted by name goes region by region; events would come hours
// late. Peeks at most `peek_bytes` of each file.
#pragma once

#include "io/files/log_files.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace vedette::replay {

inline constexpr std::size_t peek_bytes = std::size_t{256} << 10;

/// Sorts by the first event time found in the file's beginning, files without one last, ties by
/// path. One file stays as it is.
void order_by_first_event(std::vector<io::log_file>& files);

} // namespace vedette::replay
