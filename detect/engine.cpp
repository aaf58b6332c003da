#include "detect/engine.hpp"

#include "base/hash.hpp"
#include "base/limits.hpp"
#include "detect/alert_builder.hpp"
#include "detect/rule_key.hpp"
#include "detect/ruleset.hpp"
#include "detect/tight.hpp"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace vedette::detect {

namespace {

constexpr base::event_time end_of_time = base::event_time::max();

/// Why the engine looks whether there is something to say.
enum class occasion : std::uint8_t {
  event,  ///< only what is new or worse, the rest waits
  report, ///< everything that changed
  end,    ///< everything, and nothing can change it any more
};

/// What the engine works out once per rule.
struct prepared_rule {
  const rule* of = nullptr;
  std::uint64_t key = 0;
  std::optional<bucket_grid> grid; ///< window rules
  bool grows_only = true;          ///< no event can take a verdict back
  bool shares = false;             ///< divides by the identity's activity
  /// For volumes: the rule with its measures alone, and the key of a group no rule is found under.
  /// There late events are counted among themselves; nothing that speaks ever looks at it.
  std::optional<window_operator> late;
  std::uint64_t late_key = 0;
};

bool can_only_grow(const window_operator& op) {
  return std::all_of(op.levels.begin(), op.levels.end(), [&](const level& l) {
    return std::all_of(l.all.begin(), l.all.end(), [&](const clause& c) {
      const auto kind = op.measures[c.measure].kind;
      return (c.op == comparison::gte || c.op == comparison::gt) && kind != measure_kind::novel &&
             kind != measure_kind::share;
    });
  });
}

/// The newest episode without the verdicts of windows that are still open.
const episode& settled_of(const group_state& g) {
  if (const auto* w = std::get_if<window_state>(&g.op))
    return w->settled();
  if (const auto* s = std::get_if<single_state>(&g.op))
    return s->episodes().newest();
  if (const auto* t = std::get_if<travel_state>(&g.op))
    return t->episodes().newest();
  return std::get<sequence_state>(g.op).episodes().newest();
}

std::uint32_t ordinal_of(const group_state& g) {
  return settled_of(g).ordinal;
}

/// The episode before the newest one, while it may still change.
const episode* waiting_of(const group_state& g) {
  const episode_pair* pair = nullptr;
  if (const auto* s = std::get_if<single_state>(&g.op))
    pair = &s->episodes();
  else if (const auto* t = std::get_if<travel_state>(&g.op))
    pair = &t->episodes();
  else if (const auto* q = std::get_if<sequence_state>(&g.op))
    pair = &q->episodes();
  return pair != nullptr && pair->has_two() ? &pair->current() : nullptr;
}

/// Of everything in an alert that may change while its counts stand still.
std::uint64_t figures_of(const episode& e) {
  auto h = base::hash64(
      {reinterpret_cast<const char*>(e.values.data()), e.values.size() * sizeof(double)});
  h = base::mix(h, static_cast<std::uint64_t>(e.why.level + 1));
  h = base::mix(h, static_cast<std::uint64_t>(e.why.volume + 1));
  h = base::mix(h, std::bit_cast<std::uint64_t>(e.usual));
  h = base::mix(h, e.complete);
  for (const auto t : {e.since, e.first, e.last})
    h = base::mix(h, static_cast<std::uint64_t>(t.time_since_epoch().count()));
  return h;
}

} // namespace

struct engine::impl {
  std::shared_ptr<const ruleset> rules;
  voice speaks = voice::settled;
  std::vector<prepared_rule> prepared;
  std::unordered_map<std::uint64_t, std::size_t> by_key;

  static group_state* find_group(entity_state& state, std::uint64_t key, std::string_view name,
                                 base::event_time now);
  group_state& make_group(entity_state& state, const prepared_rule& p, std::uint64_t key,
                          std::string_view name, base::event_time now);
  group_state& group_for(entity_state& state, const prepared_rule& p, std::uint64_t key,
                         std::string_view name, base::event_time now);
  [[nodiscard]] const prepared_rule* find(std::uint64_t key) const;

