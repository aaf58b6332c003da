// Whose turn it is: the half of action_book that lets actions run, and the indexes it needs to look
// only at what changed.
#include "respond/action_book.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace vedette::respond {
namespace {

bool busy(action_state s) {
  return s == action_state::runnable || s == action_state::attempted;
}

} // namespace

void action_book::enter(const action& a) {
  const run r{a.incident, a.plan.playbook};
  if (!is_final(a.state)) {
    index_.open.emplace(a.number, a.id);
    if (a.reverts.empty())
      index_.open_in[r].insert(a.number);
  }
  if (not_started(a.state))
    index_.expiry.emplace(a.expires_at, a.number);
  if (a.state == action_state::approved)
    index_.approved_on[a.plan.target].insert(a.number);
  if (busy(a.state) && !only_speaks(a.plan.kind))
    ++index_.busy[a.plan.target];
  if (a.state != action_state::refused && !only_speaks(a.plan.kind))
    ++index_.targets[r][a.plan.target];
  index_.changed_runs.insert(r);
  index_.changed_targets.insert(a.plan.target);
}

void action_book::leave(const action& a) {
  const run r{a.incident, a.plan.playbook};
  index_.open.erase(a.number);
  index_.expiry.erase({a.expires_at, a.number});
  if (auto it = index_.open_in.find(r); it != index_.open_in.end()) {
    it->second.erase(a.number);
    if (it->second.empty())
      index_.open_in.erase(it);
  }
  if (auto it = index_.approved_on.find(a.plan.target); it != index_.approved_on.end()) {
    it->second.erase(a.number);
    if (it->second.empty())
      index_.approved_on.erase(it);
  }
  if (busy(a.state) && !only_speaks(a.plan.kind))
    if (auto it = index_.busy.find(a.plan.target); --it->second == 0)
      index_.busy.erase(it);
  if (a.state != action_state::refused && !only_speaks(a.plan.kind)) {
    const auto of = index_.targets.find(r);
    if (const auto it = of->second.find(a.plan.target); --it->second == 0)
      of->second.erase(it);
    if (of->second.empty())
      index_.targets.erase(of);
  }
  // Another plan may have another target: those who waited for the old one must hear of it.
  index_.changed_targets.insert(a.plan.target);
}

void action_book::advance(base::receive_time at) {
  while (!index_.expiry.empty() && index_.expiry.begin()->first <= at)
    move(numbered(index_.expiry.begin()->second), action_state::expired,
         "nothing came of it within its time to live", at);
  // What a round ends or starts may be what others waited for; each round but the last changes one.
  while (!index_.changed_runs.empty() || !index_.changed_targets.empty())
    give_turns(at);
}

void action_book::give_turns(base::receive_time at) {
  const auto runs = std::exchange(index_.changed_runs, {});
  const auto targets = std::exchange(index_.changed_targets, {});
  std::set<std::uint64_t> candidates;
  for (const auto& r : runs) {
    refuse_stopped(r, at);
    if (const auto it = index_.open_in.find(r); it != index_.open_in.end())
      candidates.insert(it->second.begin(), it->second.end());
  }
  for (const auto& target : targets)
    if (const auto it = index_.approved_on.find(target); it != index_.approved_on.end())
      candidates.insert(it->second.begin(), it->second.end());
  for (const auto number : candidates)
    if (auto& a = numbered(number); has_turn(a))
      move(a, action_state::runnable, {}, at);
}

bool action_book::has_turn(const action& a) const {
  if (data_.frozen || a.state != action_state::approved)
    return false;
  if (!only_speaks(a.plan.kind) && index_.busy.contains(a.plan.target))
    return false;
  if (!a.reverts.empty())
    return true;
  const auto& siblings = index_.open_in.at({a.incident, a.plan.playbook});
  return std::none_of(siblings.begin(), siblings.end(), [&](std::uint64_t n) {
    return find(by_number_.at(n))->plan.position < a.plan.position;
  });
}

// After a step that had to succeed and did not, the later steps of its run are over.
void action_book::refuse_stopped(const run& r, base::receive_time at) {
  const auto waiting = index_.open_in.find(r);
  if (waiting == index_.open_in.end())
    return;
  std::optional<std::uint32_t> stop;
  for (const auto& id : of_incident(r.first)) {
    const auto& a = *find(id);
    const bool succeeded = a.state == action_state::done || a.state == action_state::reverted;
    if (a.plan.playbook == r.second && a.plan.stop_on_failure && a.reverts.empty() &&
        is_final(a.state) && !succeeded)
      stop = std::min(stop.value_or(a.plan.position), a.plan.position);
  }
  if (!stop)
    return;
  const auto numbers = waiting->second; // a copy: refusing takes them out of it
  for (const auto number : numbers)
    if (auto& a = numbered(number); not_started(a.state) && a.plan.position > *stop)
      move(a, action_state::refused, "a step before it did not succeed", at);
}

} // namespace vedette::respond
