// What a gate does with batches that nobody takes (docs/decisions/0013-parking.md).
#include "actors/gate_core.hpp"
#include "actors/wire_values.hpp"

#include <algorithm>
#include <utility>

namespace vedette::actors {

void gate_core::park_what_waits(time now) {
  now_ = now;
  const auto& lane = args_.park;
  if (!lane.put || parking_.out || proven_ || draining_ || now < parking_.not_before)
    return;
  const bool lately = parking_.ended && now < *parking_.ended + lane.lately;
  std::vector<std::uint64_t> ids;
  std::vector<partition_batch> batches;
  std::size_t bytes = 0;
  for (auto& [id, p] : pending_) {
    auto* batch = std::get_if<partition_batch>(&p.what);
    if (batch == nullptr)
      continue;
    // Those behind the one that has waited long enough come with it: they must not overtake it.
    if (ids.empty() && !parking_.on &&
        now < std::max(p.added, doubted_) + (lately ? lane.again : lane.after))
      return;
    if (!batch->encoded)
      batch->encoded = std::make_shared<const std::string>(schemas::encode(entry_of(*batch)));
    bytes += batch->encoded->size();
    if (!ids.empty() && (ids.size() == park_batches_max || bytes > park_bytes_max))
      break;
    p.parking = true;
    p.out = false;
    ids.push_back(id);
    batches.push_back(*batch);
  }
  if (ids.empty())
    return;
  parking_.out = true;
  parking_.has.insert(parking_.keeper); // it may have them even if it does not say so
  lane.put(parking_.keeper, std::move(batches),
           [this, ids](const reply& what) { parked(ids, what); });
}

void gate_core::parked(const std::vector<std::uint64_t>& ids, const reply& what) {
  parking_.out = false;
  const auto* why = std::get_if<base::error>(&what);
  if (why == nullptr) {
    parking_.on = true;
  } else {
    // Whoever is full, or knows that the partition is about to be served, is not passed over: what
    // it keeps goes first.
    if (passes(what))
      parking_.keeper = (parking_.keeper + 1) % args_.park.keepers;
    else if (!parking_.on)
      parking_.has.erase(parking_.keeper);
    parking_.not_before = now_ + args_.park.pause;
  }
  for (const auto id : ids) {
    const auto at = pending_.find(id);
    if (at == pending_.end())
      continue; // answered by its own partition after all
    at->second.parking = false;
    if (why != nullptr)
      continue; // tried again, here or there
    const auto& events = std::get<partition_batch>(at->second.what).events;
    const auto count = events ? static_cast<std::uint32_t>(events->events.size()) : 0;
    finish(at, partition_batch_result{count, 0, 0, true});
  }
}

/// What comes from now on waits for the answer: it would be among what is counted.
void gate_core::ask_what_is_parked(time now) {
  now_ = now;
  if (!parking_.on || parking_.out || now < parking_.ask_not_before)
    return;
  parking_.out = true;
  const auto keeper = *parking_.has.begin();
  args_.park.ask(keeper, [this, keeper](const reply& what) { told_what_is_parked(keeper, what); });
}

void gate_core::told_what_is_parked(std::size_t keeper, const reply& what) {
  parking_.out = false;
  parking_.ask_not_before = now_ + args_.park.pause;
  const auto* count = std::get_if<parked_count>(&what);
  if (count != nullptr && count->batches > 0)
    return;
  // Nothing left, or it has not answered for as long as a question waits: not for ever.
  parking_.has.erase(keeper);
  if (!parking_.has.empty())
    return;
  parking_.on = false;
  parking_.keeper = 0;
  parking_.ended = doubted_ = now_;
  for (const auto& then : std::exchange(parking_.waiting, {}))
    then();
  ask_all(now_);
}

void gate_core::when_none_is_parked(std::function<void()> then) {
  if (parking_.on)
    parking_.waiting.push_back(std::move(then));
  else
    then();
}

} // namespace vedette::actors
