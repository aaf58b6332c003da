#include "tests/sim/real/truth.hpp"

#include "actors/tenant_codec.hpp"
#include "base/hash.hpp"
#include "base/limits.hpp"
#include "state/memory/memory_store.hpp"
#include "tests/sim/real/content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace vedette::sim::real {
namespace {

/// Everything about it but how often it was said.
std::string differs(const base::alert& a, const base::alert& b) {
  auto one = a, other = b;
  one.revision = other.revision = 0;
  if (one == other)
    return {};
  return fmt::format("count {} and {}, severity {} and {}, {} and {}, events {} and {}, why \"{}\" "
                     "and \"{}\"",
                     a.count, b.count, to_string(a.severity), to_string(b.severity),
                     to_string(a.state), to_string(b.state), a.events.size(), b.events.size(),
                     a.why, b.why);
}

/// One fold alone, with nothing that could go wrong.
class lone_fold {
 public:
  explicit lone_fold(base::partition_id of)
      : id{of}, fold{of, state::make_memory_store({}), content::shared(), {}} {}

  base::partition_id id;
  actors::partition_state fold;
  std::uint64_t last = 0;
  std::map<std::string, base::alert> said;

  void write(state::entry_kind kind, std::string body) {
    const state::log_entry e{id, {1}, {++last}, kind, actors::fold_version, std::move(body)};
    const auto ok = fold.prepare(e);
    VEDETTE_ASSERT(static_cast<bool>(ok));
    for (auto& raised : fold.apply(e))
      for (auto& a : raised.alerts)
        said[a.id] = std::move(a);
  }
};

} // namespace

alert_id truth::key_of(const std::string& action) {
  return base::hash64(action);
}

// --- while it runs ---

void truth::committed(base::partition_id p, bool of_tenants, const cluster::entry& e) {
  const auto kind = static_cast<state::entry_kind>(e.kind);
  if (!of_tenants) {
    if (kind != state::entry_kind::batch)
      return;
    auto b = schemas::decode_batch_entry(*e.body);
    VEDETTE_ASSERT(b.has_value());
    count(p, *b);
    detectors_[p].batches.push_back(std::move(*b));
    return;
  }
  if (kind != state::entry_kind::intent && kind != state::entry_kind::attempt)
    return;
  const auto entry = schemas::decode_tenant_entry(*e.body);
  VEDETTE_ASSERT(entry.has_value());
  const auto in = actors::decode_input(entry->input);
  VEDETTE_ASSERT(in.has_value());
  if (const auto* intents = std::get_if<respond::intents_committed>(&*in))
    for (const auto& one : intents->actions)
      ++actions_[key_of(one.action)].intents;
  else if (const auto* begun = std::get_if<respond::action_attempt>(&*in))
    ++actions_[key_of(begun->action)].attempts;
}

void truth::count(base::partition_id p, const schemas::batch_entry& b) {
  for (const auto& e : b.events->events) {
    const auto kind = e.routed_to.empty() ? base::entity_kind::identity
                                          : static_cast<base::entity_kind>(e.routed_kind);
    const auto key = e.routed_to.empty() ? e.identity : e.routed_to;
    detectors_[p].entities.insert(
        fmt::format("{}\x1f{}\x1f{}", b.tenant.value, static_cast<int>(kind), key));
    auto& newest = newest_[b.tenant.value];
    if (e.time + base::limits::lateness < newest)
      apart_.insert(b.tenant.value + '\x1f' + std::string{key});
    newest = std::max(newest, e.time);
    ++counted_[fmt::format("{} for {}", e.id, e.routed_to.empty() ? "its identity" : e.routed_to)];
  }
}

void truth::published(const base::alert& a) {
  if (++published_[{a.id, a.revision}] > 1)
    check_.violate(fmt::format("revision {} of alert {} ({}) was published twice", a.revision, a.id,
                               a.rule.value));
}

void truth::called(alert_id action) {
  auto& a = actions_[action];
  if (a.intents == 0)
    check_.violate(fmt::format("action {:x} was called before its intent was committed", action));
  if (++a.calls > a.attempts)
    check_.violate(fmt::format("action {:x} was called before its attempt was committed", action));
}

// --- at the end ---

void truth::detector_at_rest(base::partition_id p, actors::partition_state& fold) {
  auto& seen = detectors_[p];
  std::sort(seen.batches.begin(), seen.batches.end(), [](const auto& a, const auto& b) {
    return std::tuple{a.events->generation, a.sequence, a.source} <
           std::tuple{b.events->generation, b.sequence, b.source};
  });
  lone_fold alone{p};
  base::generation in_force{1};
  for (auto& b : seen.batches) {
    for (; in_force < b.events->generation; ++in_force.value)
      alone.write(state::entry_kind::config,
                  schemas::encode(content::shared()->at(in_force.value + 1)->entry()));
    b.parked.reset();
    alone.write(state::entry_kind::batch, schemas::encode(b));
  }
  for (; in_force < fold.generation(); ++in_force.value)
    alone.write(state::entry_kind::config,
                schemas::encode(content::shared()->at(in_force.value + 1)->entry()));
  schemas::tick_entry end;
  for (const auto& [who, mark] : fold.sources().all()) {
    end.now = std::max(end.now, mark.last);
    end.sources.push_back({who.tenant, who.source, mark.watermark, false});
  }
  end.now += std::chrono::minutes{1};
  alone.write(state::entry_kind::tick, schemas::encode(end));
  for (auto& [id, a] : alone.said)
    if (!expected_.emplace(id, a).second)
      check_.violate(fmt::format("alert {} is raised by two partitions", id));
  same_entities(p, fold, alone.fold);
}

