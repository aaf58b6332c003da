#include "actors/ask_fold.hpp"
#include "actors/awaited_shares.hpp"
#include "actors/gate_steps.hpp"

#include <fmt/format.h>

#include <memory>

namespace vedette::actors {

namespace {

using detector_gate_pointer = detector_gate::stateful_pointer<detector_gate_state>;

/// What partitions of this process were asked goes to them together.
void send_asks(detector_gate_pointer self) {
  auto& st = self->state;
  if (!st.asks.empty())
    self->send(st.local, batch_asks{detector_gate{self}, std::exchange(st.asks, {})});
}

/// Does something to a partition's core, and what it leads to.
template <class Do>
void with_core(detector_gate_pointer self, base::partition_id p, Do what) {
  const auto at = self->state.cores.find(p);
  if (at == self->state.cores.end())
    return; // it is not one of the cluster's
  const auto now = now_of_gate(self);
  what(at->second, now);
  send_asks(self);
  wake_gate(self, at->second, now);
}

template <class Do>
void for_each_core(detector_gate_pointer self, Do what) {
  const auto now = now_of_gate(self);
  for (auto& [p, core] : self->state.cores) {
    what(core, now);
    wake_gate(self, core, now);
  }
  send_asks(self);
}

template <class Answer>
caf::result<Answer> put(detector_gate_pointer self, base::partition_id p, question what) {
  auto promise = self->make_response_promise<Answer>();
  if (!self->state.cores.contains(p))
    return to_caf({base::ec::invalid_argument,
                   fmt::format("asking partition {}: the group has none of that number", p.value)});
  with_core(self, p, [&](gate_core& core, gate_core::time now) {
    core.add(std::move(what), deliver_reply(promise), now);
  });
  return promise;
}

caf::result<batch_results> put_shares(detector_gate_pointer self, batch_shares& s) {
  auto& st = self->state;
  const auto promise = self->make_response_promise<batch_results>();
  const auto all = std::make_shared<awaited_shares>(s.shares.size(), promise);
  const auto now = now_of_gate(self);
  for (std::size_t i = 0; i < s.shares.size(); ++i) {
    auto& core = st.cores.at(s.shares[i].first);
    core.add(
        std::move(s.shares[i].second),
        [all, i](reply r) { all->put(i, share_result_of(std::move(r))); }, now);
    wake_gate(self, core, now);
  }
  send_asks(self);
  return promise;
}

/// What is asked of this process's copy.
void ask_here(detector_gate_pointer self, base::partition_id p, std::uint64_t id,
              const question& what) {
  if (const auto* batch = std::get_if<partition_batch>(&what)) {
    self->state.asks.push_back({id, p, *batch});
    return;
  }
  ask_fold(self, p, self->state.local, what, [self, p, id](reply r) {
    with_core(self, p, [&](gate_core& core, gate_core::time now) {
      core.replied(id, std::move(r), self->state.self, now);
    });
  });
}

/// Batches of a partition to those that may keep them.
parking_lane lane_of(detector_gate_pointer self, const gated_partition& g,
                     const partition_handles& of) {
  parking_lane lane = g.args.park;
  lane.keepers = g.keepers.size();
  if (g.keepers.empty())
    return lane;
  lane.put = [self, of, keepers = g.keepers,
              home = g.args.partition](std::size_t keeper, std::vector<partition_batch> batches,
                                       std::function<void(reply)> then) {
    self->request(of(keepers[keeper]), caf::infinite, keepers[keeper],
                  park_request{home, std::move(batches)})
        .then([then](atom::done) { then(reply{acknowledged{}}); },
              [then](const caf::error& e) { then(reply{from_caf(e)}); });
  };
  lane.ask = [self, of, keepers = g.keepers,
              home = g.args.partition](std::size_t keeper, std::function<void(reply)> then) {
    self->request(of(keepers[keeper]), caf::infinite, keepers[keeper], parked_question{home, false})
        .then(
            [self, then](const parked_count& n) {
              then(reply{n});
              send_asks(self);
            },
            [self, then](const caf::error& e) {
              then(reply{from_caf(e)});
              send_asks(self);
            });
  };
  return lane;
}

void take_fold(detector_gate_pointer self, const fold_here& f) {
  auto& st = self->state;
  if (f.detector != st.local) {
    st.local = f.detector;
    self->monitor(f.detector);
  }
  with_core(self, f.partition,
            [](gate_core& core, gate_core::time now) { core.local_there(true, now); });
}

} // namespace

detector_gate::behavior_type gate_of_detectors(detector_gate_pointer self,
                                               std::vector<gated_partition> group,
                                               const partition_handles& of) {
  auto& st = self->state;
  for (auto& g : group) {
    st.self = g.args.self;
    g.args.park = lane_of(self, g, of);
    const auto p = g.args.partition;
    st.cores.try_emplace(p, std::move(g.args), [self, p](std::uint64_t id, const question& what) {
      ask_here(self, p, id, what);
    });
  }
  self->set_down_handler([self](const caf::down_msg& m) {
    if (!self->state.local || m.source != self->state.local.address())
      return;
    self->state.local = nullptr;
    for_each_core(self, [](gate_core& core, gate_core::time now) { core.local_there(false, now); });
  });
  using base::partition_id;
  return {
      [self](batch_shares& s) { return put_shares(self, s); },
      [self](partition_id p, park_request& r) { return put<atom::done>(self, p, std::move(r)); },
      [self](partition_id p, drain_request& d) { return put<atom::done>(self, p, std::move(d)); },
      [self](partition_id p, const parked_question& q) { return put<parked_count>(self, p, q); },
      [self](partition_id p, const pressure_question& q) {
        return put<alert_pressure>(self, p, q);
      },
      [self](partition_id p, atom::parked) -> caf::result<atom::done> {
        auto promise = self->make_response_promise<atom::done>();
        with_core(self, p, [&](gate_core& core, gate_core::time) {
          core.when_none_is_parked([promise]() mutable { promise.deliver(atom::done::value); });
        });
        return promise;
      },
      [self](const tick& t) {
        if (self->state.local)
          self->send(self->state.local, t);
      },
      [self](const content_change& c) { return pass_on(self, c); },
      [self](partition_id p, atom::identity, const std::string& tenant, const std::string& key) {
        return put<answer>(self, p, identity_question{tenant, key});
      },
      [self](partition_id p, atom::quarantine, const std::string& tenant, std::uint64_t limit) {
        return put<answer>(self, p, quarantine_question{tenant, limit});
      },
      [self](atom::drain) {
        for (auto& [p, core] : self->state.cores)
          core.drain();
        return pass_on(self, atom::drain::value);
      },
      [self](partition_id p, atom::status) { return put<std::string>(self, p, status_question{}); },
      [self](partition_id p, const route& r) {
        with_core(self, p, [&](gate_core& core, gate_core::time now) { core.routed(r, now); });
      },
      [self](remote_reply& r) {
        with_core(self, r.partition, [&](gate_core& core, gate_core::time now) {
          core.replied(r.id, std::move(r.what), r.from, now);
        });
      },
      [self](const fold_here& f) { take_fold(self, f); },
      [self](atom::beat) {
        gate_beat_came(self, now_of_gate(self));
        for_each_core(self, [](gate_core& core, gate_core::time now) { core.beat(now); });
      },
      [self](batch_answers& all) {
        const auto now = now_of_gate(self);
        for (auto& a : all.answers) {
          auto& core = self->state.cores.at(a.partition);
          core.replied(a.id, reply_of(a.what), self->state.self, now);
          wake_gate(self, core, now);
        }
        send_asks(self);
      },
  };
}

} // namespace vedette::actors
