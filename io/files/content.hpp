// What a file seems to be by its first bytes: a log, packed, an archive we do not open, or none of
// our business. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace vedette::io {

enum class content : std::uint8_t {
  empty, ///< nothing, or only white space
  json,  ///< begins with an object or array, after white space and a byte-order mark
  lines, ///< begins as the lines of a log that is no JSON do
  text,  ///< any other readable thing
  binary,
  gzip,
  zstd,
  archive, ///< zip, bzip2, xz, 7z, tar: must be unpacked first
  parquet, ///< column files of log lakes
};

/// Looks at up to 512 bytes.
[[nodiscard]] content sniff_content(std::string_view first_bytes) noexcept;

/// For messages: "a zip archive", "an xz file"; empty when it is not an archive.
[[nodiscard]] std::string_view archive_name(std::string_view first_bytes) noexcept;

} // namespace vedette::io
