// Which files a user means who names files and folders.
//
// Walks folders in sorted order so that the same tree always gives the same list, and says of each
// file it leaves out why. Remembers the list only; bounded by `files_max` and `depth_max`. Called
// by `replay`, `send`, `learn`.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vedette::io {

struct log_file {
  std::string path;        ///< "-" is standard input
  std::uint64_t bytes = 0; ///< on disk; 0 for streams
};

struct skipped_file {
  std::string path;
  std::string reason;
};

struct log_file_list {
  std::vector<log_file> files;       ///< in the order to be read
  std::vector<skipped_file> skipped; ///< recognised as not a log, or empty
  std::vector<base::error> problems; ///< named by the user and unusable: exit code 3
  std::uint64_t bytes_total = 0;     ///< sum over `files`
};

inline constexpr std::size_t files_max = 1'000'000;
inline constexpr std::size_t folder_depth_max = 64;

/// Expands `paths` in the order given. A file named by the user is taken whatever its name; a file
/// found in a folder is taken when its content, unpacked when it is gzip or zstd, begins like a
/// log (JSON, or lines of one that is known). Hidden files and folders, and links to folders, are
/// left out. A path that does not exist or cannot be read, and a folder without a log file, are
/// `problems`; the rest goes on. Reads at most 4 KiB of each file.
[[nodiscard]] log_file_list find_log_files(std::span<const std::string> paths);

} // namespace vedette::io
