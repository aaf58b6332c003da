#include "actors/aggregator.hpp"

#include "actors/aggregator_answers.hpp"
#include "actors/error.hpp"
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
    slot = std::make_unique<respond::tenant_state>(tenant, self->state.args.playbooks,
                                                   self->state.args.settings_of(tenant));
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
            if (!self->state.draining) {
              spdlog::error("tenant partition {}: {}", self->state.args.partition.value,
                            base::to_string(from_caf(e)));
              self->quit(e);
            }
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

base::status recover(self_pointer self) {
  auto& st = self->state;
  auto position = st.args.store->entities().position(st.args.partition);
  if (!position)
    return position.err();
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
            std::move(*d), st.args.playbooks, st.args.settings_of(key.tenant));
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

void write_checkpoint(self_pointer self, std::function<void()> then) {
  auto& st = self->state;
  auto changes = std::make_shared<state::changes>();
  for (const auto& [name, tenant] : st.tenants)
    changes->put({st.args.partition, {name}, state::state_kind::tenant, "state"},
                 encode(tenant->checkpoint()));
  changes->position(st.args.partition, st.applied);
  self->request(st.args.committer, caf::infinite, checkpoint_request{changes, true})
      .then([then](atom::done) { then(); }, [self](const caf::error& e) { self->quit(e); });
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
      [self](const tick& t) {
        auto& st = self->state;
        if (st.draining || st.tenants.empty())
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
        if (t.now >= st.checkpointed_at + st.args.checkpoint_interval) {
          st.checkpointed_at = t.now;
          write_checkpoint(self, [] {});
        }
      },
      [self](atom::drain) -> caf::result<atom::done> {
        auto promise = self->make_response_promise<atom::done>();
        write_checkpoint(self, [promise]() mutable { promise.deliver(atom::done::value); });
        self->state.draining = true;
        return promise;
      },
      [self](atom::status) {
        const auto& st = self->state;
        base::json_writer w;
        w.begin_object();
        w.member("partition", st.args.partition.value).member("applied", st.applied.value);
        w.member("alerts", st.alerts).member("actions", st.actions);
        w.member("tenants", static_cast<std::uint64_t>(st.tenants.size()));
        w.end_object();
        return std::string{w.text()};
      },
  };
}

} // namespace vedette::actors
