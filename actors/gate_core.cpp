#include "actors/gate_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vedette::actors {

namespace {

/// Until parked batches are sent again to whoever did not take them.
constexpr gate_core::time large_pause = std::chrono::milliseconds{200};
/// Whoever parks asks the next keeper then.
constexpr gate_core::time keeper_patience = std::chrono::milliseconds{500};

} // namespace

bool passes(const reply& r) {
  const auto* e = std::get_if<base::error>(&r);
  return e != nullptr && (e->code == base::ec::unavailable || e->code == base::ec::stale_epoch ||
                          e->code == base::ec::shutting_down || e->code == base::ec::timed_out);
}

void gate_core::add(question what, answer_to then, time now) {
  if (draining_) {
    then(base::error{base::ec::shutting_down,
                     "this node is draining; send it to another node, or here again later"});
    return;
  }
  const auto id = ++last_id_;
  auto& p = pending_.emplace_hint(pending_.end(), id, pending{})->second;
  p.in_turn =
      std::holds_alternative<partition_batch>(what) || std::holds_alternative<delivery>(what);
  p.lasting = p.in_turn || std::holds_alternative<drain_request>(what);
  p.large =
      std::holds_alternative<drain_request>(what) || std::holds_alternative<park_request>(what);
  p.what = std::move(what);
  p.then = std::move(then);
  p.added = now;
  p.deadline =
      now + (std::holds_alternative<park_request>(p.what) ? keeper_patience : args_.patience);
  const bool waits_its_turn = p.in_turn && !proven_;
  questions_ += p.lasting ? 0 : 1;
  if (waits_its_turn)
    ask_all(now);
  else
    ask(id, p, now);
}

void gate_core::ask(std::uint64_t id, pending& p, time now) {
  if (here()) {
    if (!local_there_)
      return;
    p.out = true;
    p.asked = now;
    local_(id, p.what);
    return;
  }
  if (route_.primary.value.empty())
    return;
  p.out = args_.ask(route_.primary, {id, args_.partition, p.what});
  p.sent = p.sent || p.out;
  p.asked = now;
  refused_ = refused_ || !p.out;
  if (p.in_turn && !p.out)
    doubt(now);
}

void gate_core::ask_all(time now) {
  std::vector<std::uint64_t> ids;
  // In order as long as nobody refuses. Whoever has just come to serve may refuse the first of many
  // and take the second, so one goes ahead and the others wait for its answer.
  bool one_at_a_time = !proven_;
  if (one_at_a_time && std::ranges::any_of(pending_, [](const auto& p) {
        return p.second.in_turn && (p.second.out || p.second.parking);
      }))
    one_at_a_time = false; // none now
  for (const auto& [id, p] : pending_) {
    if (p.out || p.parking ||
        (!p.lasting && p.sent && std::holds_alternative<tenant_command>(p.what)))
      continue;
    if (p.large && p.asked != time{} && now < p.asked + large_pause) {
      refused_ = true;
      continue;
    }
    if (p.in_turn && parking_.on && !draining_)
      continue; // behind what was parked
    if (p.in_turn && !proven_ && !std::exchange(one_at_a_time, false))
      continue;
    ids.push_back(id);
  }
  for (const auto id : ids) {
    const auto at = pending_.find(id);
    if (at == pending_.end() || at->second.out)
      continue;
    const bool was = proven_;
    ask(id, at->second, now);
    if (was && !proven_)
      return; // nobody takes it: what is behind it waits too
  }
}

void gate_core::doubt(time now) {
  if (std::exchange(proven_, false))
    doubted_ = now;
}

void gate_core::finish(std::map<std::uint64_t, pending>::iterator at, reply what) {
  auto then = std::move(at->second.then);
  questions_ -= at->second.lasting ? 0 : 1;
  pending_.erase(at);
  then(std::move(what));
}

void gate_core::replied(std::uint64_t id, reply what, const cluster::node_id& from, time now) {
  const auto at = pending_.find(id);
  if (at == pending_.end())
    return; // answered already, by another time it was asked
  const auto* why = std::get_if<base::error>(&what);
  const bool handed_over = args_.others && why != nullptr && why->code == base::ec::disk_full;
  if ((passes(what) || handed_over) && !draining_ &&
      (at->second.lasting || now < at->second.deadline)) {
    at->second.out = false; // a beat asks again
    refused_ = true;
    if (at->second.in_turn)
      doubt(now);
    return;
  }
  // An answer of who served before says nothing about who serves now.
  const bool proves = at->second.in_turn && at->second.out && !proven_ && from == route_.primary;
  finish(at, std::move(what));
  if (proves) {
    proven_ = true;
    ask_all(now);
  }
}

void gate_core::local_there(bool there, time now) {
  local_there_ = there;
  if (here())
    doubt(now);
  if (there)
    ask_all(now);
  else if (here())
    for (auto& [id, p] : pending_)
      p.out = false;
}

void gate_core::routed(const route& to, time now) {
  if (to.primary == route_.primary && to.epoch == route_.epoch)
    return;
  route_ = to;
  doubt(now);
  // Whoever was asked may be gone. Twice does no harm to what lasts.
  for (auto& [id, p] : pending_)
    if (p.lasting) {
      p.out = false;
      p.asked = {};
    }
  ask_all(now);
}

void gate_core::beat(time now) {
  refused_ = false;
  std::vector<std::uint64_t> late;
  for (auto& [id, p] : pending_) {
    if (p.lasting && p.out && !here() && now - p.asked > args_.repeat) {
      p.out = false;
      if (p.in_turn)
        doubt(now);
    }
    // The fold here answers when its log has it: too few copies may be left for that.
    if (p.in_turn && p.out && args_.park.put && now - p.asked > args_.repeat)
      doubt(now);
    if (!p.lasting && now >= p.deadline)
      late.push_back(id);
  }
  for (const auto id : late) {
    const auto at = pending_.find(id);
    const bool perhaps = at->second.sent && std::holds_alternative<tenant_command>(at->second.what);
    const auto who = route_.primary.value.empty() ? std::string{"nobody"} : route_.primary.value;
    finish(at, base::error{
                   perhaps ? base::ec::timed_out : base::ec::unavailable,
                   fmt::format("asking partition {}, which {} serves by the table: no answer in "
                               "time; {}",
                               args_.partition.value, who,
                               perhaps ? "it may have been done, look before you ask again"
                                       : "try again")});
  }
  ask_all(now);
  park_what_waits(now);
  ask_what_is_parked(now);
}

void gate_core::drain() {
  draining_ = true;
}

} // namespace vedette::actors