  void step(const entity_ref& ref, entity_state& state, const base::event& e, const base::match& m,
            base::event_time watermark, bool late, fold_output& out);
  /// What an event too late for every window still teaches: how much its day held.
  void learn(entity_state& state, const prepared_rule& p, std::string_view name,
             const base::event& e, const base::match& m);
  void settle_group(const entity_ref& ref, entity_state& state, group_state& g,
                    const prepared_rule& p, base::event_time watermark, fold_output& out);
  /// Before a group for another session is made: of earlier ones, those that have nothing to say
  /// and nothing to remember are forgotten. O(groups), once per session.
  void tidy(const entity_ref& ref, entity_state& state, const prepared_rule& p,
            base::event_time watermark, fold_output& out);
  /// Settles windows that divide by the activity, in time for it to be still there.
  void settle_shares(const entity_ref& ref, entity_state& state, base::event_time watermark,
                     fold_output& out);
  void send_maxima(const entity_state& state, window_state& w, const prepared_rule& p,
                   base::event_time watermark, fold_output& out) const;
  void say(const entity_ref& ref, const entity_state& state, group_state& g, const prepared_rule& p,
           const episode& ep, base::alert_state as, fold_output& out) const;
  /// Compares what stands with what was said and speaks or remembers to.
  void consider(const entity_ref& ref, const entity_state& state, group_state& g,
                const prepared_rule& p, occasion when, fold_output& out);
  [[nodiscard]] window_context context(const entity_state& state, const prepared_rule& p) const {
    return {*p.of, std::get<window_operator>(p.of->op), *p.grid, state.profile.activity,
            state.profile.first_seen};
  }
};

engine::engine(std::shared_ptr<const ruleset> rules, voice speaks)
    : impl_{std::make_unique<impl>()} {
  impl_->rules = std::move(rules);
  impl_->speaks = speaks;
  for (const auto& r : impl_->rules->rules()) {
    prepared_rule p;
    p.of = &r;
    p.key = key_of(r);
    if (const auto* op = std::get_if<window_operator>(&r.op)) {
      p.grid.emplace(op->window);
      p.grows_only = can_only_grow(*op);
      p.shares = std::any_of(op->measures.begin(), op->measures.end(),
                             [](const measure& m) { return m.kind == measure_kind::share; });
      if (!op->volumes.empty()) {
        p.late = *op;
        p.late->levels.clear();
        p.late->volumes.clear();
        p.late_key = base::hash64("late", p.key);
      }
    }
    impl_->by_key.emplace(p.key, impl_->prepared.size());
    impl_->prepared.push_back(std::move(p));
  }
}

