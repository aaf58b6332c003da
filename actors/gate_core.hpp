// Questions to one partition's fold, wherever it is served: kept until they are answered.
//
// What changes state and may be told twice (batches, deliveries) is asked again, of whoever serves
// by then, until it is answered; other questions have a deadline, and a command that was sent and
// not answered is reported as that. What may be told twice is told in the order it came: an event
// that others of its source overtake may come too late for its window. Batches that nobody has
// taken for a while are parked: another partition keeps them (docs/decisions/0013-parking.md). Pure
// but for the calls it is given; owned by a gate's actor. Bounded by the askers' credit.
#pragma once

#include "actors/remote.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace vedette::actors {

/// Who serves a partition, by the newest table; an empty node is nobody.
struct route {
  cluster::node_id primary;
  base::epoch epoch;
};

/// How batches of a partition without a primary reach those that may keep them.
struct parking_lane {
  /// Both name a keeper by its place; neither may block. `put` empty: they are not parked.
  std::function<void(std::size_t keeper, std::vector<partition_batch>, std::function<void(reply)>)>
      put = {};
  /// How many batches it keeps for the partition.
  std::function<void(std::size_t keeper, std::function<void(reply)>)> ask = {};
  std::size_t keepers = 0;
  /// Nobody took a batch for so long: it is parked, with all behind it.
  std::chrono::nanoseconds after = std::chrono::seconds{3};
  /// The same, when batches were parked within the last `lately`.
  std::chrono::nanoseconds again = std::chrono::milliseconds{500};
  std::chrono::nanoseconds lately = std::chrono::seconds{10};
  /// Until a keeper is tried again that refused, or did not answer, or still has something.
  std::chrono::nanoseconds pause = std::chrono::milliseconds{100};
};

struct gate_args {
  base::partition_id partition;
  cluster::node_id self;
  /// To another node; false when it cannot be sent now. Must not block.
  std::function<bool(const cluster::node_id&, const remote_request&)> ask;
  std::chrono::nanoseconds patience = std::chrono::seconds{2}; ///< of questions
  /// Until what was sent to another node and not answered is sent again.
  std::chrono::nanoseconds repeat = std::chrono::seconds{1};
  parking_lane park = {};
  /// Other nodes may serve it: one whose disk is full is about to hand over. Else whoever asks is
  /// told at once.
  bool others = true;
};

/// Another time may give another answer.
[[nodiscard]] bool passes(const reply& r);

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

  /// Calls once no keeper has anything that was parked here.
  void when_none_is_parked(std::function<void()> then);
  /// Beats are needed although nothing waits.
  [[nodiscard]] bool parking() const noexcept { return parking_.on; }
  /// Something was refused, or has a deadline, or nobody is known to take it: beats are needed
  /// soon.
  [[nodiscard]] bool hurries() const noexcept {
    return refused_ || questions_ > 0 || parking_.on || !proven_;
  }

  [[nodiscard]] std::size_t waiting() const noexcept { return pending_.size(); }
  [[nodiscard]] const route& to() const noexcept { return route_; }
  [[nodiscard]] bool here() const noexcept { return route_.primary == args_.self; }

 private:
  struct pending {
    question what;
    answer_to then;
    bool lasting = false; ///< asked again until it is answered
    bool in_turn = false; ///< and not before what came before it
    bool out = false;     ///< asked, not answered
    bool sent = false;    ///< to another node, at some time
    bool parking = false; ///< given to a keeper, not answered
    bool large = false;   ///< not to be sent again soon
    time added{}, asked{}, deadline{};
  };
  void ask(std::uint64_t id, pending& p, time now);
  void ask_all(time now);
  void finish(std::map<std::uint64_t, pending>::iterator at, reply what);
  void doubt(time now);
  // Parking (gate_parking.cpp).
  void park_what_waits(time now);
  void parked(const std::vector<std::uint64_t>& ids, const reply& what);
  void ask_what_is_parked(time now);
  void told_what_is_parked(std::size_t keeper, const reply& what);

  gate_args args_;
  ask_local local_;
  route route_;
  bool local_there_ = false, draining_ = false;
  /// Who serves has answered a lasting question since it came to serve, and refused none since.
  bool proven_ = false;
  time doubted_{}; ///< since when it is not proven
  struct {
    /// Batches are parked: those behind them go the same way until nobody keeps any.
    bool on = false;
    bool out = false;          ///< batches, or a question, that a keeper has not answered
    std::size_t keeper = 0;    ///< tried next
    std::set<std::size_t> has; ///< keepers that may have some
    time not_before{}, ask_not_before{};
    std::optional<time> ended;
    std::vector<std::function<void()>> waiting; ///< for its end
  } parking_;
  time now_{}; ///< of the last call, for answers
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, pending> pending_;
  std::size_t questions_ = 0; ///< of these not lasting
  bool refused_ = false;      ///< one of them, since the last beat
};

} // namespace vedette::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::actors::route)
