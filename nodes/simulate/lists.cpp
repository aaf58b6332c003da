// The list files a run with enrichment needs, printed from the address plan.
#include "nodes/simulate/generator.hpp"
#include "nodes/simulate/places.hpp"
#include "nodes/simulate/text.hpp"

namespace vedette::simulate {

namespace {

void put_network(std::string& out, std::uint32_t first, int prefix) {
  put_address(out, first);
  out += '/';
  put_number(out, static_cast<std::uint64_t>(prefix));
}

void put_range(std::string& out, std::uint32_t first, int prefix) {
  put_address(out, first);
  out += ',';
  put_address(out, first + (1U << (32 - prefix)) - 1);
  out += ',';
}

std::uint32_t region_first(std::uint32_t region) {
  return egress_address(region, 0, 0) - 2048;
}

std::string cloud_ranges() {
  std::string out =
      "{\n  \"syncToken\": \"1768176000\",\n  \"createDate\": \"2026-01-12-00-00-00\",\n"
      "  \"prefixes\": [";
  const char* separator = "\n";
  for (std::uint32_t r = 0; r < regions().size(); ++r) {
    for (const char* service : {"AMAZON", "EC2"}) {
      out += separator;
      separator = ",\n";
      out += "    {\"ip_prefix\": \"";
      put_network(out, region_first(r), cloud_prefix);
      out.append("\", \"region\": \"").append(regions()[r].name).append("\", \"service\": \"");
      out.append(service).append("\", \"network_border_group\": \"").append(regions()[r].name);
      out += "\"}";
    }
  }
  out += "\n  ],\n  \"ipv6_prefixes\": []\n}\n";
  return out;
}

std::string tor() {
  std::string out = "# synthetic Tor exits, an address a line\n";
  for (const place& p : all_places())
    if (p.use == place_use::tor)
      for (std::uint32_t n = 0; n < (1U << (32 - p.prefix)) - 2; ++n) {
        put_address(out, address_in(p, n));
        out += '\n';
      }
  return out;
}

std::string vpn() {
  std::string out = "# synthetic commercial VPNs, a network a line\n";
  for (const place& p : all_places())
    if (p.use == place_use::vpn) {
      put_network(out, p.first, p.prefix);
      out += '\n';
    }
  return out;
}

std::string asn() {
  std::string out = "start,end,asn,name\n";
  const auto row = [&](std::uint32_t first, int prefix, std::uint32_t number,
                       std::string_view name) {
    put_range(out, first, prefix);
    put_number(out, number);
    out.append(",").append(name).append("\n");
  };
  for (std::uint32_t r = 0; r < regions().size(); ++r)
    row(region_first(r), cloud_prefix, cloud_asn, cloud_as_name);
  for (const place& p : all_places())
    row(p.first, p.prefix, p.asn, p.as_name);
  return out;
}

std::string geo() {
  std::string out = "start,end,country,latitude,longitude\n";
  const auto row = [&](std::uint32_t first, int prefix, const auto& where) {
    put_range(out, first, prefix);
    out.append(where.country).append(",");
    out.append(where.latitude).append(",").append(where.longitude).append("\n");
  };
  for (std::uint32_t r = 0; r < regions().size(); ++r)
    row(region_first(r), cloud_prefix, regions()[r]);
  for (const place& p : all_places())
    row(p.first, p.prefix, p);
  return out;
}

} // namespace

std::string list_file(list_kind kind) {
  switch (kind) {
  case list_kind::cloud_ranges:
    return cloud_ranges();
  case list_kind::tor:
    return tor();
  case list_kind::vpn:
    return vpn();
  case list_kind::asn:
    return asn();
  case list_kind::geo:
    return geo();
  }
  return {};
}

} // namespace vedette::simulate
