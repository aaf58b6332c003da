#include "ingest/base64.hpp"

#include <cstdint>

namespace vedette::ingest {

namespace {

int digit_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  if (c == '+' || c == '-')
    return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

} // namespace

std::string_view base64_decoded(std::string_view text, base::arena& memory) {
  auto* begin = static_cast<char*>(memory.allocate(text.size() / 4 * 3 + 3, 1));
  auto* out = begin;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0)
      continue;
    bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xffff;
    held += 6;
    if (held < 8)
      continue;
    held -= 8;
    *out++ = static_cast<char>(static_cast<unsigned char>(bits >> held & 0xff));
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

} // namespace vedette::ingest
