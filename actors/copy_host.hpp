// A copy of a partition: a fold and the replica of its log, and whose turn it is. What both need of
// an actor their seat does (copy_seat.hpp).
//
// The fold calls the replica and hears back in a turn of its own, after the replica has said all it
// has to say; so neither ever finds the other in the middle of something. Owned by the state of the
// actor that is its seat, used on its thread.
#pragma once

#include "actors/copy_seat.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

namespace vedette::actors {

class copy_host final : public replica_host {
 public:
  /// `hear`: the fold takes one word. The seat outlives it.
  copy_host(copy_seat& seat, replica_args log, base::duration beat,
            std::function<void(fold_word&)> hear)
      : seat_{seat}, beat_{beat}, hear_{std::move(hear)}, replica_{std::move(log), *this} {}
  copy_host(const copy_host&) = delete;
  copy_host& operator=(const copy_host&) = delete;

  /// From what the store holds; before anything else.
  [[nodiscard]] base::status open() { return replica_.open(); }

  /// For the fold, in its turn.
  [[nodiscard]] hosted_replica& replica() noexcept { return replica_; }
  [[nodiscard]] copy_seat& seat() const noexcept { return seat_; }
  [[nodiscard]] base::partition_id partition() const noexcept { return replica_.args().partition; }
  [[nodiscard]] const std::shared_ptr<state::store>& store() const noexcept {
    return replica_.args().store;
  }

  /// Something for the replica comes from outside; then the fold has its turn.
  template <class Call>
  void turn(Call call) {
    const bool outermost = !std::exchange(turning_, true);
    call(replica_);
    if (!outermost)
      return;
    // Not before its own turn when that is coming: one message may give all copies of a seat a
    // turn.
    for (std::size_t heard = 0; !woken_ && heard < bytes_a_turn && !words_.empty();) {
      auto word = std::move(words_.front());
      words_.pop_front();
      if (const auto* c = std::get_if<committed>(&word))
        heard += c->bytes;
      hear_(word);
    }
    turning_ = false;
    if (!words_.empty())
      wake_later();
  }
  /// The fold was told something while nobody had a turn.
  void wake() {
    woken_ = false;
    turn([](hosted_replica&) {});
  }
  /// How long until it wants to be called again; `now` on any scale.
  [[nodiscard]] base::duration beat(base::duration now) {
    if (now >= due_) {
      turn([this](hosted_replica& r) { interval_ = r.beat(interval_) ? 10 * beat_ : beat_; });
      due_ = now + interval_;
    }
    return due_ - now;
  }
  void seal(base::epoch epoch, std::function<void(std::string)> then) {
    turn([&](hosted_replica& r) { r.seal(epoch, std::move(then)); });
  }

  void commit(write_request r, outcome then) override {
    seat_.commit(std::move(r), in_turn(std::move(then)));
  }
  void commit(stage_request r, outcome then) override {
    seat_.commit(std::move(r), in_turn(std::move(then)));
  }
  void commit(switch_request r, outcome then) override {
    seat_.commit(std::move(r), in_turn(std::move(then)));
  }
  void release(base::partition_id p) override { seat_.release(p); }
  void tell_fold(fold_word w) override {
    words_.push_back(std::move(w));
    if (!turning_)
      wake_later();
  }
  void offload(std::function<std::function<void()>()> work) override {
    seat_.offload(partition(), std::move(work));
  }
  [[nodiscard]] std::function<void(std::function<void()>)> poster() override {
    return seat_.poster(partition());
  }

 private:
  /// Of entries: what others say to the replica, and to its neighbours, must not wait for long.
  static constexpr std::size_t bytes_a_turn = std::size_t{1} << 20;

  void wake_later() {
    if (!std::exchange(woken_, true))
      seat_.wake(partition());
  }
  [[nodiscard]] outcome in_turn(outcome then) {
    return [this, then = std::move(then)](const base::status& how) {
      turn([&](hosted_replica&) { then(how); });
    };
  }

  copy_seat& seat_;
  base::duration beat_, interval_ = beat_, due_{};
  std::function<void(fold_word&)> hear_;
  std::deque<fold_word> words_; ///< what the fold was told and has not heard yet
  bool turning_ = false, woken_ = false;
  hosted_replica replica_;
};

/// What the fold's actor does itself, and what all copies do alike. `copy_of`: the copy of a
/// partition; null when there is none here. `each`: calls what it is given with every copy.
template <class Self, class CopyOf, class Each, class... Own>
typename std::remove_pointer_t<Self>::behavior_type copy_behavior(Self self, CopyOf copy_of,
                                                                  Each each, Own... own) {
  const auto turn = [self, copy_of](base::partition_id p, auto call) {
    const auto together = self->state.seat->burst();
    if (auto* copy = copy_of(p))
      copy->turn(call);
  };
  return {
      std::move(own)...,
      [turn](const peer_message& m) {
        turn(m.what->partition, [&](hosted_replica& r) { r.received(m); });
      },
      [self, each](const peer_heard& p) {
        const auto together = self->state.seat->burst();
        each([&](copy_host& c) {
          c.turn([&](hosted_replica& r) { r.peer_heard(p.node, p.heard); });
        });
      },
      [turn](const table_value& t) {
        turn(t.partition, [&](hosted_replica& r) { r.table_seen(t); });
      },
      [turn](const proposal_result& p) {
        turn(p.partition, [&](hosted_replica& r) { r.proposal_answered(p); });
      },
      [each](atom::lost) { each([](copy_host& c) { c.replica().table_lost(); }); },
      [self, copy_of](const seal_request& r) -> caf::result<std::string> {
        auto* copy = copy_of(r.partition);
        if (copy == nullptr)
          return to_caf(no_copy(r.partition));
        const auto together = self->state.seat->burst();
        auto promise = self->template make_response_promise<std::string>();
        copy->seal(r.epoch,
                   [promise](std::string status) mutable { promise.deliver(std::move(status)); });
        return promise;
      },
      [copy_of](base::partition_id p, atom::replica) -> caf::result<std::string> {
        auto* copy = copy_of(p);
        return copy == nullptr ? caf::result<std::string>{to_caf(no_copy(p))}
                               : caf::result<std::string>{copy->replica().status()};
      },
      [self, each](atom::beat) {
        auto& seat = *self->state.seat;
        const auto now = seat.beat_came();
        auto next = 10 * seat.beat();
        each([&](copy_host& c) { next = std::min(next, c.beat(now)); });
        seat.beat_at(now + next);
      },
      [self, copy_of](base::partition_id p, atom::turn) {
        const auto together = self->state.seat->burst();
        if (auto* copy = copy_of(p))
          copy->wake();
      },
      [turn](const work_done& w) { turn(w.partition, [&](hosted_replica&) { (*w.then)(); }); },
  };
}

} // namespace vedette::actors
