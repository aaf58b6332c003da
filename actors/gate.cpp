#include "actors/gate.hpp"

#include "actors/ask_fold.hpp"

#include <utility>

namespace vedette::actors {

namespace {

/// Of a gate that waits for somebody who takes what it has, and of one that only waits for answers.
constexpr std::chrono::milliseconds soon{50}, later{500};

template <class Self>
gate_core::time now_of(Self* self) {
  return self->clock().now().time_since_epoch();
}

/// Beats come while something waits; a gate that is idle costs nothing, and one whose batches are
/// answered at once little: a node has thousands.
template <class Self>
void wake(Self* self) {
  const auto& core = *self->state.core;
  if (core.waiting() == 0 && !core.parking())
    return;
  const auto at = now_of(self) + (core.hurries() ? soon : later);
  auto& next = self->state.beats_at;
  if (next && *next <= at)
    return;
  next = at;
  self->delayed_send(self, core.hurries() ? soon : later, atom::beat::value);
}

template <class Self>
void beat(Self* self) {
  auto& next = self->state.beats_at;
  if (next && *next <= now_of(self))
    next.reset(); // else it was overtaken by one that came sooner
  self->state.core->beat(now_of(self));
  wake(self);
}

template <class Self>
void open(Self* self, gate_args args) {
  self->state.self = args.self;
  self->state.core.emplace(std::move(args), [self](std::uint64_t id, const question& what) {
    ask_fold(self, self->state.local, what, [self, id](reply r) {
      self->state.core->replied(id, std::move(r), self->state.self, now_of(self));
      wake(self);
    });
  });
}

/// Batches of this partition to those that may keep them.
void may_park(detector_gate::stateful_pointer<detector_gate_state> self, gate_args& args,
              const std::vector<base::partition_id>& keepers, const partition_handles& of) {
  args.park.keepers = keepers.size();
  if (keepers.empty())
    return;
  args.park.put = [self, keepers, of, home = args.partition](std::size_t keeper,
                                                             std::vector<partition_batch> batches,
                                                             std::function<void(reply)> then) {
    self->request(of(keepers[keeper]), caf::infinite, park_request{home, std::move(batches)})
        .then([then](atom::done) { then(reply{acknowledged{}}); },
              [then](const caf::error& e) { then(reply{from_caf(e)}); });
  };
  args.park.ask = [self, keepers, of, home = args.partition](std::size_t keeper,
                                                             std::function<void(reply)> then) {
    self->request(of(keepers[keeper]), caf::infinite, parked_question{home, false})
        .then([then](const parked_count& n) { then(reply{n}); },
              [then](const caf::error& e) { then(reply{from_caf(e)}); });
  };
}

template <class Answer>
Answer told(reply r);

template <>
answer told<answer>(reply r) {
  if (auto* e = std::get_if<base::error>(&r))
    return {{}, std::move(*e)};
  if (auto* text = std::get_if<std::string>(&r))
    return {std::move(*text), {}};
  return {{}, {base::ec::malformed, "another node answered something else than was asked"}};
}

/// Asks and answers with `Answer`; an error of the fold is CAF's.
template <class Answer, class Self>
caf::result<Answer> put(Self* self, question what) {
  auto promise = self->template make_response_promise<Answer>();
  self->state.core->add(
      std::move(what),
      [promise](reply r) mutable {
        if constexpr (std::is_same_v<Answer, answer>) {
          promise.deliver(told<answer>(std::move(r)));
        } else if (auto* e = std::get_if<base::error>(&r)) {
          promise.deliver(to_caf(*e));
        } else if constexpr (std::is_same_v<Answer, atom::done>) {
          promise.deliver(atom::done::value);
        } else if (auto* a = std::get_if<Answer>(&r)) {
          promise.deliver(std::move(*a));
        } else {
          promise.deliver(
              to_caf({base::ec::malformed, "another node answered something else than was asked"}));
        }
      },
      now_of(self));
  wake(self);
  return promise;
}

/// To the fold of this process, when there is one.
template <class Self, class Message>
caf::result<atom::done> pass_on(Self* self, const Message& m) {
  if (!self->state.local)
    return atom::done::value;
  auto promise = self->template make_response_promise<atom::done>();
  self->request(self->state.local, caf::infinite, m)
      .then([promise](atom::done) mutable { promise.deliver(atom::done::value); },
            [promise](const caf::error& e) mutable { promise.deliver(e); });
  return promise;
}

template <class Self, class Fold>
void take_local(Self* self, const Fold& fold) {
  auto& st = self->state;
  st.local = fold;
  if (fold)
    self->monitor(fold);
  st.core->local_there(static_cast<bool>(fold), now_of(self));
  wake(self);
}

template <class Self>
void when_it_ends(Self* self) {
  self->set_down_handler([self](const caf::down_msg& m) {
    if (!self->state.local || m.source != self->state.local.address())
      return;
    self->state.local = nullptr;
    self->state.core->local_there(false, now_of(self));
    wake(self);
  });
}

} // namespace

detector_gate::behavior_type
gate_of_detector(detector_gate::stateful_pointer<detector_gate_state> self, gate_args args,
                 const std::vector<base::partition_id>& keepers, const partition_handles& of) {
  may_park(self, args, keepers, of);
  open(self, std::move(args));
  when_it_ends(self);
  return {
      [self](partition_batch& b) { return put<partition_batch_result>(self, std::move(b)); },
      [self](park_request& p) { return put<atom::done>(self, std::move(p)); },
      [self](drain_request& d) { return put<atom::done>(self, std::move(d)); },
      [self](const parked_question& q) { return put<parked_count>(self, q); },
      [self](const pressure_question& q) { return put<alert_pressure>(self, q); },
      [self](atom::parked) -> caf::result<atom::done> {
        auto promise = self->make_response_promise<atom::done>();
        self->state.core->when_none_is_parked(
            [promise]() mutable { promise.deliver(atom::done::value); });
        return promise;
      },
      [self](const tick& t) {
        if (self->state.local)
          self->send(self->state.local, t);
      },
      [self](const content_change& c) { return pass_on(self, c); },
      [self](atom::identity, const std::string& tenant, const std::string& key) {
        return put<answer>(self, identity_question{tenant, key});
      },
      [self](atom::quarantine, const std::string& tenant, std::uint64_t limit) {
        return put<answer>(self, quarantine_question{tenant, limit});
      },
      [self](atom::drain) {
        self->state.core->drain();
        return pass_on(self, atom::drain::value);
      },
      [self](atom::status) { return put<std::string>(self, status_question{}); },
      [self](const route& r) {
        self->state.core->routed(r, now_of(self));
        wake(self);
      },
      [self](remote_reply& r) {
        self->state.core->replied(r.id, std::move(r.what), r.from, now_of(self));
        wake(self);
      },
      [self](atom::beat) { beat(self); },
      [self](const folding_detector& fold) { take_local(self, fold); },
  };
}

aggregator_gate::behavior_type
gate_of_aggregator(aggregator_gate::stateful_pointer<aggregator_gate_state> self, gate_args args) {
  open(self, std::move(args));
  when_it_ends(self);
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
      [self](const route& r) {
        self->state.core->routed(r, now_of(self));
        wake(self);
      },
      [self](remote_reply& r) {
        self->state.core->replied(r.id, std::move(r.what), r.from, now_of(self));
        wake(self);
      },
      [self](atom::beat) { beat(self); },
      [self](const folding_aggregator& fold) { take_local(self, fold); },
  };
}

} // namespace vedette::actors
