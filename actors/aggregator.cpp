#include "actors/aggregator.hpp"

#include "actors/aggregator_answers.hpp"
#include "actors/error.hpp"
#include "actors/generation_engines.hpp"
#include "actors/partition_keys.hpp"
#include "actors/partition_state.hpp"
#include "actors/tenant_codec.hpp"
#include "base/json_writer.hpp"
#include "schemas/codec/entry_codec.hpp"

#include <spdlog/spdlog.h>

namespace vedette::actors {

namespace {

using self_pointer = aggregator_actor::stateful_pointer<aggregator_state>;
using done = std::function<void(const respond::outputs&)>;

void carry_out(self_pointer self, const base::tenant_id& tenant, respond::outputs said);

respond::tenant_state& tenant_of(self_pointer self, const base::tenant_id& tenant) {
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

void give_up(self_pointer self, const caf::error& why) {
  if (self->state.draining)
    return;
  spdlog::error("tenant partition {}: {}", self->state.args.partition.value,
                base::to_string(from_caf(why)));
  self->quit(why);
}

/// Journals the inputs together; folds them in order once they are committed.
void journal(self_pointer self, const base::tenant_id& tenant, std::vector<respond::input> inputs,
             done then, std::function<void(const caf::error&)> failed = {}) {
  auto& st = self->state;
  append_request request;
  for (const auto& in : inputs) {
    ++st.appended.value;
    request.entries.push_back({st.args.partition, st.args.epoch, st.appended, kind_of(in),
                               fold_version,
                               schemas::encode(schemas::tenant_entry{tenant, encode(in)})});
  }
  self->request(st.args.committer, caf::infinite, std::move(request))
      .then(
          [self, tenant, inputs, then](atom::done) {
            respond::outputs all;
            for (const auto& in : inputs) {
              ++self->state.applied.value;
              auto said = tenant_of(self, tenant).fold(in);
              if (said.refused)
                all.refused = said.refused;
              carry_out(self, tenant, std::move(said));
            }
            if (then)
              then(all);
          },
          [self, failed](const caf::error& e) {
            if (failed)
              failed(e);
            give_up(self, e);
          });
}

void attempt(self_pointer self, const base::tenant_id& tenant, const respond::action& a) {
  ++self->state.actions;
  journal(self, tenant, {respond::action_attempt{a.id, {}, self->state.args.now()}},
          [self, tenant, a](const auto&) {
            self->request(self->state.args.responder, self->state.args.action_timeout,
                          action_order{tenant, a})
                .then(
                    [self, tenant, a](const action_report& r) {
                      journal(self, tenant,
                              {respond::action_outcome{
                                  a.id, r.result, r.text, {}, self->state.args.now()}},
                              {});
                    },
                    [self, tenant, a](const caf::error& e) {
                      journal(self, tenant,
                              {respond::action_outcome{a.id,
                                                       respond::attempt_result::try_again,
                                                       base::to_string(from_caf(e)),
                                                       {},
                                                       self->state.args.now()}},
                              {});
                    });
          });
}

void carry_out(self_pointer self, const base::tenant_id& tenant, respond::outputs said) {
  for (const auto& p : said.publish) {
    ++self->state.alerts;
    if (self->state.args.publish)
      self->state.args.publish(p);
  }
  if (!said.intents.empty()) {
    respond::intents_committed committed{{}, self->state.args.now()};
    for (const auto& a : said.intents)
      committed.actions.push_back({a.id, a.plan_hash});
    journal(self, tenant, {std::move(committed)}, {});
  }
  for (const auto& a : said.runnable)
    attempt(self, tenant, a);
}

/// Other playbooks and settings for every tenant they are other for; `said` takes what each fold
/// says.
template <class Said>
void take_over(self_pointer self, content_ptr content, Said said) {
  auto& st = self->state;
  const auto before = std::exchange(st.in_force, std::move(content));
  if (!before)
    return;
  const bool as_before = before->playbooks->content_hash == st.in_force->playbooks->content_hash &&
                         before->executors == st.in_force->executors;
  for (auto& [name, tenant] : st.tenants)
    if (!as_before || before->tenant({name}) != st.in_force->tenant({name}))
      said(base::tenant_id{name},
           tenant->fold(respond::configured{st.in_force->playbooks,
                                            st.in_force->settings_of({name}), st.in_force->made}));
}

void announce(self_pointer self, const content_ptr& content, std::function<void()> then) {
  auto& st = self->state;
  if (content->number <= st.announced) {
    then();
    return;
  }
  st.announced = content->number;
  ++st.appended.value;
  append_request request;
  request.entries.push_back({st.args.partition, st.args.epoch, st.appended,
                             state::entry_kind::config, fold_version,
                             schemas::encode(content->entry())});
  self->request(st.args.committer, caf::infinite, std::move(request))
      .then(
          [self, content, then](atom::done) {
            ++self->state.applied.value;
            take_over(self, content, [self](const base::tenant_id& tenant, respond::outputs said) {
              carry_out(self, tenant, std::move(said));
            });
            then();
          },
          [self](const caf::error& e) { give_up(self, e); });
}

/// The generation an entry or a checkpoint names, or why the log cannot be folded.
base::result<content_ptr> named(self_pointer self, const schemas::config_entry& c) {
  const auto& args = self->state.args;
  const auto whose = "tenant partition " + std::to_string(args.partition.value);
  auto found = args.library->find(c.generation);
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
base::status recover_content(self_pointer self) {
  auto& st = self->state;
  const auto meta = st.args.store->entities().meta(tenants_meta(st.args.partition));
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

base::status recover(self_pointer self) {
  auto& st = self->state;
  auto position = st.args.store->entities().position(st.args.partition);
  if (!position)
    return position.err();
  if (auto ok = recover_content(self); !ok)
    return ok;
  std::optional<base::error> failed;
  const auto loaded = st.args.store->entities().scan(
      st.args.partition, [&](const state::state_key& key, std::string_view value) {
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
  if (!loaded)
    return loaded;
  st.appended = st.applied = *position;
  const auto read =
      st.args.store->log().read({{st.args.partition, *position}}, [&](const state::log_entry& e) {
        if (e.fold_version != fold_version) {
          failed = base::error{base::ec::unsupported,
                               "folding a tenant's log: it was written by fold version " +
                                   std::to_string(e.fold_version) +
                                   "; drain the node with that build first"};
          return false;
        }
        if (e.kind == state::entry_kind::config) {
          auto c = schemas::decode_config_entry(e.body);
          auto content = c ? named(self, *c) : base::result<content_ptr>{c.err()};
          if (!content) {
            failed = content.err();
            return false;
          }
          st.appended = st.applied = e.index;
          st.announced = (*content)->number;
          take_over(self, std::move(*content), [](const auto&, const auto&) {});
          return true;
        }
        if (!st.in_force) {
          failed = named(self, {{1}, {}, {}}).err();
          return false;
        }
        auto entry = schemas::decode_tenant_entry(e.body);
        if (!entry) {
          failed = entry.err();
          return false;
        }
        auto in = decode_input(entry->input);
        if (!in) {
          failed = in.err();
          return false;
        }
        st.appended = st.applied = e.index;
        // What this said was said, or is asked for again below.
        (void)tenant_of(self, entry->tenant).fold(*in);
        return true;
      });
  if (failed)
    return *failed;
  if (!st.in_force)
    st.in_force = st.args.content; // nothing was folded yet; the entry that says so follows
  return read;
}

/// After a start: what was decided and not done yet goes on.
void resume(self_pointer self) {
  for (auto& [name, tenant] : self->state.tenants) {
    respond::outputs left;
    left.intents = tenant->uncommitted_intents();
    left.runnable = tenant->runnable_actions();
    journal(self, {name}, {respond::responder_changed{self->state.args.now()}}, {});
    carry_out(self, {name}, std::move(left));
  }
}

void write_checkpoint(self_pointer self, std::function<void()> then,
                      std::function<void(const caf::error&)> failed = {}) {
  auto& st = self->state;
  auto changes = std::make_shared<state::changes>();
  for (const auto& [name, tenant] : st.tenants)
    changes->put({st.args.partition, {name}, state::state_kind::tenant, "state"},
                 encode(tenant->checkpoint()));
  changes->put_meta(tenants_meta(st.args.partition), schemas::encode(st.in_force->entry()));
  changes->position(st.args.partition, st.applied);
  self->request(st.args.committer, caf::infinite, checkpoint_request{changes, true})
      .then([then](atom::done) { then(); },
            [self, failed](const caf::error& e) {
              if (failed)
                failed(e);
              self->quit(e);
            });
}

} // namespace

aggregator_actor::behavior_type aggregator(self_pointer self, aggregator_args args) {
  self->state.args = std::move(args);
  if (auto ok = recover(self); !ok) {
    spdlog::error("recovering tenant partition {}: {}", self->state.args.partition.value,
                  base::to_string(ok.err()));
    self->quit(to_caf(ok.err()));
    return aggregator_actor::behavior_type::make_empty_behavior();
  }
  resume(self);
  announce(self, self->state.args.content, [] {});
  return {
      [self](const delivery& d) -> caf::result<atom::done> {
        if (self->state.draining)
          return to_caf({base::ec::shutting_down, "this node is draining"});
        auto promise = self->make_response_promise<atom::done>();
        std::vector<respond::input> inputs;
        const auto at = self->state.args.now();
        if (!d.maxima.empty()) {
          respond::day_maxima_told told{{}, at};
          for (const auto& m : d.maxima)
            told.maxima.push_back({m.account, m.rule, m.measure, m.day, m.value});
          inputs.emplace_back(std::move(told));
        }
        for (const auto& a : d.alerts)
          inputs.emplace_back(respond::alert_arrived{a, at});
        journal(
            self, d.tenant, std::move(inputs),
            [promise](const auto&) mutable { promise.deliver(atom::done::value); },
            [promise](const caf::error& e) mutable { promise.deliver(e); });
        return promise;
      },
      [self](const tenant_command& c) -> caf::result<answer> {
        if (self->state.draining)
          return to_caf({base::ec::shutting_down, "this node is draining"});
        auto promise = self->make_response_promise<answer>();
        journal(
            self, c.tenant, {c.command},
            [self, promise, c](const respond::outputs& said) mutable {
              if (said.refused)
                promise.deliver(answer{{}, *said.refused});
              else
                promise.deliver(answer_after(tenant_of(self, c.tenant), c.command));
            },
            [promise](const caf::error& e) mutable { promise.deliver(e); });
        return promise;
      },
      [self](const tenant_query& q) -> answer {
        const auto at = self->state.tenants.find(q.tenant.value);
        if (at == self->state.tenants.end())
          return answer_unknown_tenant(q);
        return answer_query(*at->second, q);
      },
      [self](const content_change& c) -> caf::result<atom::done> {
        if (self->state.draining)
          return to_caf({base::ec::shutting_down, "this node is draining"});
        auto promise = self->make_response_promise<atom::done>();
        announce(self, c.content, [promise]() mutable { promise.deliver(atom::done::value); });
        return promise;
      },
      [self](const tick& t) {
        auto& st = self->state;
        if (st.draining)
          return;
        if (t.now >= st.ticked_at + std::chrono::seconds{1}) {
          st.ticked_at = t.now;
          for (auto& [name, tenant] : st.tenants)
            if (!tenant->actions({.state = respond::action_state::waiting_approval, .limit = 1})
                     .empty() ||
                !tenant->actions({.state = respond::action_state::approved, .limit = 1}).empty())
              journal(self, {name}, {respond::tick{t.now, {}}}, {});
        }
        if (st.checkpointed_at == base::receive_time{})
          st.checkpointed_at = t.now;
        // Without tenants too: an entry that no checkpoint covers keeps the whole node's log.
        if (st.applied.value > 0 && t.now >= st.checkpointed_at + st.args.checkpoint_interval) {
          st.checkpointed_at = t.now;
          write_checkpoint(self, [] {});
        }
      },
      [self](atom::drain) -> caf::result<atom::done> {
        auto promise = self->make_response_promise<atom::done>();
        write_checkpoint(
            self, [promise]() mutable { promise.deliver(atom::done::value); },
            [promise](const caf::error& e) mutable { promise.deliver(e); });
        self->state.draining = true;
        return promise;
      },
      [self](atom::status) {
        const auto& st = self->state;
        base::json_writer w;
        w.begin_object();
        w.member("partition", st.args.partition.value).member("applied", st.applied.value);
        w.member("generation", st.in_force->number.value);
        w.member("alerts", st.alerts).member("actions", st.actions);
        w.member("tenants", static_cast<std::uint64_t>(st.tenants.size()));
        w.end_object();
        return std::string{w.text()};
      },
  };
}

} // namespace vedette::actors
