#include "ingest/enrich/range_table.hpp"

#include <queue>

namespace vedette::ingest {

namespace {

base::ip_address successor(base::ip_address ip) noexcept {
  for (int i = 15; i >= 0; --i)
    if (++ip.bytes[static_cast<std::size_t>(i)] != 0)
      break;
  return ip;
}

base::ip_address predecessor(base::ip_address ip) noexcept {
  for (int i = 15; i >= 0; --i)
    if (ip.bytes[static_cast<std::size_t>(i)]-- != 0)
      break;
  return ip;
}

/// last - first as 16 bytes: comparable, which is all that is asked.
base::ip_address width(const address_range& r) noexcept {
  base::ip_address out;
  int borrow = 0;
  for (std::size_t i = 16; i-- > 0;) {
    int d = int{r.last.bytes[i]} - int{r.first.bytes[i]} - borrow;
    borrow = d < 0 ? 1 : 0;
    out.bytes[i] = static_cast<std::uint8_t>(d + (borrow ? 256 : 0));
  }
  return out;
}

} // namespace

address_range range_of(const base::ip_network& network) noexcept {
  address_range out{network.first, network.first};
  for (int bit = network.prefix; bit < 128; ++bit)
    out.last.bytes[static_cast<std::size_t>(bit / 8)] |=
        static_cast<std::uint8_t>(0x80 >> (bit % 8));
  return out;
}

range_index::range_index(const std::vector<address_range>& ranges) {
  // Sweep over all starts and ends; between two of them the narrowest open range answers.
  struct open {
    base::ip_address width;
    std::uint32_t range;
    bool operator<(const open& o) const noexcept {
      return width != o.width ? o.width < width : o.range < range; // narrowest, then first given
    }
  };
  std::vector<std::uint32_t> order;
  std::vector<base::ip_address> edges;
  for (std::uint32_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].last < ranges[i].first)
      continue;
    order.push_back(i);
    edges.push_back(ranges[i].first);
    // The address behind the highest one is 0 again and opens nothing.
    if (const auto after = successor(ranges[i].last); after != base::ip_address{})
      edges.push_back(after);
  }
  std::ranges::sort(order, [&](auto a, auto b) { return ranges[a].first < ranges[b].first; });
  std::ranges::sort(edges);
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());

  base::ip_address highest;
  highest.bytes.fill(0xff);
  std::priority_queue<open> opened;
  std::size_t next = 0;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    for (; next < order.size() && ranges[order[next]].first <= edges[e]; ++next)
      opened.push({width(ranges[order[next]]), order[next]});
    while (!opened.empty() && ranges[opened.top().range].last < edges[e])
      opened.pop();
    if (opened.empty())
      continue;
    const auto last = e + 1 < edges.size() ? predecessor(edges[e + 1]) : highest;
    const auto range = opened.top().range;
    if (!pieces_.empty() && pieces_.back().range == range &&
        successor(pieces_.back().last) == edges[e])
      pieces_.back().last = last;
    else
      pieces_.push_back({edges[e], last, range});
  }
}

std::int64_t range_index::find(const base::ip_address& address) const noexcept {
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), address,
                       [](const base::ip_address& ip, const piece& p) { return ip < p.first; });
  if (after == pieces_.begin())
    return -1;
  const auto& p = *(after - 1);
  return address <= p.last ? std::int64_t{p.range} : -1;
}

} // namespace vedette::ingest
