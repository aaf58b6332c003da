// Questions to one partition's fold, wherever it is served: kept until they are answered.
//
// What changes state and may be told twice (batches, deliveries) is asked again, of whoever serves
// by then, until it is answered; other questions have a deadline, and a command that was sent and
// not answered is reported as that. What may be told twice is told in the order it came: an event
// that others of its source overtake may come too late for its window. Pure but for the calls it is
// given; owned by a gate's actor. Bounded by the askers' credit.
#pragma once

#include "actors/remote.hpp"

#include <chrono>
#include <functional>
#include <map>

namespace vedette::actors {

/// Who serves a partition, by the newest table; an empty node is nobody.
struct route {
  cluster::node_id primary;
  base::epoch epoch;
};

struct gate_args {
  base::partition_id partition;
  cluster::node_id self;
  /// To another node; false when it cannot be sent now. Must not block.
  std::function<bool(const cluster::node_id&, const remote_request&)> ask;
  std::chrono::nanoseconds patience = std::chrono::seconds{2}; ///< of questions
  /// Until what was sent to another node and not answered is sent again.
  std::chrono::nanoseconds repeat = std::chrono::seconds{1};
};

class gate_core {
 public:
  using time = std::chrono::nanoseconds; ///< any monotonic scale
  using answer_to = std::function<void(reply)>;
  /// Asks the fold of this process and calls `replied` with the id.
  using ask_local = std::function<void(std::uint64_t id, const question&)>;

  gate_core(gate_args args, ask_local local) : args_{std::move(args)}, local_{std::move(local)} {}

  void add(question what, answer_to then, time now);
  /// Of that node's fold.
  void replied(std::uint64_t id, reply what, const cluster::node_id& from, time now);
  /// The fold of this process came or went.
  void local_there(bool there, time now);
  void routed(const route& to, time now);
  /// Often: repeats and deadlines.
  void beat(time now);
  /// Nothing waits any longer for this process's fold.
  void drain();

  [[nodiscard]] std::size_t waiting() const noexcept { return pending_.size(); }
  [[nodiscard]] const route& to() const noexcept { return route_; }
  [[nodiscard]] bool here() const noexcept { return route_.primary == args_.self; }

 private:
  struct pending {
    question what;
    answer_to then;
    bool lasting = false;
    bool out = false;  ///< asked, not answered
    bool sent = false; ///< to another node, at some time
    time asked{}, deadline{};
  };
  void ask(std::uint64_t id, pending& p, time now);
  void ask_all(time now);
  void finish(std::map<std::uint64_t, pending>::iterator at, reply what);

  gate_args args_;
  ask_local local_;
  route route_;
  bool local_there_ = false, draining_ = false;
  /// Who serves has answered a lasting question since it came to serve, and refused none since.
  bool proven_ = false;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, pending> pending_;
};

} // namespace vedette::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::actors::route)
