#include "actors/ask_fold.hpp"
#include "actors/gate_steps.hpp"

namespace vedette::actors {

namespace {

using aggregator_gate_pointer = aggregator_gate::stateful_pointer<aggregator_gate_state>;

/// Does something to the core, and what it leads to.
template <class Do>
void with_core(aggregator_gate_pointer self, Do what) {
  const auto now = now_of_gate(self);
  what(*self->state.core, now);
  wake_gate(self, *self->state.core, now);
}

template <class Answer>
caf::result<Answer> put(aggregator_gate_pointer self, question what) {
  auto promise = self->make_response_promise<Answer>();
  with_core(self, [&](gate_core& core, gate_core::time now) {
    core.add(std::move(what), deliver_reply(promise), now);
  });
  return promise;
}

} // namespace

aggregator_gate::behavior_type gate_of_aggregator(aggregator_gate_pointer self, gate_args args) {
  self->state.self = args.self;
  self->state.core.emplace(std::move(args),
                           [self, p = args.partition](std::uint64_t id, const question& what) {
                             ask_fold(self, p, self->state.local, what, [self, id](reply r) {
                               with_core(self, [&](gate_core& core, gate_core::time now) {
                                 core.replied(id, std::move(r), self->state.self, now);
                               });
                             });
                           });
  self->set_down_handler([self](const caf::down_msg& m) {
    if (!self->state.local || m.source != self->state.local.address())
      return;
    self->state.local = nullptr;
    with_core(self, [](gate_core& core, gate_core::time now) { core.local_there(false, now); });
  });
  return {
      [self](delivery& d) { return put<atom::done>(self, std::move(d)); },
      [self](tenant_command& c) { return put<answer>(self, std::move(c)); },
      [self](tenant_query& q) { return put<answer>(self, std::move(q)); },
      [self](const content_change& c) { return pass_on(self, c); },
      [self](const tick& t) {
        if (self->state.local)
          self->send(self->state.local, t);
      },
      [self](atom::drain) {
        self->state.core->drain();
        return pass_on(self, atom::drain::value);
      },
      [self](atom::status) { return put<std::string>(self, status_question{}); },
      [self](base::partition_id, const route& r) {
        with_core(self, [&](gate_core& core, gate_core::time now) { core.routed(r, now); });
      },
      [self](remote_reply& r) {
        with_core(self, [&](gate_core& core, gate_core::time now) {
          core.replied(r.id, std::move(r.what), r.from, now);
        });
      },
      [self](const fold_here& f) {
        self->state.local = f.aggregator;
        self->monitor(f.aggregator);
        with_core(self, [](gate_core& core, gate_core::time now) { core.local_there(true, now); });
      },
      [self](atom::beat) {
        with_core(self, [&](gate_core& core, gate_core::time now) {
          gate_beat_came(self, now);
          core.beat(now);
        });
      },
  };
}

} // namespace vedette::actors
