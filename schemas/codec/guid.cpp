#include "schemas/codec/guid.hpp"

namespace vedette::schemas {

namespace {

/// Where byte i's two digits stand.
constexpr std::array<std::uint8_t, guid_bytes> digits_at = {0,  2,  4,  6,  9,  11, 14, 16,
                                                            19, 21, 24, 26, 28, 30, 32, 34};

constexpr auto hex_values = [] {
  std::array<std::uint8_t, 256> t{};
  t.fill(0xff);
  for (int i = 0; i < 10; ++i)
    t[static_cast<std::size_t>('0' + i)] = static_cast<std::uint8_t>(i);
  for (int i = 0; i < 6; ++i)
    t[static_cast<std::size_t>('a' + i)] = static_cast<std::uint8_t>(10 + i);
  return t;
}();

} // namespace

bool parse_guid(std::string_view text, char* out) noexcept {
  if (text.size() != guid_text || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
      text[23] != '-')
    return false;
  unsigned bad = 0;
  for (std::size_t i = 0; i < guid_bytes; ++i) {
    const unsigned high = hex_values[static_cast<unsigned char>(text[digits_at[i]])];
    const unsigned low = hex_values[static_cast<unsigned char>(text[digits_at[i] + 1U])];
    bad |= high | low;
    out[i] = static_cast<char>(high << 4 | (low & 0xf));
  }
  return (bad & 0xf0) == 0;
}

void format_guid(const char* guid, char* out) noexcept {
  constexpr char digits[] = "0123456789abcdef";
  out[8] = out[13] = out[18] = out[23] = '-';
  for (std::size_t i = 0; i < guid_bytes; ++i) {
    const auto byte = static_cast<unsigned char>(guid[i]);
    out[digits_at[i]] = digits[byte >> 4];
    out[digits_at[i] + 1U] = digits[byte & 0xf];
  }
}

} // namespace vedette::schemas
