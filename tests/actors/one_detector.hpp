// A group's actor with one partition in it.
#pragma once

#include "actors/detectors.hpp"
#include "tests/actors/fold_host.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace vedette::actors::testing {

/// What reads for long runs at once, on the thread that asks.
inline seat_args seat_of_copies(const committer_actor& writer) {
  seat_args h;
  h.committer = writer;
  h.aside = [](const std::function<void()>& work) { work(); };
  return h;
}

/// The log of the only copy there is, on node n1.
inline replica_args lone_log(base::partition_id p, std::shared_ptr<state::store> store,
                             std::function<cluster::instant()> now) {
  replica_args r;
  r.partition = p;
  r.self = {{"n1"}, {1}};
  r.store = std::move(store);
  r.send = [](const auto&, const auto&) {};
  r.propose = [](auto, const auto&) {};
  r.reread = [](auto) {};
  r.now = std::move(now);
  return r;
}

inline folding_detector spawn_detector(caf::actor_system& system, seat_args seat,
                                       detector_args args) {
  folding_detector group = system.spawn(detectors, std::move(seat));
  caf::anon_send(group, new_detector{std::make_shared<detector_args>(std::move(args))});
  return group;
}

inline folding_detector spawn_detector(caf::actor_system& system, const committer_actor& writer,
                                       detector_args args) {
  return spawn_detector(system, seat_of_copies(writer), std::move(args));
}

} // namespace vedette::actors::testing
