#include "actors/aggregator_fold.hpp"

#include "actors/generation_engines.hpp"
#include "actors/partition_keys.hpp"
#include "actors/partition_state.hpp"
#include "actors/tenant_codec.hpp"
#include "schemas/codec/entry_codec.hpp"

namespace vedette::actors {

respond::tenant_state& tenant_of(aggregator_pointer self, const base::tenant_id& tenant) {
  auto& slot = self->state.tenants[tenant.value];
  if (!slot)
    slot = std::make_unique<respond::tenant_state>(tenant, self->state.in_force->playbooks,
                                                   self->state.in_force->settings_of(tenant));
  return *slot;
}

state::entry_kind kind_of(const respond::input& in) {
  struct visitor {
    state::entry_kind operator()(const respond::alert_arrived&) {
      return state::entry_kind::arrived;
    }
    state::entry_kind operator()(const respond::day_maxima_told&) {
      return state::entry_kind::arrived;
    }
    state::entry_kind operator()(const respond::operator_command&) {
      return state::entry_kind::command;
    }
    state::entry_kind operator()(const respond::intents_committed&) {
      return state::entry_kind::intent;
    }
    state::entry_kind operator()(const respond::action_attempt&) {
      return state::entry_kind::attempt;
    }
    state::entry_kind operator()(const respond::action_outcome&) {
      return state::entry_kind::outcome;
    }
    state::entry_kind operator()(const respond::responder_changed&) {
      return state::entry_kind::command;
    }
    state::entry_kind operator()(const respond::tick&) { return state::entry_kind::tick; }
    state::entry_kind operator()(const respond::configured&) { return state::entry_kind::config; }
  };
  return std::visit(visitor{}, in);
}

base::result<content_ptr> named(aggregator_pointer self, const schemas::config_entry& c) {
  const auto& st = self->state;
  const auto whose = "tenant partition " + std::to_string(st.copy->partition().value);
  auto found = st.args.library->find(c.generation);
  if (!found)
    return missing_generation(whose, c.generation, c.hash, found.err().context);
  if (!c.hash.empty() && (*found)->hash != c.hash)
    return missing_generation(whose, c.generation, c.hash,
                              "this store holds another content under its number (hash " +
                                  (*found)->hash + ")");
  return found;
}

namespace {

/// What the checkpoint was folded under; null when there is none and generation 1, under which a
/// log begins, is not kept any more: then the log must begin with an entry that names another.
base::status recover_content(aggregator_pointer self) {
  auto& st = self->state;
  const auto meta = st.copy->store()->entities().meta(tenants_meta(st.copy->partition()));
  if (!meta)
    return meta.err();
  schemas::config_entry from{{1}, {}, {}};
  if (*meta) {
    auto c = schemas::decode_config_entry(**meta);
    if (!c)
      return c.err();
    from = std::move(*c);
  }
  auto found = named(self, from);
  if (!found)
    return *meta ? base::status{found.err()} : base::status{};
  st.in_force = std::move(*found);
  st.announced = st.in_force->number;
  return {};
}

} // namespace

base::status load(aggregator_pointer self) {
  auto& st = self->state;
  st.shown = {};
  st.suspects = fold_suspects{st.args.deaths};
  st.tenants.clear();
  st.in_force.reset();
  auto position = st.copy->store()->entities().position(st.copy->partition());
  if (!position)
    return position.err();
  if (auto ok = recover_content(self); !ok)
    return ok;
  std::optional<base::error> failed;
  auto loaded = st.copy->store()->entities().scan(
      st.copy->partition(), [&](const state::state_key& key, std::string_view value) {
        if (key.kind != state::state_kind::tenant)
          return true;
        auto d = decode_tenant(value);
        if (!d) {
          failed = d.err();
          return false;
        }
        st.tenants[key.tenant.value] = std::make_unique<respond::tenant_state>(
            std::move(*d), st.in_force->playbooks, st.in_force->settings_of(key.tenant));
        return true;
      });
  if (failed)
    return *failed;
  st.applied = *position;
  return loaded;
}

base::result<aggregator_state::pending> understand(aggregator_pointer self,
                                                   const cluster::entry& e) {
  if (e.fold_version != fold_version)
    return base::error{base::ec::unsupported,
                       "folding a tenant's log: it was written by fold version " +
                           std::to_string(e.fold_version) +
                           "; drain the node with that build first"};
  aggregator_state::pending out;
  if (static_cast<state::entry_kind>(e.kind) == state::entry_kind::config) {
    auto c = schemas::decode_config_entry(*e.body);
    auto content = c ? named(self, *c) : base::result<content_ptr>{c.err()};
    if (!content)
      return content.err();
    out.content = std::move(*content);
    return out;
  }
  auto entry = schemas::decode_tenant_entry(*e.body);
  if (!entry)
    return entry.err();
  auto in = decode_input(entry->input);
  if (!in)
    return in.err();
  out.tenant = std::move(entry->tenant);
  out.input = std::move(*in);
  return out;
}

std::shared_ptr<state::changes> checkpoint_of(aggregator_pointer self) {
  auto& st = self->state;
  auto changes = std::make_shared<state::changes>();
  for (const auto& [name, tenant] : st.tenants)
    changes->put({st.copy->partition(), {name}, state::state_kind::tenant, "state"},
                 encode(tenant->checkpoint()));
  if (st.in_force)
    changes->put_meta(tenants_meta(st.copy->partition()), schemas::encode(st.in_force->entry()));
  changes->position(st.copy->partition(), st.applied);
  return changes;
}

base::hash128 digest_of(aggregator_pointer self) {
  base::hash128 out;
  for (const auto& [name, tenant] : self->state.tenants) {
    auto state = tenant->checkpoint();
    // Copies may have begun to count at different entries, and builds of before do not count.
    state.trends.reset();
    const auto h = base::hash128_of(encode(state));
    out = {base::mix(out.high, h.high), base::mix(out.low, h.low)};
  }
  return out;
}

} // namespace vedette::actors
