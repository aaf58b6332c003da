#include "respond/action_book.hpp"

#include "base/assert.hpp"
#include "respond/limits.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace vedette::respond {
namespace {

base::error unknown(std::string_view id) {
  return {base::ec::not_found,
          "no action " + std::string{id} + ": vedette actions list shows them"};
}

base::error wrong_state(const action& a, std::string_view what) {
  return {base::ec::conflict,
          "action " + a.id + " is " + std::string{to_string(a.state)} + ": " + std::string{what}};
}

std::string cut(std::string text) {
  if (text.size() > limits::free_text_bytes)
    text.resize(limits::free_text_bytes);
  return text;
}

/// A node's own admin, `admin@NODE`, is whoever holds the cluster's: one person, not several.
std::string_view person(std::string_view who) {
  return who.substr(0, who.find('@'));
}

bool dry(const action_plan& p) {
  return p.mode == mode::dry_run;
}

// Dry runs have budgets of their own, so that trying a playbook out does not use up the real ones.
std::array<std::string, 2> budget_keys(const action_plan& p) {
  const std::string side = dry(p) ? "dry|" : "real|";
  return {side + "kind|" + std::string{to_string(p.kind)}, side + "playbook|" + p.playbook};
}

} // namespace

action_book::action_book(data d) : data_{std::move(d)} {
  std::vector<const action*> ordered;
  for (const auto& [id, a] : data_.actions)
    ordered.push_back(&a);
  std::sort(ordered.begin(), ordered.end(),
            [](const auto* x, const auto* y) { return x->number < y->number; });
  for (const auto* a : ordered)
    index(*a);
}

void action_book::index(const action& a) {
  by_number_.emplace(a.number, a.id);
  by_incident_[a.incident].push_back(a.id);
  count(a);
  enter(a);
}

void action_book::count(const action& a) {
  if (!a.counted)
    return;
  for (const auto& key : budget_keys(a.plan)) {
    auto& times = planned_times_[key];
    times.insert(std::upper_bound(times.begin(), times.end(), a.planned_at), a.planned_at);
  }
}

void action_book::uncount(const action& a) {
  if (!a.counted)
    return;
  for (const auto& key : budget_keys(a.plan)) {
    auto& times = planned_times_[key];
    times.erase(std::lower_bound(times.begin(), times.end(), a.planned_at));
    if (times.empty())
      planned_times_.erase(key);
  }
}

void action_book::set_state(action& a, action_state to) {
  leave(a);
  a.state = to;
  enter(a);
}

action* action_book::get(std::string_view id) {
  const auto it = data_.actions.find(id);
  return it == data_.actions.end() ? nullptr : &it->second;
}

action& action_book::numbered(std::uint64_t number) {
  return *get(by_number_.at(number));
}

const action* action_book::find(std::string_view id) const {
  const auto it = data_.actions.find(id);
  return it == data_.actions.end() ? nullptr : &it->second;
}

const std::vector<std::string>& action_book::of_incident(std::string_view incident) const {
  static const std::vector<std::string> none;
  const auto it = by_incident_.find(incident);
  return it == by_incident_.end() ? none : it->second;
}

std::size_t action_book::targets_with(std::span<const std::string> incidents,
                                      const std::string& playbook,
                                      const std::string& target) const {
  std::set<std::string_view> several;
  for (const auto& incident : incidents) {
    const auto of = index_.targets.find({incident, playbook});
    if (of == index_.targets.end())
      continue;
    if (incidents.size() == 1)
      return of->second.size() + (of->second.contains(target) ? 0 : 1);
    for (const auto& [name, count] : of->second)
      several.insert(name);
  }
  several.insert(target);
  return several.size();
}

