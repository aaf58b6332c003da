// The model of a fold, with its duties: takes batches and alerts, says what was raised, sends its
// outbox, runs actions. `fold_state` (payload.hpp) is its state.
//
// Plays detectors and aggregators alike; copies are cheap, which is what a hundred thousand seeds
// need.
#pragma once

#include "tests/sim/clock.hpp"
#include "tests/sim/fold.hpp"

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace vedette::sim {

class model_fold final : public partition_fold {
 public:
  explicit model_fold(partition_host& host) : host_{host} {}

  [[nodiscard]] std::uint64_t applied() const override { return state_.applied; }
  [[nodiscard]] base::hash128 digest() const override { return {0, state_.digest}; }
  bool apply(const cluster::entry& e) override { return state_.apply(e); }
  [[nodiscard]] checkpoint image() override;
  void load(const checkpoint& from) override;
  [[nodiscard]] bool may_rot() const override { return !state_.counted.empty(); }
  void rot(std::uint64_t where) override { state_.rot(where); }

  void begin_term(base::epoch) override {}
  void end_term() override;
  void answer(std::uint64_t through) override;
  void react() override;
  void take_batch(const batch& b, const accept& accepted, const refuse& refused) override;
  void take_alert(const delivery& d, const accept& accepted) override;
  [[nodiscard]] bool at_rest() const override;
  void judge() const override;

 private:
  bool append(kind k, std::span<const std::uint64_t> numbers);
  void say_alerts();
  void send_outbox();
  void act();

  partition_host& host_;
  fold_state state_;

  struct waiting {
    std::uint64_t index = 0;
    std::vector<accept> replies;
  };
  std::map<batch_key, waiting> batches_;
  std::map<outbox_position, waiting> arriving_;
  std::set<std::uint64_t> emitting_, answering_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, instant> sent_; ///< by (emitted, index)
  std::set<std::pair<std::uint64_t, std::uint64_t>> answered_;
  std::set<alert_id> intending_, concluding_;
  std::map<alert_id, instant> calling_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> running_; ///< the broken outbox
  std::uint64_t running_count_ = 0;
};

} // namespace vedette::sim
