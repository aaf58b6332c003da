// Small files as a whole: rules, lists, keys, configuration. Logs are read with log_reader.hpp.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io {

inline constexpr std::size_t text_file_bytes_max = std::size_t{256} << 20;

/// The whole file. Errors: not_found, denied, unreadable, too_large.
[[nodiscard]] base::result<std::string> read_text(const std::string& path,
                                                  std::size_t bytes_max = text_file_bytes_max);

/// Replaces the file in one step: a reader sees the old text or the new one, a crash leaves one of
/// the two. `mode` as for chmod; synced before it is renamed. Errors: denied, disk_full, io.
[[nodiscard]] base::status write_text(const std::string& path, std::string_view text,
                                      unsigned mode = 0644);

/// Files below `folder` whose names end in `suffix`, sorted by path, hidden ones left out.
[[nodiscard]] base::result<std::vector<std::string>> list_files(const std::string& folder,
                                                                std::string_view suffix);

} // namespace vedette::io