std::pair<std::size_t, std::size_t> action_book::planned_since(const action_plan& p,
                                                               base::receive_time since) const {
  std::array<std::size_t, 2> counts{};
  const auto keys = budget_keys(p);
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (const auto it = planned_times_.find(keys[i]); it != planned_times_.end())
      counts[i] = static_cast<std::size_t>(
          it->second.end() - std::upper_bound(it->second.begin(), it->second.end(), since));
  return {counts[0], counts[1]};
}

bool action_book::make_room() {
  if (data_.actions.size() < limits::actions_kept)
    return true;
  for (const auto& [number, id] : by_number_) {
    const auto& a = *find(id);
    if (!is_final(a.state))
      continue;
    uncount(a);
    leave(a);
    auto& siblings = by_incident_[a.incident];
    std::erase(siblings, id);
    if (siblings.empty())
      by_incident_.erase(a.incident);
    data_.actions.erase(data_.actions.find(id));
    by_number_.erase(number); // the last use of `id`, which lives in this entry
    return true;
  }
  return false;
}

bool action_book::add(action a) {
  VEDETTE_ASSERT(!data_.actions.contains(a.id));
  if (of_incident(a.incident).size() >= limits::incident_actions || !make_room()) {
    ++data_.not_planned;
    return false;
  }
  a.number = ++data_.planned;
  a.reason = cut(std::move(a.reason));
  const auto& kept = data_.actions.emplace(a.id, a).first->second;
  index(kept);
  if (kept.state == action_state::planned) {
    news_.intents.push_back(kept.id);
    say(kept, dry(kept.plan) ? "planned as a dry run" : "planned");
  } else {
    say(kept, std::string{to_string(kept.state)} + ": " + kept.reason);
  }
  return true;
}

void action_book::replace_plan(std::string_view id, action_plan plan, std::string note) {
  auto* a = get(id);
  VEDETTE_ASSERT(a && not_started(a->state));
  leave(*a);
  uncount(*a);
  a->note = std::move(note);
  a->plan = std::move(plan);
  a->plan_hash = hash_of(a->plan);
  a->approvals.clear();
  a->intent_committed = false;
  a->expires_at = a->planned_at + a->plan.time_to_live;
  a->state = action_state::planned;
  count(*a); // a real action that became a dry run gives its budget back, and the other way round
  enter(*a);
  news_.intents.push_back(a->id);
  say(*a, "has another plan: earlier approvals are void");
}

void action_book::end(std::string_view id, action_state state, std::string reason,
                      base::receive_time at) {
  auto* a = get(id);
  VEDETTE_ASSERT(a && not_started(a->state) && is_final(state));
  move(*a, state, std::move(reason), at);
}

void action_book::move(action& a, action_state to, std::string reason, base::receive_time at) {
  set_state(a, to);
  a.reason = cut(std::move(reason));
  if (is_final(to))
    a.finished_at = at;
  if (to == action_state::runnable)
    news_.runnable.push_back(a.id);
  else
    say(a, std::string{to_string(to)} + (a.reason.empty() ? "" : ": ") + a.reason);
}

void action_book::say(const action& a, std::string text) {
  news_.changes.push_back(
      {a.id, a.incident, a.plan.step + " on " + a.plan.target + " " + std::move(text)});
}

void action_book::settle(action& a) {
  if (!a.intent_committed)
    return;
  if (a.approvals.size() >= approvals_needed(a.plan)) {
    set_state(a, action_state::approved);
  } else if (a.state == action_state::planned) {
    set_state(a, action_state::waiting_approval);
    say(a, "waits for approval");
  }
}

void action_book::commit(const intents_committed& in) {
  for (const auto& one : in.actions) {
    auto* a = get(one.action);
    if (!a || a->state != action_state::planned || a->plan_hash != one.plan_hash)
      continue;
    a->intent_committed = true;
    settle(*a);
  }
}

