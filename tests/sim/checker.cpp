#include "tests/sim/checker.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

namespace vedette::sim {

void checker::violate(std::string what) {
  if (!violation_)
    violation_ = std::move(what);
}

bool checker::committed(base::partition_id p, const cluster::entry& e) {
  const auto hash = base::mix(base::mix(e.epoch.value, e.kind), base::hash64(*e.body));
  const auto [at, fresh] = partitions_[p].entries.emplace(e.index.value, hash);
  if (!fresh && at->second != hash)
    violate(fmt::format("partition {}: entry {} was committed twice with different contents",
                        p.value, e.index.value));
  if (fresh && reads_model && static_cast<kind>(e.kind) == kind::intent)
    intents_.insert(decode_numbers(*e.body)[0]);
  return fresh;
}

void checker::folded(base::partition_id p, std::uint64_t index, const base::hash128& digest) {
  const auto [at, fresh] = partitions_[p].digests.emplace(index, digest);
  if (!fresh && at->second != digest)
    violate(
        fmt::format("partition {}: two replicas differ in state after entry {}", p.value, index));
}

void checker::acknowledged(const batch& b) {
  for (const auto& e : b.events)
    acknowledged_.insert(e.id);
}

void checker::serving(base::partition_id p, base::epoch epoch, const cluster::node_id& node,
                      std::uint64_t process) {
  const auto [at, fresh] = partitions_[p].terms.emplace(epoch.value, std::pair{node, process});
  if (!fresh && at->second != std::pair{node, process})
    violate(fmt::format("partition {}: {} (process {}) and {} (process {}) both serve epoch {}",
                        p.value, at->second.first.value, at->second.second, node.value, process,
                        epoch.value));
}

void checker::called(alert_id action) {
  if (intents_.count(action) == 0)
    violate(fmt::format("action {:x} was called before its intent was committed", action));
}

void checker::log_ends(base::partition_id p, std::uint64_t last_index) {
  const auto& entries = partitions_[p].entries;
  if (!entries.empty() && entries.rbegin()->first > last_index)
    violate(fmt::format("partition {}: entry {} was committed, the log ends at {}", p.value,
                        entries.rbegin()->first, last_index));
}

void checker::final_state(const fold_state& state) {
  if (counted_.size() < state.counted.size())
    counted_.resize(state.counted.size());
  for (std::size_t id = 0; id < state.counted.size(); ++id)
    counted_[id] += state.counted[id];
  for (std::uint32_t identity = 0; identity < state.totals.size(); ++identity)
    for (auto n = alert_every; n <= state.totals[identity]; n += alert_every)
      expected_.insert(alert_of(identity, n));
  for (const auto& [alert, n] : state.alerts)
    alerts_[alert] += n;
  for (const auto& [action, a] : state.actions)
    actions_[action] = a.done;
}

void checker::final_counts(std::size_t events, const std::map<alert_id, std::uint32_t>& in_effect) {
  counted_.resize(std::max(counted_.size(), events));
  for (event_id id = 0; id < events; ++id) {
    if (counted_[id] == 1)
      continue;
    violate(fmt::format("event {} ({}) was counted {} times", id,
                        acknowledged_.count(id) > 0 ? "acknowledged" : "not acknowledged",
                        counted_[id]));
    return;
  }
  for (const auto alert : expected_)
    if (alerts_[alert] != 1)
      violate(fmt::format("alert {:x} arrived {} times", alert, alerts_[alert]));
  for (const auto& [alert, n] : alerts_)
    if (n > 0 && expected_.count(alert) == 0)
      violate(fmt::format("alert {:x} arrived and nothing raised it", alert));
  for (const auto alert : expected_) {
    const auto effect = in_effect.find(alert);
    if (effect == in_effect.end() || effect->second != 1)
      violate(fmt::format("action {:x} is in effect {} times", alert,
                          effect == in_effect.end() ? 0 : effect->second));
    if (!actions_[alert])
      violate(fmt::format("action {:x} has no outcome", alert));
  }
  for (const auto& [action, n] : in_effect)
    if (expected_.count(action) == 0)
      violate(fmt::format("action {:x} is in effect and nothing asked for it", action));
}

} // namespace vedette::sim
