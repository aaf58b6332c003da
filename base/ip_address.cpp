#include "base/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace vedette::base {

namespace {

static_assert(ip_address::text_max == INET6_ADDRSTRLEN);

bool under(const ip_address& ip, std::string_view network) {
  return ip_network::parse(network)->contains(ip);
}

} // namespace

ip_address ip_address::v4(std::uint32_t host_order) noexcept {
  ip_address out;
  out.bytes[10] = out.bytes[11] = 0xff;
  for (int i = 0; i < 4; ++i)
    out.bytes[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return out;
}

std::optional<ip_address> ip_address::parse(std::string_view text) noexcept {
  if (text.empty() || text.size() >= text_max)
    return std::nullopt;
  // Dotted IPv4 by hand: it is nearly every address, and inet_pton wants a terminated copy.
  std::uint32_t value = 0;
  std::uint32_t octet = 0;
  int dots = 0, digits = 0;
  bool dotted = true;
  for (char c : text) {
    if (c >= '0' && c <= '9' && digits < 3) {
      octet = octet * 10 + static_cast<std::uint32_t>(c - '0');
      ++digits;
    } else if (c == '.' && digits > 0 && octet < 256 && dots < 3) {
      value = value << 8 | octet;
      octet = 0;
      digits = 0;
      ++dots;
    } else {
      dotted = false;
      break;
    }
  }
  if (dotted && dots == 3 && digits > 0 && octet < 256)
    return v4(value << 8 | octet);
  char terminated[text_max];
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  ip_address out;
  if (inet_pton(AF_INET6, terminated, out.bytes.data()) != 1)
    return std::nullopt;
  return out;
}

bool ip_address::is_v4() const noexcept {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
         bytes[10] == 0xff && bytes[11] == 0xff;
}

bool ip_address::is_private() const noexcept {
  if (is_v4()) {
    const auto a = bytes[12], b = bytes[13];
    return a == 10 || a == 127 || (a == 172 && (b & 0xf0) == 16) || (a == 192 && b == 168) ||
           (a == 169 && b == 254) || (a == 100 && (b & 0xc0) == 64);
  }
  return (bytes[0] & 0xfe) == 0xfc || under(*this, "::1") || under(*this, "fe80::/10");
}

ip_address ip_address::site() const noexcept {
  return masked(is_v4() ? 96 + 24 : 48);
}

ip_address ip_address::masked(int bits) const noexcept {
  ip_address out = *this;
  for (int i = 0; i < 16; ++i) {
    int keep = std::clamp(bits - 8 * i, 0, 8);
    out.bytes[i] = static_cast<std::uint8_t>(out.bytes[i] & (0xff << (8 - keep)));
  }
  return out;
}

std::string_view ip_address::write(char (&out)[text_max]) const noexcept {
  if (!is_v4()) {
    inet_ntop(AF_INET6, bytes.data(), out, sizeof out);
    return out;
  }
  // By hand: this runs once per event, and inet_ntop goes through snprintf.
  char* end = out;
  for (int i = 12; i < 16; ++i) {
    if (i > 12)
      *end++ = '.';
    end = std::to_chars(end, out + sizeof out, static_cast<unsigned>(bytes[i])).ptr;
  }
  *end = '\0';
  return {out, static_cast<std::size_t>(end - out)};
}

std::string to_string(const ip_address& ip) {
  char text[ip_address::text_max];
  return std::string{ip.write(text)};
}

std::optional<ip_network> ip_network::parse(std::string_view text) noexcept {
  auto slash = text.find('/');
  auto ip = ip_address::parse(text.substr(0, slash));
  if (!ip)
    return std::nullopt;
  const int base = ip->is_v4() ? 96 : 0;
  int prefix = 128;
  if (slash != std::string_view::npos) {
    auto digits = text.substr(slash + 1);
    int given = 0;
    auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), given);
    if (problem != std::errc{} || end != digits.data() + digits.size() || given < 0 ||
        given > 128 - base)
      return std::nullopt;
    prefix = base + given;
  }
  return ip_network{ip->masked(prefix), prefix};
}

} // namespace vedette::base
