// What an actor would be: hosts one replica, folds what is committed, appends what the fold wants
// said, and talks to collectors, aggregators and clouds while it serves.
//
// Dies with its node's process; the store outlives it. Thin on purpose: everything the protocol
// decides is in cluster/replica.hpp. Owned by tests/sim/node.hpp.
#pragma once

#include "cluster/replica.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/payload.hpp"
#include "tests/sim/world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>

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

  /// The reply says whether it is safe.
  void take_batch(const batch& b, const std::function<void()>& accepted,
                  const std::function<void(cluster::node_id)>& refused);
  struct delivery {
    outbox_position at;
    alert_id alert = 0;
    std::uint64_t emitted = 0, index = 0; ///< in the sender's outbox
  };
  void take_alert(const delivery& d, const std::function<void()>& accepted);

  [[nodiscard]] const cluster::replica& replica() const noexcept { return replica_; }
  [[nodiscard]] const fold_state& fold() const noexcept { return fold_; }
  [[nodiscard]] bool rotten() const noexcept { return rotten_; }
  void rot(std::uint64_t where);
  /// True when the model has nothing left to say, send or do.
  [[nodiscard]] bool at_rest() const;

 private:
  void run_orders();
  void carry_out(cluster::order& o);
  void put(cluster::ticket number, decltype(write::what) what);
  void fold_to(base::entry_index through);
  void fold_one(const cluster::entry& e);
  void folded_early(const std::vector<cluster::entry>& entries);
  void open(std::uint64_t id);
  void propose(const cluster::propose& p);
  void note_change(const cluster::assignment& before, const cluster::assignment& after);
  void alarm(const cluster::raise_alarm& a);
  void forget_duties();
  /// Appends and sends what the fold asks for; only while serving.
  void react();
  void say_alerts();
  void send_outbox();
  void act();
  /// Runs only if this host is still there.
  [[nodiscard]] std::function<void()> guarded(std::function<void()> what) const;
  bool append(kind k, body b);
  void store_checkpoint();
  [[nodiscard]] instant now() const;

  world& world_;
  node& node_;
  base::partition_id id_;
  cluster::replica replica_;
  fold_state fold_;
  std::uint64_t told_ = 0; ///< committed entries were seen up to here
  bool rotten_ = false;
  std::map<std::uint64_t, checkpoint> open_;
  /// Ends with the host: what is still on its way to it must find that out.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);

  // Duties of a serving primary; void when it steps down.
  struct waiting {
    std::uint64_t index = 0;
    std::vector<std::function<void()>> replies;
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
  instant checkpoint_at_{};
};

} // namespace vedette::sim
