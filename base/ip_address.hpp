// An IPv4 or IPv6 address as 16 bytes, and networks of them.
//
// IPv4 is held in its IPv6-mapped form (::ffff:a.b.c.d), so one comparison orders both.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::base {

struct ip_address {
  std::array<std::uint8_t, 16> bytes{};

  /// Reads dotted IPv4 or RFC 4291 IPv6 (brackets and a zone are refused); nothing on anything
  /// else.
  [[nodiscard]] static std::optional<ip_address> parse(std::string_view text) noexcept;
  [[nodiscard]] static ip_address v4(std::uint32_t host_order) noexcept;

  [[nodiscard]] bool is_v4() const noexcept;
  /// 10/8, 172.16/12, 192.168/16, 100.64/10, 127/8, 169.254/16, ::1, fc00::/7, fe80::/10.
  [[nodiscard]] bool is_private() const noexcept;
  /// The network that counts as one place: /24 for IPv4, /48 for IPv6.
  [[nodiscard]] ip_address site() const noexcept;
  /// Keeps the first `bits` of the 128; IPv4 prefixes are 96 + n.
  [[nodiscard]] ip_address masked(int bits) const noexcept;

  /// Room for the longest text and its terminator.
  static constexpr std::size_t text_max = 46;
  /// Writes the address into `out` and returns the text, without allocating.
  std::string_view write(char (&out)[text_max]) const noexcept;

  friend auto operator<=>(const ip_address&, const ip_address&) = default;
};

[[nodiscard]] std::string to_string(const ip_address& ip);

struct ip_network {
  ip_address first; ///< all host bits zero
  int prefix = 128; ///< bits of the 128 that count

  /// Reads "203.0.113.0/24", "2001:db8::/32" or a bare address; host bits are cleared.
  [[nodiscard]] static std::optional<ip_network> parse(std::string_view text) noexcept;
  [[nodiscard]] bool contains(const ip_address& ip) const noexcept {
    return ip.masked(prefix) == first;
  }

  friend auto operator<=>(const ip_network&, const ip_network&) = default;
};

} // namespace vedette::base
