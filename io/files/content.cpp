#include "io/files/content.hpp"

#include "ingest/lines/text_lines.hpp"
#include "io/compression/decompressor.hpp"

#include <algorithm>

namespace vedette::io {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view white_space = " \t\r\n";
/// Where "ustar" stands in a tar header.
constexpr std::size_t tar_magic_at = 257;

bool has_control_bytes(std::string_view bytes) {
  return std::any_of(bytes.begin(), bytes.end(), [](char c) {
    const auto b = static_cast<unsigned char>(c);
    return b < 0x20 && b != '\t' && b != '\r' && b != '\n' && b != '\f' && b != 0x1b;
  });
}

} // namespace

std::string_view archive_name(std::string_view bytes) noexcept {
  using namespace std::string_view_literals;
  if (bytes.starts_with("PK\x03\x04"sv) || bytes.starts_with("PK\x05\x06"sv))
    return "a zip archive";
  if (bytes.starts_with("BZh"sv))
    return "a bzip2 file";
  if (bytes.starts_with("\xfd"
                        "7zXZ"sv))
    return "an xz file";
  if (bytes.starts_with("7z\xbc\xaf\x27\x1c"sv))
    return "a 7z archive";
  if (bytes.size() >= tar_magic_at + 5 && bytes.substr(tar_magic_at, 5) == "ustar"sv)
    return "a tar archive";
  return {};
}

content sniff_content(std::string_view first_bytes) noexcept {
  const auto bytes = first_bytes.substr(0, 512);
  switch (sniff_compression(bytes)) {
  case compression::gzip:
    return content::gzip;
  case compression::zstd:
    return content::zstd;
  case compression::none:
    break;
  }
  if (!archive_name(bytes).empty())
    return content::archive;
  if (bytes.starts_with("PAR1"))
    return content::parquet;
  auto text = bytes;
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  const auto first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos)
    return content::empty;
  if (text[first] == '{' || text[first] == '[')
    return content::json;
  if (ingest::begins_like_line(text.substr(first)))
    return content::lines;
  return has_control_bytes(text) ? content::binary : content::text;
}

} // namespace vedette::io
