// What is known about an internet address: where it is, whose network it is, which lists name it.
//
// The interface that the normaliser asks once per new address. `file_address_book` answers from
// text lists; `io` puts MaxMind databases behind `network_source`. Implementations are immutable
// while in use (a reload makes a new one), so any number of threads may ask at once.
#pragma once

#include "base/event.hpp"
#include "base/geo.hpp"
#include "base/ip_address.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string_view>

namespace vedette::ingest {

/// Views stay valid as long as the book that filled them.
struct address_facts {
  std::uint32_t asn = 0; ///< 0: unknown
  std::string_view as_name;
  std::string_view country; ///< ISO 3166-1 alpha-2; empty: unknown
  base::geo_point place;
  bool has_place = false;
  base::cloud provider = base::cloud::unknown; ///< owner of the cloud range the address lies in
  std::string_view provider_region;            ///< that range's region; empty: none named
  bool tor = false, vpn = false, hosting = false;
};

class address_book {
 public:
  virtual ~address_book() = default;

  /// Overwrites `out` with what was known about the address at that time. O(log of the lists).
  virtual void find(const base::ip_address& address, base::event_time at,
                    address_facts& out) const = 0;

  /// Which lists are loaded: without a list, "not on it" says nothing.
  [[nodiscard]] virtual bool has_cloud_ranges() const = 0;
  [[nodiscard]] virtual bool has_tor() const = 0;
  [[nodiscard]] virtual bool has_vpn() const = 0;
  [[nodiscard]] virtual bool has_geo() const = 0;
  [[nodiscard]] virtual bool has_asn() const = 0;
};

/// The part of an address book that a database of networks can answer (asn, as_name, country,
/// place); what `io` implements over MaxMind files.
class network_source {
 public:
  virtual ~network_source() = default;

  /// Sets the fields it knows and leaves the others alone.
  virtual void find(const base::ip_address& address, address_facts& out) const = 0;
  [[nodiscard]] virtual bool has_geo() const = 0;
  [[nodiscard]] virtual bool has_asn() const = 0;
};

} // namespace vedette::ingest
