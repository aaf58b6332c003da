// The coordinator of the simulation: leases, one value per partition changed by swap, an election,
// and watches, answering on virtual time, sometimes not at all.
//
// Does what etcd does and loses what etcd can lose: it can be down, let all leases expire together,
// or come back empty. Linearisable by being one object. Called by tests/sim/node.cpp through the
// network, so that questions and answers are lost independently.
#pragma once

#include "cluster/coordinator_words.hpp"
#include "tests/sim/clock.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace vedette::sim {

class coordinator {
 public:
  coordinator(clock& time, instant lease) : time_{time}, lease_{lease} {}

  /// The table as an operator's rebuilding leaves it, or empty for a controller to fill.
  void found(std::string cluster_id, std::uint32_t partitions,
             std::map<base::partition_id, cluster::assignment> table);
  /// What a table that was begun anew lacks; as puts where nothing stands.
  void fill(std::map<base::partition_id, cluster::assignment> table);
  /// Everything is gone; revisions start anew.
  void wipe();

  [[nodiscard]] cluster::snapshot look() const;
  [[nodiscard]] cluster::revision now() const noexcept { return now_; }
  [[nodiscard]] std::uint64_t generation() const noexcept { return cluster_.generation; }
  [[nodiscard]] std::optional<cluster::store_record> store_of(const cluster::node_id& n) const;

  /// Takes or renews the node's lease and writes its records.
  void renew(const cluster::node_record& record, const cluster::store_record& store);
  void update(const cluster::node_record& record);
  void revoke(const cluster::node_id& n);
  /// One that was meant for another generation of the table loses.
  [[nodiscard]] cluster::swap_answer swap(const cluster::swap_request& r, std::uint64_t generation);
  /// The revision at which `controller` was made; 0 when it is held.
  [[nodiscard]] cluster::revision campaign(const cluster::node_id& n);
  /// Lets leases end; called often. Returns how many did.
  std::size_t expire();
  /// Being down stops its clock; coming back either renews all leases, as etcd does when it elects
  /// a leader, or finds them all expired.
  void came_back(bool leases_renewed);

  bool down = false;
  bool last_was_fenced = false;
  /// Told of every change, in order.
  std::function<void(const cluster::watch_event&)> changed;

 private:
  void leave(const cluster::node_id& n);

  clock& time_;
  instant lease_;
  cluster::cluster_record cluster_;
  cluster::revision now_;
  std::uint64_t generation_ = 0; ///< survives a wipe here; really the stores remember it
  std::map<base::partition_id, cluster::versioned_assignment> partitions_;
  std::map<cluster::node_id, cluster::node_record> nodes_;
  std::map<cluster::node_id, cluster::store_record> stores_;
  std::map<cluster::node_id, instant> expires_;
  cluster::controller_event controller_;
};

} // namespace vedette::sim
