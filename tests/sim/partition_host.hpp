// What an actor would be: hosts one replica, shows the fold what is committed, and appends what the
// fold wants said while it serves.
//
// Dies with its node's process; the store outlives it. Thin on purpose: everything the protocol
// decides is in cluster/replica.hpp. Owned by tests/sim/node.hpp.
#pragma once

#include "cluster/replica.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/fold.hpp"
#include "tests/sim/world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace vedette::sim {

class partition_host {
 public:
  partition_host(world& w, node& n, base::partition_id id);

  void table_seen(cluster::revision at, const cluster::assignment& value);
  void received(const cluster::node_id& from, const cluster::message& m);
  void stored(cluster::ticket upto);
  void tick();
  void table_lost() { replica_.table_lost(); }
  void proposal_answered(std::uint64_t token, cluster::proposal_outcome outcome);
  void seal(base::epoch e);

  [[nodiscard]] const cluster::replica& replica() const noexcept { return replica_; }
  [[nodiscard]] partition_fold& fold() const noexcept { return *fold_; }
  [[nodiscard]] bool rotten() const noexcept { return rotten_; }
  void rot(std::uint64_t where);

  // --- for the fold ---

  [[nodiscard]] world& around() const noexcept { return world_; }
  [[nodiscard]] node& at() const noexcept { return node_; }
  [[nodiscard]] base::partition_id id() const noexcept { return id_; }
  [[nodiscard]] bool serving() const noexcept {
    return replica_.role() == cluster::replica_role::serving;
  }
  [[nodiscard]] instant now() const;
  /// Its index; nothing when it cannot be taken now.
  std::optional<base::entry_index> append(std::uint8_t kind, body b);
  void run_orders();
  /// Runs only if this host is still there.
  [[nodiscard]] std::function<void()> guarded(std::function<void()> what) const;

 private:
  void carry_out(cluster::order& o);
  void put(cluster::ticket number, decltype(write::what) what);
  void fold_to(base::entry_index through);
  void fold_one(const cluster::entry& e);
  void folded_early(const std::vector<cluster::entry>& entries);
  void open(std::uint64_t id);
  void propose(const cluster::propose& p);
  void note_change(const cluster::assignment& before, const cluster::assignment& after);
  void alarm(const cluster::raise_alarm& a);
  void react();
  void store_checkpoint();

  world& world_;
  node& node_;
  base::partition_id id_;
  cluster::replica replica_;
  std::unique_ptr<partition_fold> fold_;
  std::uint64_t told_ = 0; ///< committed entries were seen up to here
  bool rotten_ = false;
  std::map<std::uint64_t, checkpoint> open_;
  /// Ends with the host: what is still on its way to it must find that out.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  instant checkpoint_at_{};
};

} // namespace vedette::sim
