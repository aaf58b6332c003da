// The records of many files as one stream, oldest first.
//
// Files overlap: a day of one account beside the same day of another. Read one after the other, the
// second would be a day late in all that it says. So files are open side by side where they
// overlap, and the one goes on whose newest record so far is the oldest; a file's own order is
// kept. Remembers a read buffer and what it holds of each open file, of which there are at most
// `open_files_max`: further ones wait until one ends. Blocks; one thread.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "ingest/record_splitter.hpp"
#include "io/files/log_files.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vedette::replay {

inline constexpr std::size_t open_files_max = 128;

struct merge_options {
  std::vector<std::string> unwrap;
  /// Bytes read, of all files as they are on disk; after each read. May be empty.
  std::function<void(std::uint64_t done)> progress = {};
  std::size_t open_max = open_files_max;
  /// A record that claims to be later has no time: it must not hold back the rest of its file.
  base::event_time latest = base::event_time::max();
  std::string columns = {}; ///< of lines without a header, as record_splitter's
};

/// What a record is for whoever takes it; an error ends the reading.
using record_sink = std::function<base::status(const ingest::split_record&)>;

/// Reads all of them; `problems` gets what could not be read, wholly or from some point on. Error:
/// what the sink returned. The records of a file alone are given as they come, so that a pipe that
/// somebody writes into is followed.
[[nodiscard]] base::status read_merged(std::vector<io::log_file> files, const merge_options& how,
                                       const record_sink& take, std::vector<base::error>& problems);

} // namespace vedette::replay
