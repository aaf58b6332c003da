// What the in-process coordinator holds, and every change that can be made to it: typed values,
// each with the revision that made it, leases, and the latest changes.
//
// A plain structure behind the lock of its owner, so that a copy is a backup. Used by
// memory_coordinator.cpp only.
#pragma once

#include "cluster/coordinator_words.hpp"
#include "io/coordination/coordinator.hpp"

#include <deque>
#include <map>
#include <optional>

namespace vedette::io {

using lease_id = std::uint64_t;

struct memory_records {
  struct held_node {
    cluster::node_record record;
    lease_id lease = 0;
  };

  std::uint64_t revision = 1;
  std::optional<cluster::cluster_record> cluster;
  std::map<cluster::node_id, cluster::store_record> stores;
  std::map<cluster::node_id, held_node> nodes;
  std::map<base::partition_id, cluster::versioned_assignment> partitions;
  std::map<std::string, cluster::versioned_document> documents;
  cluster::controller_event controller;
  lease_id controller_lease = 0;
  std::map<lease_id, base::duration> leases; ///< when they end
  lease_id last_lease = 0;

  struct change {
    std::uint64_t revision = 0;
    cluster::watch_event event;
  };
  std::deque<change> history;
  std::uint64_t compacted_through = 0;

  // Each change is one revision.
  void put_cluster(const cluster::cluster_record& r);
  /// In the place of everything there is.
  void make_anew(const cluster::cluster_record& r);
  void put_store(const cluster::node_id& node, const cluster::store_record& r);
  lease_id grant(base::duration until);
  cluster::revision put_node(const cluster::node_record& r, lease_id lease);
  void remove_node(const cluster::node_id& node);
  cluster::swap_answer swap(const cluster::swap_request& r);
  /// The revision of the new one; 0 when another stands.
  cluster::revision put_document(const cluster::document_swap& r);
  cluster::revision take_office(const cluster::node_id& node, lease_id lease);
  void vacate_office();
  /// What was held under it goes.
  void end_lease(lease_id lease);
  void expire(base::duration now);

  [[nodiscard]] cluster::snapshot look() const;

 private:
  void note(cluster::watch_event e);
};

} // namespace vedette::io
