// Of the member: the view of the table and the nodes, swaps and rereads, and what the controller
// orders.
#include "nodes/membership/member.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace vedette::membership {
namespace {

using namespace std::chrono_literals;
using base::ec;
using cluster::proposal_outcome;

constexpr base::duration read_again_after = 500ms;
/// The table moved on under a move this often: somebody else is at it.
constexpr int move_tries = 5;

} // namespace

// --- what is seen ---

base::status member::judge(const cluster::snapshot& s) const {
  // Nothing was ever seen, or the table is of this process's own making.
  if (args_.standalone || highest_.value == 0)
    return {};
  cluster::table t;
  t.cluster_id = s.cluster.id;
  t.partitions = s.partitions;
  for (const auto& [id, p] : s.partitions)
    t.highest = std::max(t.highest, p.value.epoch);
  cluster::store_memory own;
  own.cluster_id = id_.cluster_id;
  own.highest = highest_;
  return cluster::judge_table(t, own);
}

void member::view_began(io::view_began& v) {
  if (auto good = judge(v.view); !good) {
    // Not a table to act on; and whoever acts on it shall not count on this node.
    static_cast<void>(args_.coordinator->leave());
    session_ = watching_ = false;
    set_state(standing::estranged, base::to_string(good.err()));
    enter(step::open);
    failed(good.err());
    return;
  }
  {
    const std::lock_guard hold{mutex_};
    seen_.nodes = v.view.nodes;
    seen_.reachable = true;
  }
  nodes_dirty_ = true;
  controller_->snapshot_seen(v.view, now());
  controller_seen(v.view.controller);
  for (const auto& [partition, p] : v.view.partitions)
    take(partition, p.at, p.value);
  for (const auto& [name, d] : v.view.documents)
    document_seen(name, d);
  if (step_ != step::view)
    return;
  enter(step::in);
  set_state(standing::member, {});
  reached_ = std::max(reached_, v.view.at);
  if (const auto ours = std::exchange(claimed_, 0); ours != 0)
    claimed(ours == id_.generation
                ? base::result<std::uint64_t>{ours}
                : base::error{ec::conflict, "making the table anew: another node began it again"});
  if (!started_)
    started_.emplace();
}

void member::view_changed(const cluster::watch_event& e) {
  controller_->event_seen(e, now());
  if (const auto* p = std::get_if<cluster::partition_event>(&e)) {
    take(p->partition, p->at, p->value);
  } else if (const auto* n = std::get_if<cluster::node_event>(&e)) {
    const auto known = seen_.nodes.find(n->id);
    const bool was = known != seen_.nodes.end();
    if (n->record.has_value() != was)
      spdlog::info("membership of node {}: node {} {}", args_.self.id.value, n->id.value,
                   was ? "is gone" : "joined");
    else if (was && known->second.draining != n->record->draining)
      spdlog::info("membership of node {}: node {} {}", args_.self.id.value, n->id.value,
                   n->record->draining ? "drains" : "drains no more");
    else if (was && known->second.starved != n->record->starved)
      spdlog::info("membership of node {}: node {} {}", args_.self.id.value, n->id.value,
                   n->record->starved ? "gets too little time to lead" : "is well again");
    nodes_dirty_ = true;
    const std::lock_guard hold{mutex_};
    if (n->record)
      seen_.nodes[n->id] = *n->record;
    else
      seen_.nodes.erase(n->id);
  } else if (const auto* c = std::get_if<cluster::controller_event>(&e)) {
    controller_seen(*c);
  } else if (const auto* d = std::get_if<cluster::document_event>(&e)) {
    document_seen(d->name, {d->at, d->value});
  }
}

void member::document_seen(const std::string& name, const cluster::versioned_document& d) {
  const auto known = seen_.documents.find(name);
  if (known != seen_.documents.end() && d.at <= known->second.at)
    return;
  {
    const std::lock_guard hold{mutex_};
    seen_.documents[name] = d;
  }
  if (hooks_.document)
    hooks_.document(name, d);
}

void member::put_document(const cluster::document_swap& what,
                          std::function<void(base::status)> done) {
  const auto call = args_.coordinator->put_document(what);
  putting_[call] = {what, std::move(done)};
}

void member::document_put(io::document_put& done) {
  auto found = putting_.extract(done.call);
  if (!found)
    return;
  auto& p = found.mapped();
  if (done.outcome == cluster::proposal_outcome::won) {
    document_seen(p.what.name, {done.at, p.what.next});
    p.done({});
    return;
  }
  const bool lost = done.outcome == cluster::proposal_outcome::lost;
  p.done(base::error{lost ? base::ec::conflict : base::ec::timed_out, done.why});
}

void member::controller_seen(const cluster::controller_event& e) {
  if (e.holder != seen_.controller)
    spdlog::info("membership of node {}: controller is {}", args_.self.id.value,
                 e.holder ? e.holder->value : "nobody");
  const std::lock_guard hold{mutex_};
  seen_.controller = e.holder;
}

