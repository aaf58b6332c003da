#include "respond/tenant_state.hpp"

#include "respond/baselines/ladder.hpp"
#include "respond/guard/guard.hpp"
#include "respond/limits.hpp"
#include "respond/playbooks/planner.hpp"

#include <algorithm>
#include <utility>

namespace vedette::respond {
namespace {

void note(std::vector<std::string>& ids, std::string_view id) {
  if (!id.empty() && std::find(ids.begin(), ids.end(), id) == ids.end())
    ids.emplace_back(id);
}

/// For a book that nobody counted along with: exact from the day on of which nothing was forgotten.
trend_counts counts_of(const alert_book::data& book, base::receive_time now) {
  trend_counts out;
  auto unchanged_since = now;
  for (const auto& [id, known] : book.alerts) {
    unchanged_since = std::min(unchanged_since, known.at);
    if (const auto place = place_of(known.alert, known.first_at))
      out.add(known.alert.rule, *place);
  }
  if (!book.left.empty())
    out.set_exact_from(base::day_of(unchanged_since) + 1);
  return out;
}

std::vector<std::string> with_taken_over(const incident& i) {
  std::vector<std::string> out{i.id};
  out.insert(out.end(), i.took_over.begin(), i.took_over.end());
  return out;
}

} // namespace

std::string_view to_string(verb v) noexcept {
  constexpr std::string_view names[] = {"approve", "reject", "revert",  "acknowledge",
                                        "close",   "freeze", "unfreeze"};
  return names[static_cast<int>(v)];
}

tenant_state::tenant_state(base::tenant_id tenant, std::shared_ptr<const playbook_set> playbooks,
                           respond_settings settings)
    : tenant_{std::move(tenant)}, playbooks_{std::move(playbooks)}, settings_{std::move(settings)} {
}

tenant_state::tenant_state(data d, std::shared_ptr<const playbook_set> playbooks,
                           respond_settings settings)
    : tenant_{std::move(d.tenant)}, playbooks_{std::move(playbooks)},
      settings_{std::move(settings)}, alerts_{std::move(d.alerts)},
      incidents_{std::move(d.incidents)}, actions_{std::move(d.actions)},
      maxima_{std::move(d.maxima)}, trends_{d.trends ? trend_counts{std::move(*d.trends)}
                                                     : counts_of(alerts_.all(), d.now)},
      now_{d.now} {}

tenant_state::data tenant_state::checkpoint() const {
  return {tenant_, alerts_.all(), incidents_.all(), actions_.all(), maxima_, now_, trends_.all()};
}

outputs tenant_state::fold(const input& in) {
  outputs out;
  std::visit(
      [&](const auto& entry) {
        now_ = std::max(now_, entry.at);
        apply(entry, out);
      },
      in);
  actions_.advance(now_);
  tell_changes(out);
  return out;
}

void tenant_state::apply(const alert_arrived& in, outputs& out) {
  if (in.alert.tenant != tenant_) {
    out.refused =
        base::error{base::ec::denied, "alert " + in.alert.id + " is of tenant " +
                                          in.alert.tenant.value + ", not of " + tenant_.value};
    return;
  }
  if (!alerts_.is_news(in.alert))
    return;
  maxima_.watched(in.alert.account, base::day_of(in.alert.first_event));
  auto a = in.alert;
  climb_ladder(a, maxima_, settings_.activation_days);
  // How wide something was new when it began does not shrink while it grows.
  const auto* before = alerts_.find(a.id);
  if (before)
    a.severity = std::max(a.severity, before->alert.severity);
  if (const auto place = alerts_.counted_at(a.id))
    trends_.take_back(before ? before->alert.rule : a.rule, *place);

  std::vector<std::string> gone;
  const auto& kept = alerts_.keep(std::move(a), now_, gone);
  if (const auto place = place_of(kept.alert, kept.first_at))
    trends_.add(kept.alert.rule, *place);
  for (const auto& id : gone)
    incidents_.forget(id);
  const auto rules = playbooks_ ? std::span<const incident_rule>{playbooks_->incident_rules}
                                : std::span<const incident_rule>{};
  const auto joined =
      incidents_.take(kept.alert, now_, settings_.incident_span, settings_.tenant, rules);
  out.publish.push_back({kept.number, kept.alert, joined.incident});
  note(out.incidents, joined.incident);
  for (const auto& id : joined.merged)
    note(out.incidents, id);

  if (kept.alert.state == base::alert_state::withdrawn) {
    withdraw(kept.alert.id, out);
    return;
  }
  const auto* i = incidents_.find(joined.incident);
  if (i && i->state != incident_state::closed)
    start_playbooks(kept.alert, joined.incident, joined.new_rules, out);
}

void tenant_state::withdraw(const std::string& alert, outputs& out) {
  std::vector<std::string> concerned;
  for (const auto& [number, id] : actions_.by_number())
    if (actions_.find(id)->alert == alert)
      concerned.push_back(id);
  for (const auto& id : concerned) {
    const auto& a = *actions_.find(id);
    if (a.state < action_state::attempted)
      actions_.end(id, action_state::refused, "its alert was withdrawn", now_);
    else if (a.state == action_state::done && a.reverts.empty() && !a.plan.inverse.empty() &&
             a.plan.mode != mode::dry_run)
      if (auto asked = actions_.request_revert(id, "the withdrawal of its alert", now_); !asked)
        out.refused = asked.err();
  }
}

void tenant_state::start_playbooks(const base::alert& a, const std::string& incident_id,
                                   std::span<const std::string> new_rules, outputs& out) {
  if (!playbooks_)
    return;
  const auto& i = *incidents_.find(incident_id);
  const plan_context context{a, i, settings_, {}, now_};
  for (const auto& p : playbooks_->playbooks) {
    if (!starts(p, context, new_rules))
      continue;
    for (auto& step : plan(p, context))
      plan_one(p, std::move(step), a, i, out);
  }
}

guard_answer tenant_state::ask_guard(const playbook& p, const planned_step& step, const incident& i,
                                     bool counted) const {
  const auto targets = actions_.targets_with(with_taken_over(i), p.name, step.plan.target);
  const auto [kind, playbook] = actions_.planned_since(step.plan, now_ - std::chrono::hours{1});
  return judge({.plan = step.plan,
                .settings = settings_,
                .complete = step.complete,
                .targets = counted || only_speaks(step.plan.kind) ? 0 : targets,
                .targets_max = p.targets_max,
                .kind_in_hour = counted ? 0 : kind,
                .playbook_in_hour = counted ? 0 : playbook,
                .playbook_budget = p.actions_per_hour});
}

void tenant_state::plan_one(const playbook& p, planned_step step, const base::alert& a,
                            const incident& i, outputs& out) {
  const auto id_in = [&](const std::string& incident) {
    return action_id(tenant_, incident, p.name, step.plan.step, step.plan.target);
  };
  if (std::ranges::any_of(with_taken_over(i),
                          [&](const auto& id) { return actions_.find(id_in(id)) != nullptr; }))
    return;
  auto answer = ask_guard(p, step, i, false);
  action planned;
  planned.id = id_in(i.id);
  planned.tenant = tenant_;
  planned.incident = i.id;
  planned.alert = a.id;
  planned.item = std::move(step.item);
  planned.plan = std::move(step.plan);
  planned.plan_hash = hash_of(planned.plan);
  planned.state = answer.state;
  planned.counted = answer.state == action_state::planned;
  planned.reason = std::move(answer.reason);
  planned.note = std::move(answer.note);
  planned.planned_at = now_;
  planned.expires_at = now_ + planned.plan.time_to_live;
  planned.finished_at = is_final(planned.state) ? now_ : base::receive_time{};
  const auto what = planned.plan.step + " on " + planned.plan.target;
  if (!actions_.add(std::move(planned))) {
    auto* story = incidents_.find(i.id);
    tell(*story, {now_, timeline_entry::kind::action,
                  what + " was not planned: there are as many actions as are kept", a.id});
    note(out.incidents, i.id);
  }
}

void tenant_state::apply(const day_maxima_told& in, outputs&) {
  for (const auto& one : in.maxima)
    maxima_.tell(one);
}

void tenant_state::apply(const operator_command& in, outputs& out) {
  base::status done;
  switch (in.what) {
  case verb::approve:
    done = actions_.approve(in);
    break;
  case verb::reject:
    done = actions_.reject(in);
    break;
  case verb::revert:
    done = actions_.request_revert(in.id, in.who, in.at);
    break;
  case verb::acknowledge:
  case verb::close:
    done = change_incident(in, out);
    break;
  case verb::freeze:
    actions_.freeze(true, in.who);
    break;
  case verb::unfreeze:
    actions_.freeze(false, {});
    break;
  }
  if (!done)
    out.refused = done.err();
}

base::status tenant_state::change_incident(const operator_command& in, outputs& out) {
  const auto* current = incidents_.survivor(in.id);
  if (!current)
    return base::error{base::ec::not_found,
                       "no incident " + in.id + ": vedette incidents list shows them"};
  auto& i = *incidents_.find(current->id);
  if (i.state == incident_state::closed)
    return base::error{base::ec::conflict, "incident " + i.id + " was closed by " + i.handled_by};
  const bool closing = in.what == verb::close;
  if (!closing && i.state == incident_state::acknowledged && i.handled_by == in.who)
    return {};
  i.state = closing ? incident_state::closed : incident_state::acknowledged;
  i.handled_by = in.who;
  i.changed = now_;
  auto text = std::string{closing ? "closed by " : "acknowledged by "} + in.who;
  if (!in.reason.empty())
    text += ": " + in.reason.substr(0, limits::free_text_bytes);
  tell(i, {now_, timeline_entry::kind::person, std::move(text), in.who});
  note(out.incidents, i.id);
  return {};
}

void tenant_state::apply(const intents_committed& in, outputs&) {
  actions_.commit(in);
}

void tenant_state::apply(const action_attempt& in, outputs& out) {
  if (auto done = actions_.attempt(in); !done)
    out.refused = done.err();
}

void tenant_state::apply(const action_outcome& in, outputs& out) {
  if (auto done = actions_.finish(in); !done)
    out.refused = done.err();
}

void tenant_state::apply(const responder_changed& in, outputs&) {
  actions_.responder_changed(in.at);
}

void tenant_state::apply(const tick& in, outputs&) {
  if (in.watermark > base::event_time{})
    maxima_.watched({}, base::day_of(in.watermark));
}

void tenant_state::apply(const configured& in, outputs& out) {
  playbooks_ = in.playbooks;
  settings_ = in.settings;
  for (const auto& id : actions_.open()) {
    const auto& a = *actions_.find(id);
    // What was attempted is out of our hands, and an inverse is bound to what was done, not to
    // content.
    if (a.state < action_state::attempted && a.reverts.empty())
      plan_again(id, out);
  }
}

void tenant_state::plan_again(const std::string& id, outputs& out) {
  const auto a = *actions_.find(id);
  const auto* p = playbooks_ ? playbooks_->find(a.plan.playbook) : nullptr;
  const auto* known = alerts_.find(a.alert);
  const auto* i = incidents_.survivor(a.incident);
  auto is_step = [&](const playbook_step& s) { return s.name == a.plan.step; };
  if (!p || std::none_of(p->steps.begin(), p->steps.end(), is_step)) {
    actions_.end(id, action_state::refused, "its step is no longer in the playbooks in force",
                 now_);
    return;
  }
  if (!known || !i)
    return; // nothing to fill a new plan from; the old one stands, with its approvals
  const auto at = std::find_if(p->steps.begin(), p->steps.end(), is_step) - p->steps.begin();
  auto step = plan_step(*p, static_cast<std::size_t>(at),
                        {known->alert, *i, settings_, a.item, a.planned_at});
  if (step.complete && step.plan.target != a.plan.target) {
    // The id of an action holds its target, so another target is another action.
    actions_.end(id, action_state::refused, "its target is now " + step.plan.target, now_);
    plan_one(*p, std::move(step), known->alert, *i, out);
    return;
  }
  const auto answer = ask_guard(*p, step, *i, true);
  if (answer.state != action_state::planned)
    actions_.end(id, answer.state, answer.reason, now_);
  else if (hash_of(step.plan) != a.plan_hash)
    actions_.replace_plan(id, std::move(step.plan), answer.note);
}

void tenant_state::tell_changes(outputs& out) {
  auto news = actions_.take_news();
  for (auto& change : news.changes) {
    const auto* i = incidents_.survivor(change.incident);
    if (!i)
      continue;
    auto& story = *incidents_.find(i->id);
    story.changed = now_;
    tell(story,
         {now_, timeline_entry::kind::action, std::move(change.text), std::move(change.action)});
    note(out.incidents, story.id);
  }
  auto take = [&](const std::vector<std::string>& ids, action_state state,
                  std::vector<action>& to) {
    std::vector<std::string> once;
    for (const auto& id : ids)
      if (const auto* a = actions_.find(id); a && a->state == state)
        note(once, id);
    for (const auto& id : once)
      to.push_back(*actions_.find(id));
  };
  take(news.intents, action_state::planned, out.intents);
  take(news.runnable, action_state::runnable, out.runnable);
}

} // namespace vedette::respond
