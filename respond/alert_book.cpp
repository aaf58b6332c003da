#include "respond/alert_book.hpp"

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "respond/limits.hpp"

#include <utility>

namespace vedette::respond {

alert_book::alert_book(data d) : data_{std::move(d)} {
  for (const auto& [id, known] : data_.alerts)
    by_number_.emplace(known.number, id);
}

bool alert_book::is_news(const base::alert& a) const {
  if (const auto* known = find(a.id))
    return a.revision > known->alert.revision;
  const auto it = data_.left.find(base::hash64(a.id));
  return it == data_.left.end() || a.revision > it->second.revision;
}

const known_alert& alert_book::keep(base::alert a, base::receive_time at,
                                    std::vector<std::string>& gone) {
  VEDETTE_ASSERT(is_news(a));
  auto it = data_.alerts.find(a.id);
  if (it == data_.alerts.end()) {
    while (data_.alerts.size() >= limits::alerts_kept) {
      gone.push_back(by_number_.begin()->second);
      leave(gone.back());
    }
    auto id = a.id;
    it = data_.alerts.emplace(std::move(id), known_alert{std::move(a), 0, at, at}).first;
  } else {
    by_number_.erase(it->second.number);
    it->second.alert = std::move(a);
    it->second.at = at;
  }
  it->second.number = ++data_.numbers;
  by_number_.emplace(it->second.number, it->first);
  return it->second;
}

void alert_book::leave(std::string_view id) {
  const auto it = data_.alerts.find(id);
  const auto hash = base::hash64(id);
  by_number_.erase(it->second.number);
  const left_alert rest{it->second.alert.revision,
                        pack(place_of(it->second.alert, it->second.first_at))};
  if (data_.left.insert_or_assign(hash, rest).second)
    data_.left_order.push_back(hash);
  if (data_.left_order.size() > limits::alerts_remembered) {
    data_.left.erase(data_.left_order.front());
    data_.left_order.pop_front();
  }
  data_.alerts.erase(it);
}

const known_alert* alert_book::find(std::string_view id) const {
  const auto it = data_.alerts.find(id);
  return it == data_.alerts.end() ? nullptr : &it->second;
}

std::optional<trend_place> alert_book::counted_at(std::string_view id) const {
  if (const auto* known = find(id))
    return place_of(known->alert, known->first_at);
  const auto it = data_.left.find(base::hash64(id));
  return it == data_.left.end() ? std::nullopt : unpack(it->second.counted);
}

} // namespace vedette::respond
