#include "ingest/origin.hpp"

#include <algorithm>

namespace vedette::ingest {

namespace {

bool lies_in(const base::ip_address& address, const std::vector<base::ip_network>& networks) {
  return std::ranges::any_of(networks, [&](const auto& n) { return n.contains(address); });
}

} // namespace

base::origin_class classify_origin(const base::ip_address& address, base::cloud called,
                                   const address_facts& facts, const address_book* book,
                                   const base::tenant_settings& tenant) noexcept {
  using base::origin_class;
  // What the tenant says about itself outranks every list.
  if (lies_in(address, tenant.own_networks))
    return origin_class::own;
  if (lies_in(address, tenant.corporate_networks))
    return origin_class::corporate;
  if (address.is_private())
    return origin_class::internal;
  if (book == nullptr)
    return origin_class::unknown;
  // An exit node or VPN inside a cloud's range is what it is, wherever it is hosted.
  if (facts.tor)
    return origin_class::tor;
  if (facts.vpn)
    return origin_class::vpn;
  if (facts.provider != base::cloud::unknown)
    return facts.provider == called ? origin_class::cloud_same : origin_class::cloud_other;
  if (facts.hosting)
    return origin_class::hosting;
  return book->has_cloud_ranges() ? origin_class::other : origin_class::unknown;
}

bool is_service_host(std::string_view text) noexcept {
  return text == "AWS Internal" || text.ends_with(".amazonaws.com") ||
         text.ends_with(".amazonaws.com.cn") || text.ends_with(".aws.internal");
}

} // namespace vedette::ingest
