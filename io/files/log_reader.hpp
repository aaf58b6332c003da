// One log from any place that can be read, decompressed, in pieces: file, pipe, or standard input.
//
// Remembers one read buffer and a decompressor (decompressor.hpp bounds it), however large the
// file. The sink is called on the caller's thread: while it blocks, nothing is read.
#pragma once

#include "io/compression/decompressor.hpp"

#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace vedette::io {

struct read_progress {
  std::uint64_t bytes_read = 0;  ///< of the file as it is on disk
  std::uint64_t bytes_total = 0; ///< 0 when unknown (pipes)
};

struct read_options {
  expansion_limits expansion{};
  /// Called after each read (at most 1 MiB each) and once at the end; may be empty.
  std::function<void(const read_progress&)> progress;
};

struct read_summary {
  compression packed = compression::none;
  std::uint64_t bytes_read = 0; ///< as on disk
  std::uint64_t bytes_out = 0;  ///< given to the sink
};

inline constexpr std::size_t read_buffer_bytes = std::size_t{1} << 20;

/// Reads `path` ("-" is standard input) to its end into `sink`, in pieces of at most
/// `read_buffer_bytes`, none of them empty. What was readable before an error has been delivered.
/// Errors: not_found, unreadable (permission, folder, truncated gzip or zstd), malformed (damaged),
/// too_large (bomb), unsupported (zip, bzip2, xz, 7z), or what the sink returned.
[[nodiscard]] base::result<read_summary> read_log(const std::string& path, const byte_sink& sink,
                                                  const read_options& options = {});

} // namespace vedette::io
