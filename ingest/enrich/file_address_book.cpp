#include "ingest/enrich/file_address_book.hpp"

#include <algorithm>

namespace vedette::ingest {

file_address_book::file_address_book(address_lists lists)
    : networks_{std::move(lists.networks)}, places_{std::move(lists.places)},
      clouds_{std::move(lists.clouds)}, vpn_{lists.vpn}, vpn_networks_{std::move(
                                                             lists.vpn_networks)},
      hosting_networks_{std::move(lists.hosting_networks)}, source_{std::move(lists.source)} {
  for (const auto& list : lists.tor)
    tor_.push_back({range_index{list.ranges}, list.from, list.until});
  std::ranges::sort(vpn_networks_);
  std::ranges::sort(hosting_networks_);
}

void file_address_book::find(const base::ip_address& address, base::event_time at,
                             address_facts& out) const {
  out = {};
  if (source_)
    source_->find(address, out);
  if (const auto* network = networks_.find(address)) {
    out.asn = network->asn;
    out.as_name = network->name;
  }
  if (const auto* place = places_.find(address)) {
    out.country = place->country;
    if (place->has_place) {
      out.place = place->place;
      out.has_place = true;
    }
  }
  if (const auto* cloud = clouds_.find(address)) {
    out.provider = cloud->provider;
    out.provider_region = cloud->region;
  }
  out.tor = std::ranges::any_of(tor_, [&](const dated_index& list) {
    return list.from <= at && at <= list.until && list.index.find(address) >= 0;
  });
  out.vpn = vpn_.find(address) >= 0 ||
            (out.asn != 0 && std::ranges::binary_search(vpn_networks_, out.asn));
  out.hosting = out.asn != 0 && std::ranges::binary_search(hosting_networks_, out.asn);
}

} // namespace vedette::ingest
