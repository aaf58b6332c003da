// A tenant partition with the real fold: actors::tenants_fold over the host's store, and the duties
// of actors/aggregator*.cpp, played as that actor plays them. The responder is the world's cloud.
//
// Owned by a partition_host. Bounded by what the run lasts.
#pragma once

#include "actors/tenants_fold.hpp"
#include "tests/sim/clock.hpp"
#include "tests/sim/fold.hpp"
#include "tests/sim/real/host_store.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vedette::sim::real {

class tenant_partition final : public partition_fold {
 public:
  explicit tenant_partition(partition_host& host);

  [[nodiscard]] std::uint64_t applied() const override { return fold_->applied().value; }
  [[nodiscard]] base::hash128 digest() const override { return fold_->digest(); }
  /// It costs what the tenants hold, so it is told where copies are compared.
  [[nodiscard]] std::optional<base::hash128> digest_after(std::uint64_t index) const override;
  bool apply(const cluster::entry& e) override;
  [[nodiscard]] checkpoint image() override;
  void load(const checkpoint& from) override;

  void begin_term(base::epoch e) override;
  void end_term() override;
  void answer(std::uint64_t) override {}
  void react() override;
  void take_batch(const batch&, const accept&, const refuse&) override;
  void take_alert(const delivery& d, const accept& accepted) override;
  [[nodiscard]] bool at_rest() const override;
  void judge() const override;

 private:
  using told = std::function<void(const respond::outputs&)>;
  struct entry_to_write {
    state::entry_kind kind;
    actors::tenants_fold::meaning says;
    std::string body;
    told then;
  };

  void fold_failed(const base::error& why);
  /// Written as soon as the replica takes it; `then` once it is folded.
  void journal(const base::tenant_id& tenant, respond::input in, told then = {});
  void announce(base::generation g);
  void write();
  void carry_out(const base::tenant_id& tenant, const respond::outputs& said);
  /// From its turn to its outcome: looked at, attempted in the log, called.
  void attempt(const base::tenant_id& tenant, const respond::action& a);
  void call(const base::tenant_id& tenant, const std::string& action);
  void conclude(const base::tenant_id& tenant, const std::string& action,
                respond::attempt_result how);
  void resume_when_due();
  void tick_when_due();
  [[nodiscard]] base::receive_time wall() const;
  /// Runs in this term or not at all.
  [[nodiscard]] std::function<void()> in_term(std::function<void()> what) const;

  partition_host& host_;
  std::shared_ptr<host_store> store_;
  std::unique_ptr<actors::tenants_fold> fold_;

  // Of a term.
  std::optional<base::epoch> term_;
  base::generation announced_;
  std::deque<entry_to_write> to_write_;
  std::map<std::uint64_t, entry_to_write> appended_; ///< by index
  std::map<outbox_position, std::vector<accept>> arriving_;
  std::set<std::string> begun_; ///< actions that were attempted in this term
  std::optional<instant> resume_at_;
  instant ticked_at_{};
};

} // namespace vedette::sim::real
