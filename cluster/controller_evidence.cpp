// Of the controller: what peers say of each other, and who ends the lease of a dead one.
#include "cluster/controller.hpp"

#include <algorithm>

namespace vedette::cluster {

void controller::peer_dead(const node_id& reporter, const node_id& about, instant now) {
  if (reporter != about && nodes_.count(about) > 0)
    dead_[{about, reporter}] = now;
}

void controller::peer_heard(const node_id& reporter, const node_id& about) {
  dead_.erase({about, reporter});
}

std::set<node_id> controller::accused() const {
  std::set<node_id> out;
  for (const auto& [about_reporter, when] : dead_)
    out.insert(about_reporter.first);
  return out;
}

/// Every other live node must say so, and more than one unless there is only one: a node that is
/// itself cut off would otherwise depose all others.
bool controller::all_call_dead(const node_id& about, const std::set<node_id>& accused) const {
  if (nodes_.count(about) == 0)
    return false;
  std::size_t others = 0, agree = 0;
  for (const auto& [id, record] : nodes_) {
    if (id == about || accused.count(id) > 0)
      continue;
    ++others;
    agree += dead_.count({about, id});
  }
  return others > 0 && agree == others && (others > 1 || nodes_.size() == 2);
}

void controller::revoke(const node_id& about, instant now) {
  revoked_at_ = now;
  orders_.emplace_back(std::in_place_type<revoke_lease>, revoke_lease{about, fence_});
  std::erase_if(dead_, [&](const auto& d) { return d.first.first == about; });
}

void controller::weigh_evidence(instant now) {
  const auto all = accused();
  for (const auto& about : all)
    if (all_call_dead(about, all))
      revoke(about, now);
}

/// Nobody in office acts for one who is dead and in office, so any node may; they take turns, so
/// that one order is enough. Not of two nodes: when only the mesh between them is cut, each would
/// depose the other.
void controller::watch_office(instant now) {
  const auto all = accused();
  if (!holder_ || nodes_.size() < 3 || all.count(self_) > 0 || !all_call_dead(*holder_, all)) {
    holder_dead_since_.reset();
    return;
  }
  if (!holder_dead_since_)
    holder_dead_since_ = now;
  int turn = 0;
  for (const auto& [id, record] : nodes_) {
    if (id == self_)
      break;
    turn += id != *holder_ && all.count(id) == 0 ? 1 : 0;
  }
  if (now - *holder_dead_since_ < limits_.turn * turn || now - revoked_at_ < limits_.evidence_max)
    return;
  const auto holder = *holder_;
  revoke(holder, now);
  holder_dead_since_.reset();
}

} // namespace vedette::cluster
