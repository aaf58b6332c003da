// A group's actor with one partition in it.
#pragma once

#include "actors/detectors.hpp"
#include "tests/actors/fold_host.hpp"

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

inline folding_detector spawn_detector(caf::actor_system& system, const committer_actor& writer,
                                       detector_args args) {
  folding_detector group = system.spawn(detectors, seat_of_copies(writer));
  caf::anon_send(group, new_detector{std::make_shared<detector_args>(std::move(args))});
  return group;
}

} // namespace vedette::actors::testing
