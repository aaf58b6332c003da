#include "detect/language/transforms.hpp"

#include <array>
#include <cstdint>

namespace vedette::detect {

std::string base64(std::string_view bytes) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = (group << 8) | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out.push_back(k <= n ? alphabet[(group >> (18 - 6 * k)) & 63U] : '=');
  }
  return out;
}

std::vector<std::string> base64_offsets(std::string_view bytes) {
  // With 0, 1 or 2 unknown bytes before, the first 0, 2 or 3 characters depend on them; at the end
  // the characters that hold bits of what follows do.
  static constexpr std::array<std::size_t, 3> skipped = {0, 2, 3};
  static constexpr std::array<std::size_t, 3> cut = {0, 3, 2};
  std::vector<std::string> out;
  for (std::size_t offset = 0; offset < 3; ++offset) {
    const std::string padded = base64(std::string(offset, ' ') + std::string{bytes});
    const std::size_t end = padded.size() - cut[(bytes.size() + offset) % 3];
    if (end > skipped[offset])
      out.push_back(padded.substr(skipped[offset], end - skipped[offset]));
  }
  return out;
}

std::vector<std::string> dashes(std::string_view text) {
  static constexpr std::string_view forms[] = {"-", "/", "\u2013", "\u2014", "\u2015"};
  std::vector<std::string> out;
  for (std::string_view dash : forms) {
    std::string form;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool starts = i == 0 || text[i - 1] == ' ';
      if (starts && (text[i] == '-' || text[i] == '/'))
        form += dash;
      else
        form += text[i];
    }
    if (out.empty() || form != out.front())
      out.push_back(std::move(form));
  }
  return out;
}

std::vector<std::string> placeholders(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at)) {
    const std::size_t end = text.find('%', at + 1);
    if (end == std::string_view::npos)
      break;
    if (end > at + 1)
      names.emplace_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return names;
}

std::string replace_placeholder(std::string_view text, std::string_view name,
                                std::string_view value) {
  const std::string wanted = "%" + std::string{name} + "%";
  std::string out;
  std::size_t at = 0;
  for (std::size_t found = text.find(wanted); found != std::string_view::npos;
       found = text.find(wanted, at)) {
    out += text.substr(at, found - at);
    out += value;
    at = found + wanted.size();
  }
  out += text.substr(at);
  return out;
}

} // namespace vedette::detect