void member::take(base::partition_id partition, cluster::revision at,
                  const cluster::assignment& value) {
  const auto known = seen_.table.find(partition);
  if (known != seen_.table.end() && at < known->second.at)
    return;
  if (known != seen_.table.end() && (known->second.value.replicas.size() > args_.copies) !=
                                        (value.replicas.size() > args_.copies))
    spdlog::info("membership of node {}: partition {} {}", args_.self.id.value, partition.value,
                 value.replicas.size() > args_.copies ? "begins to move" : "has moved");
  highest_ = std::max(highest_, value.epoch);
  {
    const std::lock_guard hold{mutex_};
    seen_.table[partition] = {at, value};
  }
  if (controller_)
    controller_->partition_seen(partition, at, value, now());
  if (hooks_.assigned)
    hooks_.assigned(partition, at, value);
}

// --- swaps ---

void member::propose(base::partition_id partition, const cluster::propose& what) {
  swap({author::proposal, {what.token, partition, what.base, what.next, {}}, {}, {}, 0});
}

void member::swap(swapping what) {
  const auto call = args_.coordinator->swap(what.request);
  swaps_.emplace(call, std::move(what));
}

void member::swapped(io::swap_done& done) {
  auto found = swaps_.extract(done.call);
  if (found.empty())
    return;
  auto what = std::move(found.mapped());
  if (done.answer.outcome == proposal_outcome::won)
    take(done.answer.partition, done.answer.at, what.request.next);
  const bool look = (done.answer.outcome == proposal_outcome::unknown &&
                     what.by != author::office && what.by != author::initial) ||
                    (done.answer.outcome == proposal_outcome::lost && what.by == author::move);
  if (look) {
    const auto call = args_.coordinator->reread(done.answer.partition);
    settling_.emplace(call, std::move(what));
    return;
  }
  settled(what, done.answer, done.why);
}

void member::settled(swapping& what, cluster::swap_answer answer, const std::string& why) {
  switch (what.by) {
  case author::proposal:
    if (hooks_.proposed)
      hooks_.proposed(answer.partition, answer.token, answer.outcome);
    return;
  case author::office:
    controller_->swap_answered(answer, now());
    return;
  case author::initial:
    if (answer.outcome == proposal_outcome::unknown)
      return swap(std::move(what)); // from nothing: whoever is first stands
    if (answer.outcome == proposal_outcome::lost)
      spdlog::info("membership of node {}: partition {} is there already: {}", args_.self.id.value,
                   answer.partition.value, why);
    if (--initial_left_ == 0 && step_ == step::initial)
      enter(step::watch);
    return;
  case author::rebuild:
    if (answer.outcome == proposal_outcome::won)
      return what.done({});
    return what.done(
        base::error{answer.outcome == proposal_outcome::lost ? ec::conflict : ec::timed_out,
                    fmt::format("putting partition {} in the table: {}", answer.partition.value,
                                why.empty() ? "nobody knows whether it is there" : why)});
  case author::recovery:
    if (answer.outcome == proposal_outcome::won) {
      spdlog::warn("membership of node {}: partition {} goes on with the copy of node {} in epoch "
                   "{}, and what only lost copies held is given up",
                   args_.self.id.value, answer.partition.value, what.request.next.primary.value,
                   what.request.next.epoch.value);
      what.done({});
      return;
    }
    what.done(base::error{
        answer.outcome == proposal_outcome::lost ? ec::conflict : ec::timed_out,
        fmt::format("recovering partition {}: {}; look at `vedette partitions`, and again",
                    answer.partition.value,
                    answer.outcome == proposal_outcome::lost ? "its assignment changed meanwhile"
                                                             : "the coordinator did not answer")});
    return;
  case author::move:
    if (answer.outcome == proposal_outcome::won) {
      spdlog::info("membership of node {}: partition {} shall move to {} and others",
                   args_.self.id.value, answer.partition.value, what.copies.front().value);
      // The same copies in another order: the first shall lead, and nothing else would say so soon.
      const auto& won = what.request.next;
      const auto& first = what.copies.front();
      if (won.replicas == what.copies && won.primary != first &&
          in_sync_member(won, first) != nullptr)
        return try_move(std::move(what));
      what.done({});
      return;
    }
    if (++what.tries < move_tries)
      return try_move(std::move(what));
    what.done(base::error{ec::unavailable,
                          fmt::format("moving partition {}: its assignment changed {} times "
                                      "meanwhile; look at it, and again",
                                      answer.partition.value, move_tries)});
    return;
  }
}

void member::give_up_asked() {
  constexpr const char* why = "the table was made anew before the answer came";
  reading_.clear();
  to_read_.clear();
  campaign_call_ = 0;
  auto asked = std::exchange(swaps_, {});
  asked.merge(std::exchange(settling_, {}));
  for (auto& [call, what] : asked) {
    const auto& r = what.request;
    settled(what, {r.token, r.partition, proposal_outcome::unknown, {}}, why);
  }
  for (auto& [call, p] : std::exchange(putting_, {}))
    p.done(base::error{ec::timed_out, fmt::format("putting document {}: {}", p.what.name, why)});
}