base::status action_book::approve(const operator_command& c) {
  auto* a = get(c.id);
  if (!a)
    return unknown(c.id);
  if (a->state != action_state::planned && a->state != action_state::waiting_approval)
    return wrong_state(*a, "only a planned or waiting action can be approved");
  if (approvals_needed(a->plan) == 0)
    return wrong_state(*a, dry(a->plan) ? "a dry run needs no approval" : "it needs no approval");
  if (c.plan_hash != a->plan_hash)
    return base::error{base::ec::conflict,
                       "approving action " + c.id +
                           ": the plan is not the one that was shown; look at it "
                           "again with vedette actions show"};
  const bool twice =
      std::any_of(a->approvals.begin(), a->approvals.end(),
                  [&](const approval_given& g) { return person(g.who) == person(c.who); });
  if (twice)
    return base::error{base::ec::conflict, std::string{person(c.who)} + " has approved action " +
                                               c.id + " already: another person must agree"};
  if (a->approvals.size() >= limits::approvals)
    return wrong_state(*a, "it has all the approvals that are kept");
  a->approvals.push_back({c.who, c.at});
  say(*a, "approved by " + c.who);
  settle(*a);
  return {};
}

base::status action_book::reject(const operator_command& c) {
  auto* a = get(c.id);
  if (!a)
    return unknown(c.id);
  if (!not_started(a->state))
    return wrong_state(*a, "only an action that was not attempted can be rejected");
  move(*a, action_state::rejected, "by " + c.who + (c.reason.empty() ? "" : ": ") + c.reason, c.at);
  return {};
}

base::status action_book::attempt(const action_attempt& in) {
  auto* a = get(in.action);
  if (!a)
    return unknown(in.action);
  if (data_.frozen)
    return wrong_state(*a, "response is frozen by " + data_.frozen_by);
  if (a->state != action_state::runnable)
    return wrong_state(*a, "only a runnable action can be attempted");
  if (in.at >= a->expires_at) {
    move(*a, action_state::expired, "its time to live passed before the call", in.at);
    return wrong_state(*a, "its time to live has passed");
  }
  set_state(*a, action_state::attempted);
  a->attempted_at = in.at;
  // A repeat finds what an attempt before may have left; only the first look saw it untouched.
  if (a->prior.empty())
    a->prior = in.prior;
  ++a->attempts;
  return {};
}

base::status action_book::finish(const action_outcome& in) {
  auto* a = get(in.action);
  if (!a)
    return unknown(in.action);
  if (a->state != action_state::attempted)
    return wrong_state(*a, "an outcome is only taken from an attempt");
  switch (in.result) {
  case attempt_result::done:
    a->results = in.results;
    move(*a, action_state::done, in.text, in.at);
    if (auto* original = get(a->reverts); original && original->state == action_state::done)
      move(*original, action_state::reverted, dry(a->plan) ? "as a dry run" : "taken back", in.at);
    break;
  case attempt_result::failed:
    move(*a, action_state::failed, in.text, in.at);
    break;
  case attempt_result::try_again:
    if (a->plan.repeats == step_class::at_most_once)
      move(*a, action_state::failed, "not repeated, it may run at most once: " + in.text, in.at);
    else if (a->attempts >= limits::action_attempts)
      move(*a, action_state::failed,
           "gave up after " + std::to_string(a->attempts) + " attempts: " + in.text, in.at);
    else
      // Frozen meanwhile, it waits with the others; `advance` lets it go on.
      move(*a, data_.frozen ? action_state::approved : action_state::runnable, in.text, in.at);
    break;
  }
  return {};
}

void action_book::responder_changed(base::receive_time at) {
  const auto now_open = open();
  for (const auto& id : now_open) {
    auto& a = *get(id);
    if (a.state == action_state::runnable) {
      news_.runnable.push_back(id);
    } else if (a.state == action_state::attempted) {
      if (a.plan.repeats == step_class::at_most_once)
        move(a, action_state::failed,
             "the attempt was cut off and its effect is unknown; it may run at most once", at);
      else
        move(a, data_.frozen ? action_state::approved : action_state::runnable, "cut off", at);
    }
  }
}

