// A detector's partition with the real fold: actors::partition_state over the host's store, and the
// duties of actors/detector.cpp, played as that actor plays them.
//
// Owned by a partition_host. Bounded by the collectors' credit and what the run lasts.
#pragma once

#include "actors/partition_state.hpp"
#include "tests/sim/clock.hpp"
#include "tests/sim/fold.hpp"
#include "tests/sim/real/host_store.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vedette::sim::real {

class detector_fold final : public partition_fold {
 public:
  explicit detector_fold(partition_host& host);

  [[nodiscard]] std::uint64_t applied() const override { return fold_->applied().value; }
  [[nodiscard]] base::hash128 digest() const override { return fold_->digest(); }
  bool apply(const cluster::entry& e) override;
  [[nodiscard]] checkpoint image() override;
  void load(const checkpoint& from) override;

  void begin_term(base::epoch e) override;
  void end_term() override;
  void answer(std::uint64_t through) override;
  void react() override;
  void take_batch(const batch& b, const accept& accepted, const refuse& refused) override;
  void take_alert(const delivery&, const accept&) override;
  [[nodiscard]] bool at_rest() const override;
  void judge() const override;

 private:
  void fold_failed(const base::error& why);
  /// False when it cannot be appended now.
  bool append(state::entry_kind kind, std::string body);
  /// The log says that this generation is in force before anything names it.
  bool announce(base::generation g);
  void say_alerts();
  void send_outbox();
  void note_answers();
  void take_tick();
  [[nodiscard]] schemas::tick_entry tick_now() const;

  partition_host& host_;
  std::shared_ptr<host_store> store_;
  std::unique_ptr<actors::partition_state> fold_;

  // Of a term.
  struct waiting {
    batch_key key;
    std::shared_ptr<const schemas::batch_entry> batch;
    std::vector<accept> replies;
  };
  std::optional<base::epoch> term_;
  base::generation announced_;
  std::map<std::uint64_t, waiting> appended_; ///< batches, by index
  std::map<batch_key, std::uint64_t> under_way_;
  std::set<std::pair<std::uint64_t, std::string>> emitting_;
  std::map<std::uint64_t, instant> sent_; ///< of the outbox
  std::set<std::uint64_t> answered_, answering_;
  std::map<std::uint64_t, std::uint64_t> running_; ///< the broken outbox
  std::uint64_t running_count_ = 0;
  instant ticked_at_{};
};

} // namespace vedette::sim::real
