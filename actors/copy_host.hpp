// A copy of a partition is one actor: a fold, and the replica of its log inside. What the actor
// does for the replica, and whose turn it is.
//
// The fold calls the replica and hears back in a turn of its own, after the replica has said all it
// has to say; so neither ever finds the other in the middle of something. `Self` is the actor's
// pointer, whose state has `copy`. Owned by the actor's state, used on its thread.
#pragma once

#include "actors/error.hpp"
#include "actors/interfaces.hpp"
#include "actors/replica.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace vedette::actors {

struct copy_args {
  replica_args log;
  committer_actor committer;
  base::duration beat = std::chrono::milliseconds{50};
  /// Runs what reads for long; empty: on a thread of its own.
  std::function<void(std::function<void()>)> aside = {};
};

template <class Self>
class copy_host final : public replica_host {
 public:
  /// `hear`: the fold takes one word.
  copy_host(Self self, copy_args args, std::function<void(fold_word&)> hear)
      : self_{self}, committer_{std::move(args.committer)}, beat_{args.beat},
        aside_{std::move(args.aside)}, hear_{std::move(hear)}, replica_{std::move(args.log),
                                                                        *this} {}
  copy_host(const copy_host&) = delete;
  copy_host& operator=(const copy_host&) = delete;

  /// From what the store holds; before anything else.
  [[nodiscard]] base::status open() {
    if (auto ok = replica_.open(); !ok)
      return ok;
    self_->delayed_send(self_, beat_, atom::beat::value);
    return {};
  }

  /// For the fold, in its turn.
  [[nodiscard]] hosted_replica& replica() noexcept { return replica_; }
  [[nodiscard]] const committer_actor& committer() const noexcept { return committer_; }
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
    for (int heard = 0; heard < words_a_turn && !words_.empty(); ++heard) {
      auto word = std::move(words_.front());
      words_.pop_front();
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
  void beat() {
    turn([this](hosted_replica& r) {
      beats_after_ = r.beat(beats_after_) ? 10 * beat_ : beat_;
      self_->delayed_send(self_, beats_after_, atom::beat::value);
    });
  }
  [[nodiscard]] caf::result<std::string> seal(base::epoch epoch) {
    auto promise = self_->template make_response_promise<std::string>();
    turn([&](hosted_replica& r) {
      r.seal(epoch, [promise](std::string status) mutable { promise.deliver(std::move(status)); });
    });
    return promise;
  }

  void commit(write_request r, outcome then) override { ask(std::move(r), std::move(then)); }
  void commit(stage_request r, outcome then) override { ask(std::move(r), std::move(then)); }
  void commit(switch_request r, outcome then) override { ask(std::move(r), std::move(then)); }
  void release(base::partition_id p) override { self_->send(committer_, release_hold{p}); }

  void tell_fold(fold_word w) override {
    words_.push_back(std::move(w));
    if (!turning_)
      wake_later();
  }

  void offload(std::function<std::function<void()>()> work) override {
    auto job = [to = replica_actor{self_}, work = std::move(work)] {
      caf::anon_send(to, work_done{std::make_shared<std::function<void()>>(work())});
    };
    if (aside_) {
      aside_(std::move(job));
      return;
    }
    // With an argument: CAF 0.17 spawns a function without one through a null pointer.
    self_->system().template spawn<caf::detached>(
        [](caf::event_based_actor*, const std::shared_ptr<std::function<void()>>& what) {
          (*what)();
        },
        std::make_shared<std::function<void()>>(std::move(job)));
  }

 private:
  /// Of up to a megabyte of entries each: what others say to the replica must not wait for long.
  static constexpr int words_a_turn = 4;

  void wake_later() {
    if (!std::exchange(woken_, true))
      self_->send(self_, atom::turn::value);
  }

  template <class Request>
  void ask(Request r, outcome then) {
    self_->request(committer_, caf::infinite, std::move(r))
        .then([this, then](atom::done) { turn([&](hosted_replica&) { then({}); }); },
              [this, then](const caf::error& e) {
                turn([&](hosted_replica&) { then(from_caf(e)); });
              });
  }

  Self self_;
  committer_actor committer_;
  base::duration beat_, beats_after_ = beat_;
  std::function<void(std::function<void()>)> aside_;
  std::function<void(fold_word&)> hear_;
  std::deque<fold_word> words_; ///< what the fold was told and has not heard yet
  bool turning_ = false, woken_ = false;
  hosted_replica replica_;
};

/// What the fold's actor does itself, and what all copies do alike.
template <class Self, class... Own>
typename std::remove_pointer_t<Self>::behavior_type copy_behavior(Self self, Own... own) {
  return {
      std::move(own)...,
      [self](const peer_message& m) {
        self->state.copy->turn([&](hosted_replica& r) { r.received(m); });
      },
      [self](const table_value& t) {
        self->state.copy->turn([&](hosted_replica& r) { r.table_seen(t); });
      },
      [self](const proposal_result& p) {
        self->state.copy->turn([&](hosted_replica& r) { r.proposal_answered(p); });
      },
      [self](atom::lost) { self->state.copy->replica().table_lost(); },
      [self](const seal_request& r) { return self->state.copy->seal(r.epoch); },
      [self](atom::replica) { return self->state.copy->replica().status(); },
      [self](atom::beat) { self->state.copy->beat(); },
      [self](atom::turn) { self->state.copy->wake(); },
      [self](const work_done& w) { self->state.copy->turn([&](hosted_replica&) { (*w.then)(); }); },
  };
}

} // namespace vedette::actors
