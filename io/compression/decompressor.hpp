// Bytes as they came to bytes as they were: plain, gzip (several members), zstd (several frames).
//
// A push decompressor: whoever holds the compressed bytes pushes them in pieces of any size, and a
// sink gets the decompressed ones in pieces of at most `output_chunk_bytes` (plain bytes pass
// through as pushed). It remembers one output buffer and the library's window, whatever the size of
// the stream. Bombs end in an error (limits::expansion_ratio), and so does more output than the
// caller allows. Not thread-safe. Called by `files/` for logs and by `http/` for request bodies.
#pragma once

#include "base/limits.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace vedette::io {

/// Takes the next bytes; they are valid during the call only. An error stops the whole stream and
/// is what the stream's caller gets back. Blocking in here is how a consumer slows a producer.
using byte_sink = std::function<base::status(std::string_view)>;

enum class compression : std::uint8_t { none, gzip, zstd };

[[nodiscard]] std::string_view to_string(compression c) noexcept;

/// Judges by the first bytes (4 are enough); anything that is neither gzip nor zstd is `none`.
[[nodiscard]] compression sniff_compression(std::string_view first_bytes) noexcept;

struct expansion_limits {
  std::size_t ratio = base::limits::expansion_ratio;
  std::size_t grace_bytes = base::limits::expansion_grace_bytes;
  std::uint64_t output_bytes_max = std::numeric_limits<std::uint64_t>::max();
  /// log2 of the largest zstd window accepted: memory a stranger's frame can ask for.
  int zstd_window_log_max = 27;
};

class decompressor {
 public:
  /// `what` names the stream in errors ("logs/a.json.gz", "request body").
  decompressor(compression kind, std::string what, expansion_limits limits = {});
  ~decompressor();
  decompressor(decompressor&&) noexcept;
  decompressor& operator=(decompressor&&) noexcept;

  /// Decompresses all of `input` into `sink`. Errors: malformed (damaged stream), too_large (bomb
  /// or output limit), or what the sink returned; after an error only destruction is allowed.
  [[nodiscard]] base::status write(std::string_view input, const byte_sink& sink);
  /// Says that the input ended. Error `unreadable` when that was inside a member or frame; all
  /// that could be decompressed has been delivered by then.
  [[nodiscard]] base::status finish();

  [[nodiscard]] std::uint64_t bytes_in() const noexcept;
  [[nodiscard]] std::uint64_t bytes_out() const noexcept;

  static constexpr std::size_t output_chunk_bytes = 256 * 1024;

  class codec; ///< one per library, in the .cpp files

 private:
  std::unique_ptr<codec> codec_;
};

/// The whole of a small input at once; at most `limits.output_bytes_max` bytes.
[[nodiscard]] base::result<std::string> decompress_all(compression kind, std::string_view input,
                                                       std::string what, expansion_limits limits);

} // namespace vedette::io