engine::~engine() = default;
engine::engine(engine&&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;

const prepared_rule* engine::impl::find(std::uint64_t key) const {
  auto at = by_key.find(key);
  return at == by_key.end() ? nullptr : &prepared[at->second];
}

group_state* engine::impl::find_group(entity_state& state, std::uint64_t key, std::string_view name,
                                      base::event_time now) {
  for (auto& g : state.groups)
    if (g.rule == key && g.group == name) {
      g.touched = std::max(g.touched, now);
      return &g;
    }
  return nullptr;
}

group_state& engine::impl::make_group(entity_state& state, const prepared_rule& p,
                                      std::uint64_t key, std::string_view name,
                                      base::event_time now) {
  auto& groups = state.groups;
  // A rule in another shape begins anew and goes on counting episodes: ids name one for ever.
  std::uint32_t earlier = 0;
  std::erase_if(groups, [&](const group_state& g) {
    const bool replaced = key == p.key && same_rule(g.rule, key) && g.group == name;
    if (replaced)
      earlier = std::max(earlier, g.said.earlier + std::max(g.said.ordinal, ordinal_of(g)));
    return replaced;
  });
  if (groups.size() >= base::limits::entity_groups)
    groups.erase(std::min_element(
        groups.begin(), groups.end(), [](const group_state& a, const group_state& b) {
          return std::tie(a.touched, a.rule, a.group) < std::tie(b.touched, b.rule, b.group);
        }));
  group_state g;
  g.rule = key;
  g.group = name;
  g.touched = now;
  g.said.earlier = earlier;
  switch (p.of->op.index()) {
  case 0:
    g.op = single_state{};
    break;
  case 1:
    g.op = window_state{};
    break;
  case 2:
    g.op = sequence_state{};
    break;
  default:
    g.op = travel_state{};
    break;
  }
  return *insert_tight(groups, groups.end(), std::move(g));
}

group_state& engine::impl::group_for(entity_state& state, const prepared_rule& p, std::uint64_t key,
                                     std::string_view name, base::event_time now) {
  auto* g = find_group(state, key, name, now);
  return g != nullptr ? *g : make_group(state, p, key, name, now);
}

void engine::fold(const entity_ref& ref, entity_state& state, const base::event& e,
                  base::event_time watermark, bool late, fold_output& out) {
  if (!e.routed_to.empty()) {
    // Networks and services are an identity's; here only age and account matter.
    auto& who = state.profile;
    if (who.events == 0 || e.time < who.first_seen)
      who.first_seen = e.time;
    who.last_seen = who.events == 0 ? e.time : std::max(who.last_seen, e.time);
    who.provider = e.provider;
    if (who.account.empty() || who.account > e.account)
      who.account = e.account;
    ++who.events;
    for (const auto& m : e.matches)
      if (m.rule.value < impl_->prepared.size())
        impl_->step(ref, state, e, m, watermark, late, out);
    return;
  }
  impl_->settle_shares(ref, state, watermark, out);
  state.profile.observe(e);
  for (const auto& m : e.matches) {
    if (m.rule.value >= impl_->prepared.size())
      continue; // no rule of this generation: the caller folds a batch by its own
    const auto by = impl_->prepared[m.rule.value].of->by;
    if (by == group_by::identity || by == group_by::session)
      impl_->step(ref, state, e, m, watermark, late, out);
  }
}

void engine::impl::step(const entity_ref& ref, entity_state& state, const base::event& e,
                        const base::match& m, base::event_time watermark, bool late,
                        fold_output& out) {
  const auto& p = prepared[m.rule.value];
  const bool by_session = p.of->by == group_by::session;
  const auto name = by_session ? e.session : std::string_view{};
  if (late && p.grid) {
    // One dated ahead of the watermark has no day yet to be counted for.
    if (p.late && e.time <= watermark)
      learn(state, p, name, e, m);
    return;
  }
  auto* at = find_group(state, p.key, name, e.time);
  if (at == nullptr && by_session)
    tidy(ref, state, p, watermark, out);
  auto& g = at != nullptr ? *at : make_group(state, p, p.key, name, e.time);
  if (auto* w = std::get_if<window_state>(&g.op)) {
    settle_group(ref, state, g, p, watermark, out);
    out.found_closed |= !w->add(context(state, p), e, m, watermark);
    if (p.shares)
      state.shares_due = std::min(state.shares_due, w->due(*p.grid).value_or(end_of_time));
    if (speaks == voice::settled)
      return;
    const auto severity = w->peek(context(state, p), e.time);
    if (!severity)
      return;
    const bool known = g.said.revision > 0 && g.said.state != base::alert_state::withdrawn &&
                       g.said.ordinal == std::max(w->settled().ordinal, 1U);
    if (known && *severity <= g.said.severity)
      g.said.pending = true;
    else
      consider(ref, state, g, p, occasion::event, out);
    return;
  }
  added news;
  if (auto* s = std::get_if<single_state>(&g.op))
    news = s->add(*p.of, std::get<single_operator>(p.of->op), e, m, late);
  else if (auto* t = std::get_if<travel_state>(&g.op); t != nullptr && !late)
    news = t->add(*p.of, std::get<travel_operator>(p.of->op), e, m);
  else if (auto* q = std::get_if<sequence_state>(&g.op))
    news = q->add(*p.of, std::get<sequence_operator>(p.of->op), e, m, late);
  if (news.retires && speaks == voice::settled)
    say(ref, state, g, p, news.retired, base::alert_state::final, out);
  if (news.news && speaks == voice::at_once)
    consider(ref, state, g, p, occasion::event, out);
}

void engine::impl::learn(entity_state& state, const prepared_rule& p, std::string_view name,
                         const base::event& e, const base::match& m) {
  auto& late = group_for(state, p, p.late_key, name, e.time);
  const window_context alone{*p.of, *p.late, *p.grid, state.profile.activity,
                             state.profile.first_seen};
  const auto days = std::get<window_state>(late.op).count_late(alone, e, m);
  // Only now: making one group may move the other.
  auto& g = group_for(state, p, p.key, name, e.time);
  std::get<window_state>(g.op).learn(std::get<window_operator>(p.of->op), days);
}

void engine::impl::settle_group(const entity_ref& ref, entity_state& state, group_state& g,
                                const prepared_rule& p, base::event_time watermark,
                                fold_output& out) {
  auto* w = std::get_if<window_state>(&g.op);
  if (w == nullptr)
    return;
  // Nearly every event finds that no window has closed since the last one.
  if (const auto due = w->due(*p.grid); due && *due <= watermark) {
    const episode before = w->settled();
    const bool grew = w->settle(context(state, p), watermark);
    if (grew && before.verdicts > 0 && w->settled().ordinal != before.ordinal &&
        (speaks == voice::settled || g.said.pending))
      say(ref, state, g, p, before, base::alert_state::final, out);
    const bool open = g.said.revision > 0 && g.said.state == base::alert_state::provisional;
    if (speaks == voice::at_once && (grew || open))
      consider(ref, state, g, p, occasion::event, out);
  }
  send_maxima(state, *w, p, watermark, out);
}

void engine::impl::tidy(const entity_ref& ref, entity_state& state, const prepared_rule& p,
                        base::event_time watermark, fold_output& out) {
  for (auto& g : state.groups)
    if (g.rule == p.key)
      settle_group(ref, state, g, p, watermark, out);
  erase_tight(state.groups, [&](const group_state& g) {
    const auto* w = std::get_if<window_state>(&g.op);
    return g.rule == p.key && w != nullptr && w->blank() && g.said == said{};
  });
}

void engine::impl::settle_shares(const entity_ref& ref, entity_state& state,
                                 base::event_time watermark, fold_output& out) {
  if (watermark < state.shares_due)
    return;
  auto next = end_of_time;
  for (auto& g : state.groups) {
    const auto* p = find(g.rule);
    if (p == nullptr || !p->shares)
      continue;
    settle_group(ref, state, g, *p, watermark, out);
    if (const auto at = std::get<window_state>(g.op).due(*p->grid))
      next = std::min(next, *at);
  }
  state.shares_due = next;
}

void engine::impl::send_maxima(const entity_state& state, window_state& w, const prepared_rule& p,
                               base::event_time watermark, fold_output& out) const {
  const auto& op = std::get<window_operator>(p.of->op);
  for (auto& day : w.days().entries()) {
    const auto end =
        base::event_time{std::chrono::days{day.day + 1}} + base::limits::lateness + op.window;
    if (day.sent || day.frozen || end > watermark)
      continue;
    day.sent = true;
    out.maxima.push_back(
        {state.profile.account, p.of->id, op.measures[day.measure].name, day.day, day.value});
  }
}

void engine::impl::say(const entity_ref& ref, const entity_state& state, group_state& g,
                       const prepared_rule& p, const episode& ep, base::alert_state as,
                       fold_output& out) const {
  auto counted = ep;
  counted.ordinal += g.said.earlier;
  auto alert = build_alert(*p.of, ref, state.profile, g.group, counted);
  alert.state = as;
  if (g.said.ordinal != ep.ordinal)
    g.said = said{.earlier = g.said.earlier};
  alert.revision = ++g.said.revision;
  g.said.ordinal = ep.ordinal;
  g.said.count = ep.count;
  g.said.verdicts = ep.verdicts;
  g.said.severity = ep.severity;
  g.said.state = as;
  g.said.figures = figures_of(ep);
  g.said.pending = false;
  out.alerts.push_back(std::move(alert));
}

void engine::impl::consider(const entity_ref& ref, const entity_state& state, group_state& g,
                            const prepared_rule& p, occasion when, fold_output& out) {
  episode now;
  bool may_change = false;
  if (const auto* w = std::get_if<window_state>(&g.op)) {
    now = w->speak(context(state, p));
    may_change = !p.grows_only && w->due(*p.grid).has_value();
  } else {
    now = settled_of(g);
  }
  const auto state_now = may_change && when != occasion::end ? base::alert_state::provisional
                                                             : base::alert_state::final;
  const bool said_something = g.said.revision > 0 && g.said.state != base::alert_state::withdrawn;
  if (now.verdicts == 0 || (said_something && now.ordinal < g.said.ordinal)) {
    // What was said provisionally did not hold.
    if (said_something && g.said.state == base::alert_state::provisional &&
        g.said.ordinal > now.ordinal) {
      episode gone;
      gone.ordinal = g.said.ordinal;
      gone.severity = g.said.severity;
      gone.since = gone.first = gone.last = g.touched;
      say(ref, state, g, p, gone, base::alert_state::withdrawn, out);
    }
    return;
  }
  const bool fresh =
      !said_something || g.said.ordinal != now.ordinal || now.severity > g.said.severity;
  const bool changed = fresh || now.count != g.said.count || now.verdicts != g.said.verdicts ||
                       now.severity != g.said.severity || g.said.state != state_now ||
                       g.said.figures != figures_of(now);
  if (!changed) // what waited to be said stands there already
    g.said.pending = false;
  else if (fresh || when != occasion::event)
    say(ref, state, g, p, now, state_now, out);
  else
    g.said.pending = true;
}

void engine::settle(const entity_ref& ref, entity_state& state, base::event_time watermark,
                    fold_output& out) {
  for (auto& g : state.groups)
    if (const auto* p = impl_->find(g.rule))
      impl_->settle_group(ref, state, g, *p, watermark, out);
}

void engine::report(const entity_ref& ref, entity_state& state, fold_output& out) {
  for (auto& g : state.groups)
    if (const auto* p = impl_->find(g.rule))
      impl_->consider(ref, state, g, *p, occasion::report, out);
}

void engine::conclude(const entity_ref& ref, entity_state& state, fold_output& out) {
  for (auto& g : state.groups)
    if (const auto* p = impl_->find(g.rule))
      impl_->consider(ref, state, g, *p, occasion::end, out);
}

void engine::hand_over(const entity_ref& ref, entity_state& state, const engine& to,
                       fold_output& out) {
  // Which windows divide by the activity depends on the rules: to be looked up again.
  state.shares_due = base::event_time::min();
  for (auto& g : state.groups) {
    const auto* p = impl_->find(g.rule);
    if (p == nullptr || to.impl_->find(g.rule) != nullptr)
      continue;
    impl_->consider(ref, state, g, *p, occasion::end, out);
    g.said.pending = false;
    if (g.said.state == base::alert_state::provisional)
      g.said.state = base::alert_state::final;
  }
}

bool engine::has_news(const entity_state& state) noexcept {
  return std::any_of(state.groups.begin(), state.groups.end(), [](const group_state& g) {
    return g.said.pending ||
           (g.said.revision > 0 && g.said.state == base::alert_state::provisional);
  });
}

void engine::finish(const entity_ref& ref, entity_state& state, fold_output& out) {
  for (auto& g : state.groups) {
    const auto* p = impl_->find(g.rule);
    if (p == nullptr)
      continue;
    impl_->settle_group(ref, state, g, *p, end_of_time, out);
    if (impl_->speaks == voice::at_once) {
      impl_->consider(ref, state, g, *p, occasion::report, out);
      continue;
    }
    if (const auto* waiting = waiting_of(g))
      impl_->say(ref, state, g, *p, *waiting, base::alert_state::final, out);
    const auto& last = settled_of(g);
    if (last.verdicts > 0)
      impl_->say(ref, state, g, *p, last, base::alert_state::final, out);
  }
}

std::optional<base::event_time> engine::due(const entity_state& state) const {
  std::optional<base::event_time> out;
  for (const auto& g : state.groups) {
    const auto* w = std::get_if<window_state>(&g.op);
    const auto* p = impl_->find(g.rule);
    if (w == nullptr || p == nullptr)
      continue;
    const auto at = w->due(*p->grid);
    if (at && (!out || *at < *out))
      out = at;
  }
  return out;
}

} // namespace vedette::detect
