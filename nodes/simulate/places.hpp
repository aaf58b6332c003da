// The synthetic world's address plan: who owns which addresses, where they are on the globe.
//
// Offices, homes and attackers live in the three documentation networks, the cloud and the build
// runners in 198.18.0.0/15, the benchmarking range: routable in form, nobody's in fact. The list
// files are printed from these same tables. Constant data, called by the world and the lists.
#pragma once

#include "nodes/simulate/prng.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace vedette::simulate {

enum class place_use : std::uint8_t { office, home, hosting, vpn, tor, residential, runner };

struct place {
  place_use use;
  std::uint32_t first; ///< first address, host order
  int prefix;
  std::uint32_t asn;
  std::string_view as_name, country, city;
  std::string_view latitude, longitude; ///< as text: they are only ever printed
};

struct cloud_region {
  std::string_view name, country, city, latitude, longitude;
};

inline constexpr int cloud_prefix = 20; ///< each region owns one /20
inline constexpr std::uint32_t cloud_asn = 16509;
inline constexpr std::string_view cloud_as_name = "AMAZON-02";
/// Offices and homes come in pairs: number i of both is the same city.
inline constexpr std::uint32_t cities = 8;

[[nodiscard]] std::span<const place> all_places();
[[nodiscard]] const place& office(std::uint32_t city);
[[nodiscard]] const place& home(std::uint32_t city);
[[nodiscard]] const place& runners();
/// An attacker's place of the given use, any when several have it.
[[nodiscard]] const place& attackers(place_use use, prng& random);

/// The regions every account has enabled by default.
[[nodiscard]] std::span<const cloud_region> regions();
/// Lower half of the region's /20: addresses AWS hands to functions and hosts.
[[nodiscard]] std::uint32_t cloud_address(std::uint32_t region, prng& random);
/// Upper half: the fixed egress number `slot` of a tenant in that region. Beyond 512 tenants they
/// repeat, which harms nobody: tenants never share state.
[[nodiscard]] std::uint32_t egress_address(std::uint32_t region, std::uint32_t tenant,
                                           std::uint32_t slot);

/// A host of the place that is neither its network nor its broadcast address.
[[nodiscard]] std::uint32_t address_in(const place& p, prng& random);
/// The n-th host of the place, wrapping.
[[nodiscard]] std::uint32_t address_in(const place& p, std::uint32_t n);

} // namespace vedette::simulate
