#include "io/http/credentials.hpp"

#include "base/base64.hpp"

#include <algorithm>

namespace vedette::io {

namespace {

std::string_view without_outer_spaces(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool is_scheme(std::string_view text, std::string_view lower_case) noexcept {
  return std::ranges::equal(text, lower_case, [](char a, char b) {
    return (static_cast<unsigned char>(a) | 0x20U) == static_cast<unsigned char>(b);
  });
}

/// What stands behind the first colon of "id:secret" in base 64.
std::string secret_of(std::string_view encoded) {
  const auto pair = base::base64_decode(encoded);
  const auto colon = pair ? pair->find(':') : std::string::npos;
  return colon == std::string::npos ? std::string{} : pair->substr(colon + 1);
}

} // namespace

credentials credentials_of(const http_headers& headers) {
  const auto value = headers.get("Authorization");
  const auto space = value.find(' ');
  if (space != std::string_view::npos) {
    const auto scheme = value.substr(0, space), rest = without_outer_spaces(value.substr(space));
    if (is_scheme(scheme, "bearer"))
      return {std::string{rest}, false};
    if (is_scheme(scheme, "splunk"))
      return {std::string{rest}, true};
    if (is_scheme(scheme, "basic") || is_scheme(scheme, "apikey"))
      return {secret_of(rest), true};
  }
  return {std::string{headers.get("X-Amz-Firehose-Access-Key")}, true};
}

} // namespace vedette::io
