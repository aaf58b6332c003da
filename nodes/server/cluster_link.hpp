// A node's ties to its cluster: the membership, and the mesh when there are others.
//
// A standalone node has a membership too, on a coordinator in its own process, and no mesh: what is
// above cannot tell. Turns payloads of the mesh into calls of the partition stage and back. Owns
// the coordinator, the membership and the mesh; their threads call here. Remembers who cannot be
// heard.
#pragma once

#include "actors/remote.hpp"
#include "base/result.hpp"
#include "io/clock/agreed_clock.hpp"
#include "io/mesh/mesh.hpp"
#include "nodes/config/settings.hpp"
#include "nodes/membership/membership.hpp"
#include "nodes/server/partition_stage.hpp"
#include "nodes/server/shared_documents.hpp"

#include <functional>
#include <memory>
#include <string>

namespace vedette::server {

struct parts;

class cluster_link {
 public:
  /// In a cluster `clock` comes to show what most nodes' clocks show.
  cluster_link(const config::settings& settings, io::agreed_clock& clock,
               std::shared_ptr<state::store> store, const io::curve_keys& keys);
  ~cluster_link(); ///< `stop`
  cluster_link(const cluster_link&) = delete;
  cluster_link& operator=(const cluster_link&) = delete;

  /// Joins: blocks until this node is a member or refused.
  [[nodiscard]] base::status start();
  /// Before start(): no doors. What the stage needs of the cluster; valid until `stop`.
  [[nodiscard]] cluster_doors doors();
  /// From now on the stage is told what the table and other nodes say; first what is known.
  void attach(partition_stage& stage,
              std::function<void(const respond::published_alert&)> published,
              std::function<void(std::vector<actors::source_mark>)> marks);
  /// The stage is about to go.
  void detach();
  /// Leaves the cluster. Any number of times.
  void stop();

  [[nodiscard]] bool alone() const noexcept;
  /// What all nodes hold whole; only in a cluster, from `start` to `stop`.
  [[nodiscard]] shared_documents& documents();
  [[nodiscard]] membership::membership& member();
  /// Empty in a node without a cluster.
  [[nodiscard]] io::mesh_counts mesh() const;
  /// Fills what `out` says of the cluster; valid until the link goes.
  void describe(parts& out);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::server
