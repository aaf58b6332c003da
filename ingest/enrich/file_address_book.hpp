// An address book made of the lists an operator gives us as text: cloud ranges, Tor exits, VPN
// ranges, AS numbers of VPN and hosting companies, AS and place tables.
//
// Immutable after construction. Tor exits come and go, so each Tor list has a time of validity and
// events are judged by the list of their own time. An optional `network_source` (MaxMind) answers
// for AS and place where the tables do not.
#pragma once

#include "ingest/enrich/address_book.hpp"
#include "ingest/enrich/range_table.hpp"

#include <memory>
#include <vector>

namespace vedette::ingest {

/// One state of a list of addresses and the span it describes.
struct dated_list {
  std::vector<address_range> ranges;
  base::event_time from = base::event_time::min();
  base::event_time until = base::event_time::max();
};

/// Rows of the same kind from several files are simply appended.
struct address_lists {
  as_rows networks;
  place_rows places;
  cloud_rows clouds;
  std::vector<dated_list> tor;
  std::vector<address_range> vpn;
  std::vector<std::uint32_t> vpn_networks;      ///< AS numbers
  std::vector<std::uint32_t> hosting_networks;  ///< AS numbers
  std::shared_ptr<const network_source> source; ///< may be null
};

class file_address_book final : public address_book {
 public:
  explicit file_address_book(address_lists lists);

  void find(const base::ip_address& address, base::event_time at,
            address_facts& out) const override;
  [[nodiscard]] bool has_cloud_ranges() const override { return !clouds_.empty(); }
  [[nodiscard]] bool has_tor() const override { return !tor_.empty(); }
  [[nodiscard]] bool has_vpn() const override { return !vpn_.empty() || !vpn_networks_.empty(); }
  [[nodiscard]] bool has_geo() const override {
    return !places_.empty() || (source_ && source_->has_geo());
  }
  [[nodiscard]] bool has_asn() const override {
    return !networks_.empty() || (source_ && source_->has_asn());
  }

 private:
  struct dated_index {
    range_index index;
    base::event_time from, until;
  };

  range_table<as_entry> networks_;
  range_table<place_entry> places_;
  range_table<cloud_entry> clouds_;
  std::vector<dated_index> tor_;
  range_index vpn_;
  std::vector<std::uint32_t> vpn_networks_, hosting_networks_; ///< sorted
  std::shared_ptr<const network_source> source_;
};

} // namespace vedette::ingest