void action_book::freeze(bool on, std::string who) {
  data_.frozen = on;
  data_.frozen_by = on ? std::move(who) : std::string{};
  for (const auto& id : open()) {
    auto& a = *get(id);
    if (on && a.state == action_state::runnable)
      set_state(a, action_state::approved);
    index_.changed_runs.insert({a.incident, a.plan.playbook});
    index_.changed_targets.insert(a.plan.target);
  }
}

std::vector<std::string> action_book::other_holders(const action& a) const {
  std::vector<std::string> out;
  for (const auto& [id, other] : data_.actions)
    if (id != a.id && other.state == action_state::done && other.reverts.empty() &&
        dry(other.plan) == dry(a.plan) && other.plan.kind == a.plan.kind &&
        other.plan.target == a.plan.target && other.plan.calls == a.plan.calls)
      out.push_back(id);
  return out;
}

base::status action_book::request_revert(std::string_view id, std::string who,
                                         base::receive_time at) {
  auto* a = get(id);
  if (!a)
    return unknown(id);
  if (a->state != action_state::done || !a->reverts.empty())
    return wrong_state(*a, "only an action that is done can be taken back");
  if (a->plan.inverse.empty())
    return wrong_state(*a, "its step has no inverse: what it did cannot be taken back");
  if (auto others = other_holders(*a); !others.empty()) {
    // Who came later found what this one had done: what was there before goes on with them.
    for (const auto& other : others)
      if (auto& heir = *get(other);
          std::tie(a->attempted_at, a->number) < std::tie(heir.attempted_at, heir.number)) {
        heir.prior = a->prior;
        for (const auto& [name, value] : a->results)
          heir.results.emplace(name, value);
      }
    move(*a, action_state::reverted,
         "released by " + who + "; nothing was undone, action " + others.front() +
             " still wants it",
         at);
    return {};
  }
  for (const auto& [number, open_id] : index_.open)
    if (find(open_id)->reverts == a->id)
      return wrong_state(*a, "its revert is under way as action " + open_id);
  action back;
  back.plan = a->plan;
  back.plan.step += ".revert";
  back.plan.calls = std::move(back.plan.inverse);
  back.plan.inverse.clear();
  back.plan.approval = std::max(back.plan.approval, approval_rule::one);
  back.plan.time_to_live = std::max<base::duration>(back.plan.time_to_live, std::chrono::hours{24});
  back.id = action_id(a->tenant, a->incident, back.plan.playbook, back.plan.step, back.plan.target);
  // A revert that was rejected or failed may be asked for again, as another action.
  if (find(back.id))
    back.id = action_id(a->tenant, a->incident, back.plan.playbook,
                        back.plan.step + std::to_string(data_.planned), back.plan.target);
  back.tenant = a->tenant;
  back.incident = a->incident;
  back.alert = a->alert;
  back.item = a->item;
  back.plan_hash = hash_of(back.plan);
  back.reverts = a->id;
  back.note = "asked for by " + who;
  back.planned_at = at;
  back.expires_at = at + back.plan.time_to_live;
  if (!add(std::move(back)))
    return base::error{base::ec::too_large, "there is no room for another action: finish or reject "
                                            "some of those that wait"};
  return {};
}

std::vector<std::string> action_book::open() const {
  std::vector<std::string> out;
  out.reserve(index_.open.size());
  for (const auto& [number, id] : index_.open)
    out.push_back(id);
  return out;
}

std::vector<action> action_book::uncommitted() const {
  std::vector<action> out;
  for (const auto& [number, id] : index_.open)
    if (const auto& a = *find(id); a.state == action_state::planned)
      out.push_back(a);
  return out;
}

std::vector<action> action_book::runnable() const {
  std::vector<action> out;
  for (const auto& [number, id] : index_.open)
    if (const auto& a = *find(id); a.state == action_state::runnable)
      out.push_back(a);
  return out;
}

} // namespace vedette::respond
