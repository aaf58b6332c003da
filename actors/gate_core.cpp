#include "actors/gate_core.hpp"

#include <fmt/format.h>

#include <utility>

namespace vedette::actors {

namespace {

/// Another time, or another node, may give another answer.
bool passes(const reply& r) {
  const auto* e = std::get_if<base::error>(&r);
  return e != nullptr && (e->code == base::ec::unavailable || e->code == base::ec::stale_epoch ||
                          e->code == base::ec::shutting_down || e->code == base::ec::timed_out);
}

} // namespace

void gate_core::add(question what, answer_to then, time now) {
  if (draining_) {
    then(base::error{base::ec::shutting_down,
                     "this node is draining; send it to another node, or here again later"});
    return;
  }
  pending p;
  p.lasting =
      std::holds_alternative<partition_batch>(what) || std::holds_alternative<delivery>(what);
  p.what = std::move(what);
  p.then = std::move(then);
  p.deadline = now + args_.patience;
  const auto id = ++last_id_;
  ask(id, pending_.emplace(id, std::move(p)).first->second, now);
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
}

void gate_core::ask_all(time now) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, p] : pending_)
    if (!p.out && (p.lasting || !p.sent || !std::holds_alternative<tenant_command>(p.what)))
      ids.push_back(id);
  for (const auto id : ids)
    if (const auto at = pending_.find(id); at != pending_.end() && !at->second.out)
      ask(id, at->second, now);
}

void gate_core::finish(std::map<std::uint64_t, pending>::iterator at, reply what) {
  auto then = std::move(at->second.then);
  pending_.erase(at);
  then(std::move(what));
}

void gate_core::replied(std::uint64_t id, reply what, time now) {
  const auto at = pending_.find(id);
  if (at == pending_.end())
    return; // answered already, by another time it was asked
  if (passes(what) && !draining_ && (at->second.lasting || now < at->second.deadline)) {
    at->second.out = false; // a beat asks again
    return;
  }
  finish(at, std::move(what));
}

void gate_core::local_there(bool there, time now) {
  local_there_ = there;
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
  // Whoever was asked may be gone. Twice does no harm to what lasts.
  for (auto& [id, p] : pending_)
    if (p.lasting)
      p.out = false;
  ask_all(now);
}

void gate_core::beat(time now) {
  std::vector<std::uint64_t> late;
  for (auto& [id, p] : pending_) {
    if (p.lasting && p.out && !here() && now - p.asked > args_.repeat)
      p.out = false;
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
}

void gate_core::drain() {
  draining_ = true;
}

} // namespace vedette::actors
