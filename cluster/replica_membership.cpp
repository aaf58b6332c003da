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
  if (role_ != replica_role::serving)
    return p.match >= last_;
  if (p.match.value + limits_.grow_slack < last_.value)
    return false;
  // A slow one is better than none in the place of one that nobody can go on with.
  const bool needed = table_.in_sync.size() <= table_.min_in_sync &&
                      std::ranges::any_of(peers_, [&](const replica_peer& other) {
                        return in_sync_member(table_, other.node) && holds_up(other, now);
                      });
  return needed || p.pace.rested(limits_.slow_rest, now);
}

/// Every commit waits for it, if it is in sync.
bool replica::holds_up(const replica_peer& p, instant now) const {
  return now - p.heard_at > limits_.lag_max || p.pace.behind_for(now) > limits_.lag_max;
}

/// The log has grown, or the replica has come further.
void replica::note_pace(replica_peer& p, instant now) {
  p.pace.seen(p.match, last_, p.mode == peer_mode::tailing && p.incarnation.value != 0, now);
}

void replica::judge_pace(replica_peer& p, instant now) {
  std::optional<instant> fastest;
  for (const auto& other : peers_)
    if (other.node != p.node && in_sync_member(table_, other.node) && other.pace.usual() &&
        !holds_up(other, now))
      fastest = std::min(fastest.value_or(instant::max()), *other.pace.usual());
  std::optional<instant> bound; // alone it is as fast as copies are here
  if (fastest)
    bound = std::max(limits_.slow_floor, limits_.slow_factor * *fastest);
  p.pace.judge(bound, is_in_sync(table_, {p.node, p.incarnation}), now);
}

std::vector<node_id> replica::slow_peers(instant now) const {
  struct candidate {
    const replica_peer* peer;
    int urgency; ///< 2: it is wrong, 1: it holds up every commit, 0: it is slow
  };
  std::vector<candidate> found;
  for (const auto& m : table_.in_sync) {
    const auto p = std::ranges::find(peers_, m.node, &replica_peer::node);
    if (p == peers_.end())
      continue;
    const bool wrong =
        p->lost || p->must_reseed || (p->incarnation.value != 0 && p->incarnation != m.incarnation);
    if (wrong || holds_up(*p, now))
      found.push_back({&*p, wrong ? 2 : 1});
    else if (p->pace.slow_for() > limits_.slow_max)
      found.push_back({&*p, 0});
  }
  std::ranges::sort(found, [](const candidate& a, const candidate& b) {
    if (a.urgency != b.urgency)
      return a.urgency > b.urgency;
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
    note_pace(p, now);
    judge_pace(p, now);
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
