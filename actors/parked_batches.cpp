#include "actors/parked_batches.hpp"

#include <fmt/format.h>

#include <utility>

namespace vedette::actors {

void parked_batches::park(base::partition_id home, item what) {
  auto& w = all_[home];
  what.bytes = what.body->size();
  w.bytes += what.bytes;
  unsaved_ += what.bytes;
  w.items.push_back(std::move(what));
}

void parked_batches::unpark(base::partition_id home, base::entry_index through) {
  const auto at = all_.find(home);
  if (at == all_.end())
    return;
  auto& w = at->second;
  while (!w.items.empty() && w.items.front().index <= through) {
    auto& first = w.items.front();
    w.bytes -= first.bytes;
    if (std::exchange(first.body, nullptr))
      unsaved_ -= first.bytes;
    if (first.offered)
      gone_.push_back({home, std::move(first)});
    w.items.pop_front();
  }
  if (w.items.empty())
    all_.erase(at);
}

base::status parked_batches::room(base::partition_id home, base::receive_time received,
                                  std::uint64_t coming) const {
  const auto at = all_.find(home);
  if (at == all_.end())
    return {};
  const auto& w = at->second;
  const auto no = [&](std::string_view why) {
    return base::error{
        base::ec::conflict,
        fmt::format("parking for partition {}, which has no primary: {} ({} batches, "
                    "{} bytes); its sources wait until it is served again",
                    home.value, why, w.items.size(), w.bytes)};
  };
  if (w.bytes + coming >= bytes_max || w.items.size() >= batches_max)
    return no("as much waits as may");
  if (received > w.items.front().received + age_max)
    return no("the oldest has waited as long as it may");
  return {};
}

state::state_key parked_batches::key_of(base::partition_id keeper, base::partition_id home,
                                        const item& what) {
  return {keeper, what.tenant, state::state_kind::parked,
          fmt::format("{:08x}-{:016x}", home.value, what.index.value)};
}

void parked_batches::offer(base::partition_id keeper, state::changes& into) {
  for (const auto& [home, what] : gone_)
    into.erase(key_of(keeper, home, what));
  gone_.clear();
  for (auto& [home, w] : all_)
    for (auto& i : w.items)
      if (i.body) {
        into.put(key_of(keeper, home, i), *i.body);
        i.offered = true;
      }
}

void parked_batches::saved(base::entry_index position) {
  for (auto& [home, w] : all_)
    for (auto& i : w.items)
      if (i.index <= position && std::exchange(i.body, nullptr))
        unsaved_ -= i.bytes;
}

std::vector<schemas::partition_checkpoint::parked_item> parked_batches::items() const {
  std::vector<schemas::partition_checkpoint::parked_item> out;
  for (const auto& [home, w] : all_)
    for (const auto& i : w.items)
      out.push_back({home, i.epoch, i.index, i.tenant, i.received, i.bytes});
  return out;
}

parked_batches
parked_batches::restore(const std::vector<schemas::partition_checkpoint::parked_item>& items) {
  parked_batches out;
  for (const auto& i : items) {
    auto& w = out.all_[i.home];
    w.bytes += i.bytes;
    w.items.push_back({i.epoch, i.index, i.tenant, i.received, i.bytes, nullptr, true});
  }
  return out;
}

} // namespace vedette::actors
