// The running pieces of a node, as its sockets need them: whom to ask, whom to tell.
//
// Made by node.cpp, which owns everything behind the pointers and outlives who holds this. All
// members are set before the first request and constant afterwards.
#pragma once

#include "actors/content.hpp"
#include "actors/interfaces.hpp"
#include "actors/routing.hpp"
#include "io/clock/clock.hpp"
#include "io/mesh/mesh.hpp"
#include "io/metrics/metrics.hpp"
#include "nodes/config/settings.hpp"
#include "nodes/membership/membership.hpp"
#include "nodes/server/clock_watch.hpp"
#include "nodes/server/node_desk.hpp"
#include "state/store.hpp"

#include <caf/all.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vedette::server {

/// Runs inside an actor, so that it may `request` others and answer when they do.
using task = std::function<void(caf::event_based_actor*)>;

class cluster_content;

struct parts {
  const config::settings* settings = nullptr;
  const io::clock* clock = nullptr;
  std::shared_ptr<state::store> store;
  io::metrics* metrics = nullptr;

  actors::routing routing;
  actors::committer_actor committer;
  actors::responder_actor responder;
  actors::detector_groups detectors;
  std::map<base::partition_id, actors::aggregator_actor> aggregators;
  std::vector<actors::ingest_actor> ingest;

  /// Asks this node and others about themselves.
  node_desk_actor nodes;
  /// What this node knows of its cluster; never blocks. A standalone node is one of its own.
  std::function<membership::view()> cluster;
  /// Whom this node hears.
  std::function<io::mesh_counts()> mesh;
  /// Whose clock is right; empty in a node without a cluster.
  std::function<clock_report()> clocks;
  /// See membership::move.
  std::function<void(base::partition_id, std::vector<cluster::node_id>,
                     std::function<void(base::status)>)>
      move;
  /// See membership::claim_table, put_table and put_document.
  std::function<void(std::uint64_t, std::function<void(base::result<std::uint64_t>)>)> claim_table;
  std::function<void(std::uint64_t, std::map<base::partition_id, cluster::assignment>,
                     std::function<void(base::status)>)>
      put_table;
  std::function<void(const cluster::document_swap&, std::function<void(base::status)>)>
      put_document;
  /// See membership::recover.
  std::function<void(base::partition_id, const cluster::member&, cluster::revision,
                     std::function<void(base::result<base::epoch>)>)>
      recover;

  /// What the cluster's content is changed through; null in a node that reads files.
  class cluster_content* cluster_content = nullptr;

  /// Runs `t` inside an actor of the system; returns at once, from any thread.
  std::function<void(task)> run;
  /// What new batches meet; never null. From any thread.
  std::function<actors::content_ptr()> content;
  /// True once every partition has recovered, false again while draining.
  std::function<bool()> ready;
  /// Called with each line of the alert stream: tenant, number, JSON; unsubscribe with the id. Used
  /// by GET /v1/alerts/stream. The callback runs on an actor's thread and must not block.
  std::function<std::uint64_t(std::function<void(const respond::published_alert&)>)> subscribe;
  std::function<void(std::uint64_t)> unsubscribe;

  [[nodiscard]] const actors::aggregator_actor& aggregator_of(const base::tenant_id& tenant) const {
    return aggregators.at(routing.home_of(tenant.value));
  }
  /// The ingest actor a source is pinned to.
  [[nodiscard]] const actors::ingest_actor& ingest_of(const base::tenant_id& tenant,
                                                      std::string_view source) const {
    return ingest[base::hash64(source, base::hash64(tenant.value)) % ingest.size()];
  }
};

} // namespace vedette::server
