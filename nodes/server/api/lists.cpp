#include "nodes/server/api/lists.hpp"

namespace vedette::server {

std::array<list_state, 5> lists_of(const ingest::address_book* book) {
  return {{
      {"cloud_ranges", book != nullptr && book->has_cloud_ranges(),
       "an address cannot be told to lie outside the cloud: origin is judged by what a session did "
       "before, and such "
       "alerts are capped at medium"},
      {"tor", book != nullptr && book->has_tor(), "calls through Tor look like any other"},
      {"vpn", book != nullptr && book->has_vpn(),
       "calls through commercial VPNs look like any other"},
      {"geoip", book != nullptr && book->has_geo(),
       "no country and no place: impossible travel is not seen"},
      {"asn", book != nullptr && book->has_asn(),
       "no network owner: networks are told apart by address range only"},
  }};
}

void describe(const std::array<list_state, 5>& lists, base::json_writer& out) {
  out.begin_array();
  for (const auto& l : lists) {
    out.begin_object().member("name", l.name).member("loaded", l.loaded);
    if (!l.loaded)
      out.member("without", l.without);
    out.end_object();
  }
  out.end_array();
}

} // namespace vedette::server
