// Answers what other nodes ask of the folds of this one.
//
// Remembers the folds of this process by partition, and nothing of what was asked: who gets no
// answer asks again. Several per node, so that decoding does not queue; a node's questions
// always come to the same one, in order.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/remote.hpp"

#include <functional>
#include <map>
#include <string>

namespace vedette::actors {

/// A request as it came, not decoded yet.
struct asked_from_afar {
  cluster::node_id from;
  std::string bytes;
};
using desk_actor = caf::typed_actor<caf::reacts_to<asked_from_afar>, caf::reacts_to<fold_here>>;

struct desk_args {
  /// Must not block.
  std::function<void(const cluster::node_id&, const remote_reply&)> answer;
};

struct desk_state {
  static constexpr const char* name = "desk";
  desk_args args;
  std::map<base::partition_id, fold_here> folds;
  std::uint64_t refused = 0; ///< bytes that were no request
};

desk_actor::behavior_type desk(desk_actor::stateful_pointer<desk_state> self, desk_args args);

} // namespace vedette::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::actors::asked_from_afar)
