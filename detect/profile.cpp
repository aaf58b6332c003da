#include "detect/profile.hpp"

#include "detect/tight.hpp"

#include <algorithm>

namespace vedette::detect {

namespace {

void see(std::vector<seen_value>& list, std::string_view text, std::uint32_t at, std::size_t cap) {
  auto place = std::lower_bound(list.begin(), list.end(), text,
                                [](const seen_value& v, std::string_view t) { return v.text < t; });
  if (place != list.end() && place->text == text) {
    place->first = std::min(place->first, at);
    place->last = std::max(place->last, at);
    return;
  }
  if (list.size() >= cap) {
    list.erase(
        std::min_element(list.begin(), list.end(),
                         [](const seen_value& a, const seen_value& b) { return a.last < b.last; }));
    place = std::lower_bound(list.begin(), list.end(), text,
                             [](const seen_value& v, std::string_view t) { return v.text < t; });
  }
  insert_tight(list, place, seen_value{std::string{text}, at, at});
}

/// Service without the vendor's tail, so that most fit a string without heap.
std::string_view short_service(std::string_view service) noexcept {
  constexpr std::string_view tail = ".amazonaws.com";
  if (service.ends_with(tail))
    service.remove_suffix(tail.size());
  return service;
}

std::size_t heap(const std::string& s) noexcept {
  return s.capacity() > 15 ? s.capacity() + 1 : 0;
}

} // namespace

void profile::observe(const base::event& e) {
  if (events == 0 || e.time < first_seen)
    first_seen = e.time;
  if (events == 0 || e.time >= last_seen) {
    last_seen = e.time;
    provider = e.provider;
    actor = e.actor;
    if (account != e.account)
      account = e.account;
    if (name != e.identity_name)
      name = e.identity_name;
    if (e.holder != base::session_class::unknown)
      holder = e.holder;
  }
  ++events;
  const auto at = base::seconds_of(e.time);
  if (e.has_source) {
    char text[base::ip_address::text_max];
    see(networks, e.source.site().write(text), at, networks_max);
  } else if (!e.source_text.empty()) {
    see(networks, e.source_text.substr(0, 64), at, networks_max);
  }
  if (!e.service.empty())
    see(services, short_service(e.service).substr(0, 64), at, services_max);
  activity.add(e.time);
}

std::size_t profile::heap_bytes() const noexcept {
  std::size_t total = heap(account) + heap(name) + activity.heap_bytes() +
                      (networks.capacity() + services.capacity()) * sizeof(seen_value);
  for (const auto& v : networks)
    total += heap(v.text);
  for (const auto& v : services)
    total += heap(v.text);
  return total;
}

} // namespace vedette::detect
