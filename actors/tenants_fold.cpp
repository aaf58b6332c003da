#include "actors/tenants_fold.hpp"

#include "actors/generation_engines.hpp"
#include "actors/partition_keys.hpp"
#include "actors/partition_state.hpp"
#include "actors/tenant_codec.hpp"
#include "schemas/codec/entry_codec.hpp"

#include <utility>

namespace vedette::actors {

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

respond::tenant_state& tenants_fold::tenant(const base::tenant_id& id) {
  auto& slot = tenants_[id.value];
  if (!slot)
    slot = std::make_unique<respond::tenant_state>(id, in_force_->playbooks,
                                                   in_force_->settings_of(id));
  return *slot;
}

base::result<content_ptr> tenants_fold::named(const schemas::config_entry& c) const {
  const auto whose = "tenant partition " + std::to_string(partition_.value);
  auto found = library_->find(c.generation);
  if (!found)
    return missing_generation(whose, c.generation, c.hash, found.err().context);
  if (!c.hash.empty() && (*found)->hash != c.hash)
    return missing_generation(whose, c.generation, c.hash,
                              "this store holds another content under its number (hash " +
                                  (*found)->hash + ")");
  return found;
}

/// What the checkpoint was folded under; null when there is none and generation 1, under which a
/// log begins, is not kept any more: then the log must begin with an entry that names another.
base::status tenants_fold::recover_content() {
  const auto meta = store_->entities().meta(tenants_meta(partition_));
  if (!meta)
    return meta.err();
  schemas::config_entry from{{1}, {}, {}};
  if (*meta) {
    auto c = schemas::decode_config_entry(**meta);
    if (!c)
      return c.err();
    from = std::move(*c);
  }
  auto found = named(from);
  if (!found)
    return *meta ? base::status{found.err()} : base::status{};
  in_force_ = std::move(*found);
  return {};
}

base::status tenants_fold::recover() {
  auto position = store_->entities().position(partition_);
  if (!position)
    return position.err();
  if (auto ok = recover_content(); !ok)
    return ok;
  std::optional<base::error> failed;
  auto loaded =
      store_->entities().scan(partition_, [&](const state::state_key& key, std::string_view value) {
        if (key.kind != state::state_kind::tenant)
          return true;
        auto d = decode_tenant(value);
        if (!d) {
          failed = d.err();
          return false;
        }
        tenants_[key.tenant.value] = std::make_unique<respond::tenant_state>(
            std::move(*d), in_force_->playbooks, in_force_->settings_of(key.tenant));
        return true;
      });
  if (failed)
    return *failed;
  applied_ = *position;
  return loaded;
}

base::result<tenants_fold::meaning> tenants_fold::understand(const cluster::entry& e) const {
  if (e.fold_version != fold_version)
    return base::error{base::ec::unsupported,
                       "folding a tenant's log: it was written by fold version " +
                           std::to_string(e.fold_version) +
                           "; drain the node with that build first"};
  meaning out;
  if (static_cast<state::entry_kind>(e.kind) == state::entry_kind::config) {
    auto c = schemas::decode_config_entry(*e.body);
    auto content = c ? named(*c) : base::result<content_ptr>{c.err()};
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

base::result<std::vector<tenants_fold::answer>> tenants_fold::apply(base::entry_index at,
                                                                    meaning what) {
  VEDETTE_ASSERT(at.value == applied_.value + 1);
  applied_ = at;
  if (what.content)
    return take_over(std::move(what.content));
  if (!in_force_)
    return named({{1}, {}, {}}).err();
  std::vector<answer> out;
  auto said = tenant(what.tenant).fold(*what.input);
  out.push_back({std::move(what.tenant), std::move(said)});
  return out;
}

void tenants_fold::begin_under(content_ptr content) {
  VEDETTE_ASSERT(!in_force_);
  in_force_ = std::move(content);
}

/// Other playbooks and settings for every tenant they are other for.
std::vector<tenants_fold::answer> tenants_fold::take_over(content_ptr content) {
  std::vector<answer> out;
  const auto before = std::exchange(in_force_, std::move(content));
  if (!before)
    return out;
  const bool as_before = before->playbooks->content_hash == in_force_->playbooks->content_hash &&
                         before->executors == in_force_->executors;
  for (auto& [name, tenant] : tenants_)
    if (!as_before || before->tenant({name}) != in_force_->tenant({name}))
      out.push_back({base::tenant_id{name},
                     tenant->fold(respond::configured{
                         in_force_->playbooks, in_force_->settings_of({name}), in_force_->made})});
  return out;
}

std::shared_ptr<state::changes> tenants_fold::checkpoint() const {
  auto changes = std::make_shared<state::changes>();
  for (const auto& [name, tenant] : tenants_)
    changes->put({partition_, {name}, state::state_kind::tenant, "state"},
                 encode(tenant->checkpoint()));
  if (in_force_)
    changes->put_meta(tenants_meta(partition_), schemas::encode(in_force_->entry()));
  changes->position(partition_, applied_);
  return changes;
}

base::hash128 tenants_fold::digest() const {
  base::hash128 out;
  for (const auto& [name, tenant] : tenants_) {
    auto state = tenant->checkpoint();
    // Copies may have begun to count at different entries, and builds of before do not count.
    state.trends.reset();
    const auto h = base::hash128_of(encode(state));
    out = {base::mix(out.high, h.high), base::mix(out.low, h.low)};
  }
  return out;
}

std::size_t tenants_fold::size() const {
  std::size_t held = 0;
  for (const auto& [name, tenant] : tenants_)
    held += tenant->size();
  return held;
}

} // namespace vedette::actors