void member::reread(base::partition_id partition) {
  to_read_.erase(partition);
  const auto call = args_.coordinator->reread(partition);
  reading_.emplace(call, partition);
}

void member::read_again() {
  if (to_read_.empty() || now() < read_at_)
    return;
  for (const auto partition : std::exchange(to_read_, {}))
    reread(partition);
}

void member::read(io::partition_read& r) {
  auto asked = settling_.extract(r.call);
  const bool waited_for = reading_.erase(r.call) > 0;
  if (asked.empty() && !waited_for)
    return; // of a table before this one
  if (r.outcome && *r.outcome)
    take(r.partition, (*r.outcome)->at, (*r.outcome)->value);
  if (!asked.empty()) {
    auto& what = asked.mapped();
    cluster::swap_answer answer{what.request.token, r.partition, proposal_outcome::unknown, {}};
    if (r.outcome)
      answer.outcome = io::settle(what.request, *r.outcome);
    return settled(what, answer, {});
  }
  if (!r.outcome) {
    to_read_.insert(r.partition);
    read_at_ = now() + read_again_after;
  }
}

// --- moves ---

void member::move(base::partition_id partition, const std::vector<cluster::node_id>& copies,
                  std::function<void(base::status)> done) {
  if (copies.size() != args_.copies)
    return done(base::error{ec::invalid_argument,
                            fmt::format("moving partition {}: name {} nodes, as many as copies are "
                                        "kept; {} were named",
                                        partition.value, args_.copies, copies.size())});
  for (const auto& node : copies)
    if (seen_.nodes.count(node) == 0)
      return done(base::error{ec::not_found,
                              fmt::format("moving partition {}: node {} is not there; name nodes "
                                          "that `vedette nodes` shows",
                                          partition.value, node.value)});
  swapping what;
  what.by = author::move;
  what.request.partition = partition;
  what.copies = copies;
  what.done = std::move(done);
  try_move(std::move(what));
}

void member::try_move(swapping what) {
  const auto partition = what.request.partition;
  const auto found = seen_.table.find(partition);
  if (found == seen_.table.end())
    return what.done(base::error{
        ec::not_found, fmt::format("moving partition {}: there is none", partition.value)});
  const auto& now_is = found->second.value;
  auto next = cluster::begin_move(now_is, what.copies);
  if (now_is.replicas == what.copies && now_is.primary != what.copies.front()) {
    // The copies are where they shall be; only the primary is not the one that was named first.
    const auto* first = in_sync_member(now_is, what.copies.front());
    const auto node = seen_.nodes.find(what.copies.front());
    if (first == nullptr || node == seen_.nodes.end() ||
        node->second.incarnation != first->incarnation)
      return what.done(
          base::error{ec::unavailable,
                      fmt::format("moving partition {}: node {} has a copy that has not caught "
                                  "up; it leads when it has",
                                  partition.value, what.copies.front().value)});
    next = cluster::promote(now_is, *first);
  }
  if (!next)
    return what.done(next.err());
  what.request.base = found->second.at;
  what.request.next = std::move(*next);
  swap(std::move(what));
}

// --- the controller ---

bool member::another_is_fit() const {
  return std::ranges::any_of(seen_.nodes, [this](const auto& n) {
    return n.first != args_.self.id && n.second.fit_to_lead();
  });
}

void member::run_controller() {
  controller_->tick(now());
  const bool yields = args_.self.starved && another_is_fit();
  if (yields && controller_->in_office() && now() >= resign_at_) {
    resign_at_ = now() + std::chrono::seconds{1};
    static_cast<void>(args_.coordinator->resign(controller_->fence()));
  }
  if (controller_->in_office() != was_in_office_) {
    was_in_office_ = !was_in_office_;
    spdlog::info("membership of node {}: {}", args_.self.id.value,
                 was_in_office_ ? "is the controller" : "is the controller no more");
  }
  for (auto& o : controller_->take_orders()) {
    if (auto* s = std::get_if<cluster::swap_request>(&o)) {
      swap({author::office, std::move(*s), {}, {}, 0});
    } else if (std::holds_alternative<cluster::campaign>(o)) {
      if (session_ && campaign_call_ == 0 && !yields)
        campaign_call_ = args_.coordinator->campaign();
    } else if (const auto* r = std::get_if<cluster::revoke_lease>(&o)) {
      spdlog::warn("membership of node {}: all others call node {} dead: its session is ended",
                   args_.self.id.value, r->node.value);
      static_cast<void>(args_.coordinator->revoke(r->node, r->fence));
    } else if (const auto* p = std::get_if<cluster::reread_partition>(&o)) {
      reread(p->partition);
    }
  }
}

} // namespace vedette::membership
