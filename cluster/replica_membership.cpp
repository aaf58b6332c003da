// Who is in sync, as the primary sees it: taking out what is slow or lost, putting in what has
// caught up.
#include "cluster/replica.hpp"

#include "base/assert.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace vedette::cluster {
std::vector<member> replica::commit_members() const {
  auto members = table_.in_sync;
  for (const auto& m : maybe_in_sync_)
    if (std::ranges::find(members, m) == members.end())
      members.push_back(m);
  return members;
}

bool replica::caught_up(const replica_peer& p, instant now) const {
  if (p.mode != peer_mode::tailing || p.incarnation.value == 0 || p.must_reseed || p.lost ||
      now - p.heard_at > limits_.lag_max || p.match < committed_)
    return false;
  // Before it serves, a primary can only be helped by a store that holds its whole tail.
  const auto slack = role_ == replica_role::serving ? limits_.grow_slack : 0;
  return p.match.value + slack >= last_.value;
}

std::vector<node_id> replica::slow_peers(instant now) const {
  struct candidate {
    const replica_peer* peer;
    bool wrong;
  };
  std::vector<candidate> found;
  for (const auto& m : table_.in_sync) {
    const auto p = std::ranges::find(peers_, m.node, &replica_peer::node);
    if (p == peers_.end())
      continue;
    const bool wrong =
        p->lost || p->must_reseed || (p->incarnation.value != 0 && p->incarnation != m.incarnation);
    const bool silent = now - p->heard_at > limits_.lag_max;
    const bool behind = p->behind && now - p->behind->second > limits_.lag_max;
    if (wrong || silent || behind)
      found.push_back({&*p, wrong});
  }
  std::ranges::sort(found, [](const candidate& a, const candidate& b) {
    if (a.wrong != b.wrong)
      return a.wrong;
    if (a.peer->heard_at != b.peer->heard_at)
      return a.peer->heard_at < b.peer->heard_at;
    return a.peer->node < b.peer->node;
  });
  std::vector<node_id> slow;
  for (const auto& c : found) {
    if (table_.in_sync.size() - slow.size() <= table_.min_in_sync)
      break;
    slow.push_back(c.peer->node);
  }
  return slow;
}

void replica::tend_membership(instant now) {
  if (!leads() || !may_speak())
    return;
  if (outvoted_) { // the heir's affair, and the one proposal is for the hand-over
    hand_over(now);
    return;
  }
  for (auto& p : peers_) {
    if (p.lost && !is_in_sync(table_, {p.node, p.incarnation}))
      p.lost = false;
    if (p.behind && p.match >= p.behind->first)
      p.behind.reset();
    if (!p.behind && p.match < last_)
      p.behind = {last_, now};
  }
  if (const auto slow = slow_peers(now); !slow.empty()) {
    try_propose(shrink(table_, slow), nullptr, now);
    return;
  }
  for (const auto& p : peers_) {
    const member m{p.node, p.incarnation};
    if (is_in_sync(table_, m) || !is_replica(table_, p.node) || !caught_up(p, now))
      continue;
    try_propose(grow(table_, m), &m, now);
    return;
  }
  // A member that may or may not be in holds commits up; whoever knows whether must be asked.
  if (!maybe_in_sync_.empty())
    try_propose(touch(table_), nullptr, now);
}

} // namespace vedette::cluster
