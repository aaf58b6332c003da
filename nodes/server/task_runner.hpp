// An actor that does what it is told, in order: for what must run inside the actor system.
//
// A class, and no function: CAF 0.17 spawns a function without arguments through a null pointer,
// which the sanitizer rightly refuses. Remembers nothing. Spawned by the actor and partition
// stages.
#pragma once

#include "nodes/server/parts.hpp"

#include <caf/all.hpp>

#include <memory>
#include <utility>

namespace vedette::server {

struct run_task {
  std::shared_ptr<task> what;
};

} // namespace vedette::server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::server::run_task)

namespace vedette::server {

class task_runner final : public caf::event_based_actor {
 public:
  using caf::event_based_actor::event_based_actor;

 protected:
  caf::behavior make_behavior() override {
    return {[this](const run_task& t) { (*t.what)(this); }};
  }
};

/// Returns at once; any thread.
inline void run_in(const caf::actor& runner, task t) {
  caf::anon_send(runner, run_task{std::make_shared<task>(std::move(t))});
}

} // namespace vedette::server
