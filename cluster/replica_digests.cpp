// Comparing states: whose is wrong when two digests of one entry differ.
//
// The in-sync stores vote. One that differs from the primary is seeded again unless more than half
// of all in-sync stores agree against the primary: then its state is the wrong one, and it hands
// over to one of them and leaves the set; the heir finds it out by its last digest and seeds it.
// Until the table has moved it leads on. With two stores it is word against word and the primary's
// counts.
#include "cluster/replica.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace vedette::cluster {
namespace {

constexpr std::size_t digests_kept = 16;

void keep(std::deque<state_digest>& digests, const state_digest& d) {
  digests.push_back(d);
  if (digests.size() > digests_kept)
    digests.pop_front();
}

const state_digest* digest_at(const std::deque<state_digest>& digests, base::entry_index at) {
  const auto found = std::ranges::find(digests, at, &state_digest::at);
  return found == digests.end() ? nullptr : &*found;
}

} // namespace

void replica::folded(base::entry_index at, const base::hash128& digest, instant) {
  if (role_ == replica_role::failed || at.value == 0 || at.value % limits_.digest_every != 0)
    return;
  const state_digest ours{at, digest};
  keep(own_digests_, ours);
  if (!leads()) {
    if (!leader_.value.empty())
      order_out(send{leader_, {partition_, promised_, self_.incarnation, 0, ours}});
    return;
  }
  compare_digests(at);
}

void replica::take_digest(replica_peer& p, const state_digest& d) {
  if (d.at <= p.seeded_at || digest_at(p.digests, d.at) != nullptr)
    return; // late, or sent twice
  keep(p.digests, d);
  compare_digests(d.at);
}

void replica::compare_digests(base::entry_index at) {
  const auto* ours = digest_at(own_digests_, at);
  if (ours == nullptr || outvoted_)
    return;
  std::size_t unheard = 0;
  std::vector<std::pair<base::hash128, const member*>> against;
  for (const auto& m : table_.in_sync) {
    if (m == self_)
      continue;
    const auto* p = peer_of(m.node);
    const auto* theirs =
        p == nullptr || p->incarnation != m.incarnation ? nullptr : digest_at(p->digests, at);
    if (theirs == nullptr)
      ++unheard;
    else if (theirs->value != ours->value)
      against.emplace_back(theirs->value, &m);
  }
  std::size_t most = 0;
  const member* outvoted_by = nullptr;
  for (const auto& vote : against) {
    const auto votes = static_cast<std::size_t>(std::ranges::count_if(
        against, [&vote](const auto& other) { return other.first == vote.first; }));
    if (votes > most) {
      most = votes;
      outvoted_by = vote.second;
    }
  }
  const auto voters = table_.in_sync.size();
  if (2 * most > voters) {
    alarm(alarm_kind::digest_differs, self_.node,
          fmt::format("partition {}: {} of {} in-sync stores agree on a state after entry {} that "
                      "is not ours: handing over to {}",
                      partition_.value, most, voters, at.value, outvoted_by->node.value));
    hand_over_to_ = *outvoted_by;
    outvoted_ = true;
    return;
  }
  if (2 * (most + unheard) > voters)
    return; // those who are silent may still outvote us; if they stay so, the next entry decides
  for (auto& p : peers_) {
    const auto* theirs = digest_at(p.digests, at);
    if (theirs == nullptr || theirs->value == ours->value || p.must_reseed ||
        p.mode == peer_mode::seeding)
      continue;
    alarm(alarm_kind::digest_differs, p.node,
          fmt::format("partition {}: the state of {} after entry {} is not ours: seeding it again",
                      partition_.value, p.node.value, at.value));
    p.must_reseed = true;
  }
}

} // namespace vedette::cluster
