#include "tests/sim/payload.hpp"

#include "base/assert.hpp"
#include "base/hash.hpp"

#include <cstring>

namespace vedette::sim {
namespace {

std::uint64_t item(std::uint64_t tag, std::uint64_t a, std::uint64_t b = 0) {
  return base::mix(base::mix(tag, a), b);
}

std::uint64_t item(const outbox_position& p) {
  return base::mix(item(7, p.partition, p.epoch), item(8, p.entry, p.index));
}

} // namespace

body encode(std::span<const std::uint64_t> numbers) {
  std::string bytes(numbers.size() * sizeof(std::uint64_t), '\0');
  if (!numbers.empty())
    std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return std::make_shared<const std::string>(std::move(bytes));
}

std::vector<std::uint64_t> decode_numbers(const std::string& bytes) {
  std::vector<std::uint64_t> numbers(bytes.size() / sizeof(std::uint64_t));
  if (!numbers.empty())
    std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(std::uint64_t));
  return numbers;
}

body encode(const batch& b) {
  std::vector<std::uint64_t> numbers{b.key.source, b.key.session, b.key.sequence, b.below};
  for (const auto& e : b.events)
    numbers.push_back((std::uint64_t{e.id} << 32) | e.identity);
  return encode(numbers);
}

batch decode_batch(const std::string& bytes) {
  const auto n = decode_numbers(bytes);
  VEDETTE_ASSERT(n.size() >= 4);
  batch b{{n[0], n[1], n[2]}, n[3], {}, nullptr};
  for (std::size_t i = 4; i < n.size(); ++i)
    b.events.push_back({static_cast<event_id>(n[i] >> 32), static_cast<std::uint32_t>(n[i])});
  return b;
}

bool fold_state::knows(const batch_key& key) const {
  const auto found = ledger.find({key.source, key.session});
  return found != ledger.end() &&
         (key.sequence < found->second.below || found->second.above.count(key.sequence) > 0);
}

void fold_state::fold_batch(const cluster::entry& e) {
  const auto b = decode_batch(*e.body);
  auto& t = ledger[{b.key.source, b.key.session}];
  t.above.insert(b.key.sequence);
  digest += item(1, b.key.source, b.key.sequence);
  if (b.below > t.below) {
    t.below = b.below;
    t.above.erase(t.above.begin(), t.above.lower_bound(b.below));
  }
  for (const auto& ev : b.events) {
    if (counted.size() <= ev.id)
      counted.resize(ev.id + 64);
    if (totals.size() <= ev.identity)
      totals.resize(ev.identity + 1);
    ++counted[ev.id];
    digest += item(2, ev.id);
    const auto total = ++totals[ev.identity];
    if (total % alert_every == 0) {
      unemitted[e.index.value].push_back(alert_of(ev.identity, total));
      digest += item(3, e.index.value, alert_of(ev.identity, total));
    }
  }
}

void fold_state::fold_arrived(std::span<const std::uint64_t> n) {
  const outbox_position at{n[0], n[1], n[2], n[3]};
  if (!arrived.insert(at).second)
    return;
  digest += item(at);
  if (alerts.count(n[4]) > 0)
    return; // said again from another position: the content id knows it
  alerts[n[4]] = 1;
  digest += item(4, n[4]);
}

bool fold_state::apply(const cluster::entry& e) {
  VEDETTE_ASSERT(e.index.value == applied + 1);
  applied = e.index.value;
  switch (static_cast<kind>(e.kind)) {
  case kind::batch: {
    const auto n = decode_numbers(*e.body);
    if (knows({n[0], n[1], n[2]}))
      return true;
    fold_batch(e);
    return false;
  }
  case kind::emitted: {
    const auto n = decode_numbers(*e.body);
    const auto raised = unemitted.find(n[0]);
    if (raised == unemitted.end())
      return true;
    for (const auto a : raised->second) {
      digest -= item(3, n[0], a);
      digest += item(5, e.index.value, a);
    }
    outbox[e.index.value] = {e.epoch.value, std::move(raised->second)};
    unemitted.erase(raised);
    return false;
  }
  case kind::answered: {
    const auto n = decode_numbers(*e.body);
    const auto found = outbox.find(n[0]);
    if (found == outbox.end())
      return true;
    for (const auto a : found->second.alerts)
      digest -= item(5, n[0], a);
    outbox.erase(found);
    return false;
  }
  case kind::arrived:
    fold_arrived(decode_numbers(*e.body));
    return false;
  case kind::intent: {
    const auto n = decode_numbers(*e.body);
    if (!actions.emplace(n[0], action_state{}).second)
      return true;
    digest += item(6, n[0], 0);
    return false;
  }
  case kind::outcome: {
    const auto n = decode_numbers(*e.body);
    auto& a = actions[n[0]];
    if (std::exchange(a.done, true))
      return true;
    digest += item(6, n[0], 1);
    return false;
  }
  }
  VEDETTE_ASSERT(false && "an entry of no known kind");
  return false;
}

void fold_state::rot(std::uint64_t where) {
  if (counted.empty())
    return;
  const auto id = where % counted.size();
  ++counted[id];
  digest += item(2, id);
}

} // namespace vedette::sim
