// One log from any place that can be read, decompressed, in pieces: file, pipe, or standard input.
//
// Remembers one read buffer and a decompressor (decompressor.hpp bounds it), however large the
// file. The sink is called on the caller's thread: while it blocks, nothing is read.
#pragma once

#include "io/compression/decompressor.hpp"

#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace vedette::io {

struct read_progress {
  std::uint64_t bytes_read = 0;  ///< of the file as it is on disk
  std::uint64_t bytes_total = 0; ///< 0 when unknown (pipes)
};

inline constexpr std::size_t read_buffer_bytes = std::size_t{1} << 20;

struct read_options {
  expansion_limits expansion{};
  /// Asked for at once; of a packed file the sink gets as much as it expands to.
  std::size_t buffer_bytes = read_buffer_bytes;
  /// Called after each read and once at the end; may be empty.
  std::function<void(const read_progress&)> progress;
};

struct read_summary {
  compression packed = compression::none;
  std::uint64_t bytes_read = 0; ///< as on disk
  std::uint64_t bytes_out = 0;  ///< given to the sink
};

/// An open log that gives a piece whenever it is asked, for whoever reads several side by side.
class log_stream {
 public:
  /// "-" is standard input. Errors: not_found, unreadable (permission, folder).
  [[nodiscard]] static base::result<log_stream> open(const std::string& path,
                                                     const read_options& options = {});
  ~log_stream();
  log_stream(log_stream&&) noexcept;
  log_stream& operator=(log_stream&&) noexcept;

  /// One read, given to `sink` in pieces none of which is empty; false: it was the last. What was
  /// readable before an error has been delivered. Errors: unreadable (truncated gzip or zstd),
  /// malformed (damaged), too_large (bomb), unsupported (zip, bzip2, xz, 7z), or what the sink
  /// returned; after one only destruction is allowed.
  [[nodiscard]] base::result<bool> read(const byte_sink& sink);
  [[nodiscard]] read_summary summary() const noexcept;

 private:
  struct impl;
  explicit log_stream(std::unique_ptr<impl> i);
  std::unique_ptr<impl> impl_;
};

/// All of a log_stream, one read after the other.
[[nodiscard]] base::result<read_summary> read_log(const std::string& path, const byte_sink& sink,
                                                  const read_options& options = {});

} // namespace vedette::io