void truth::same_entities(base::partition_id p, actors::partition_state& fold,
                          actors::partition_state& alone) {
  for (const auto& name : detectors_[p].entities) {
    const auto first = name.find('\x1f'), second = name.find('\x1f', first + 1);
    const detect::entity_ref ref{{name.substr(0, first)},
                                 static_cast<base::entity_kind>(std::stoi(name.substr(first + 1))),
                                 name.substr(second + 1)};
    const auto there = fold.look_up(ref), here = alone.look_up(ref);
    VEDETTE_ASSERT(there.has_value() && here.has_value() && *here != nullptr);
    if (*there == nullptr) {
      check_.violate(fmt::format("partition {} knows nothing of {}", p.value, ref.key));
      continue;
    }
    const auto& a = (*there)->profile;
    const auto& b = (*here)->profile;
    if (a.events != b.events)
      check_.violate(fmt::format("partition {}: {} events of {} were counted, {} are committed",
                                 p.value, a.events, ref.key, b.events));
    if (std::tie(a.first_seen, a.last_seen, a.account, a.networks, a.services) !=
        std::tie(b.first_seen, b.last_seen, b.account, b.networks, b.services))
      check_.violate(fmt::format("partition {}: what is known of {} is not what its events say",
                                 p.value, ref.key));
  }
}

void truth::tenants_at_rest(actors::tenants_fold& fold) {
  std::set<std::string> known;
  for (const auto& [name, tenant] : fold.tenants()) {
    for (const auto* k : tenant->alerts({.limit = ~std::size_t{0}})) {
      known.insert(k->alert.id);
      const auto expected = expected_.find(k->alert.id);
      const bool apart = apart_.count(name + '\x1f' + k->alert.entity) > 0;
      if (expected == expected_.end()) {
        if (!apart)
          check_.violate(fmt::format("alert {} ({} of {}) is known and nothing raises it",
                                     k->alert.id, k->alert.rule.value, k->alert.entity));
        continue;
      }
      const auto how = differs(k->alert, expected->second);
      if (!how.empty() && !apart)
        check_.violate(fmt::format("alert {} ({} of {}, episode {}) is not what its events say: {}",
                                   k->alert.id, k->alert.rule.value, k->alert.entity,
                                   k->alert.episode, how));
      judge_response(*tenant, k->alert);
    }
    for (const auto* a : tenant->actions({.limit = ~std::size_t{0}}))
      judge_action(*a);
  }
  for (const auto& [id, a] : expected_)
    if (known.count(id) == 0 && apart_.count(a.tenant.value + '\x1f' + a.entity) == 0)
      check_.violate(fmt::format("alert {} ({} of {}) did not arrive", id, a.rule.value, a.entity));
}

void truth::judge_response(const respond::tenant_state& tenant, const base::alert& a) {
  if (a.rule.value != content::acted_on)
    return;
  const auto incident = tenant.incident_of(a.id);
  for (const auto& id : tenant.actions_of(incident)) {
    const auto* action = tenant.find_action(id);
    if (action->plan.step == content::repeatable_step && action->plan.target == a.identity_id)
      return;
  }
  check_.violate(fmt::format("alert {} of {} led to no action", a.id, a.entity));
}

void truth::judge_action(const respond::action& a) {
  const auto key = key_of(a.id);
  judged_.insert(key);
  const auto& n = actions_[key];
  if (a.plan.step == content::once_step) {
    if (n.calls > 1)
      check_.violate(fmt::format("action {:x} may run once and was called {} times", key, n.calls));
    if (a.state == respond::action_state::done ? n.calls != 1
                                               : a.state != respond::action_state::failed)
      check_.violate(
          fmt::format("action {:x} (once) is {} after {} calls", key, to_string(a.state), n.calls));
    return;
  }
  // Its playbook was taken out of force while it waited for another try.
  if (a.plan.step != content::repeatable_step && a.state == respond::action_state::refused)
    return;
  if (a.state != respond::action_state::done || n.calls == 0)
    check_.violate(fmt::format("action {:x} ({}) is {} after {} calls: {}", key, a.plan.step,
                               to_string(a.state), n.calls, a.reason));
}

void truth::at_rest(std::size_t events, const std::set<event_id>& acknowledged) {
  for (event_id id = 0; id < events; ++id) {
    const auto at = counted_.find(fmt::format("event-{} for its identity", id));
    const auto times = at == counted_.end() ? 0 : at->second;
    if (times != 1)
      check_.violate(fmt::format("event {} ({}) was committed {} times", id,
                                 acknowledged.count(id) > 0 ? "acknowledged" : "not acknowledged",
                                 times));
  }
  for (const auto& [what, times] : counted_)
    if (times != 1)
      check_.violate(fmt::format("{} was committed {} times", what, times));
  for (const auto& [action, n] : actions_)
    if (n.calls > 0 && judged_.count(action) == 0)
      check_.violate(fmt::format("action {:x} was called and nobody knows it", action));
}

} // namespace vedette::sim::real
