// What a node knows of its cluster, as people ask for it: who is there and how each partition is,
// out of the membership's view, what the mesh hears, and what primaries say of themselves.
//
// Remembers one view, O(table). Pure; made anew for each request by the routes of this folder.
#pragma once

#include "base/json_writer.hpp"
#include "io/mesh/mesh.hpp"
#include "nodes/membership/membership.hpp"
#include "nodes/server/api/json.hpp"
#include "nodes/server/clock_watch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::server {

enum class node_state : std::uint8_t {
  up,
  draining,    ///< hands over what it leads and gets nothing new
  read_only,   ///< its store takes no writes
  starved,     ///< gets too little time, and leads nothing until that is over
  unreachable, ///< a member, and this node does not hear it
  gone,        ///< no member; the table still counts on it
};
[[nodiscard]] std::string_view to_string(node_state s) noexcept;

enum class partition_health : std::uint8_t {
  serving,
  moving,           ///< to other nodes
  under_replicated, ///< fewer live in-sync copies than it shall have
  preparing,        ///< its primary does not serve yet
  failed,           ///< its primary's store refused a write
  silent,           ///< its primary is a member and did not say how it is
  no_primary,       ///< its primary is no member
};
[[nodiscard]] std::string_view to_string(partition_health h) noexcept;

struct node_line {
  cluster::node_record record;
  node_state state = node_state::up;
  bool controller = false, here = false;
  std::size_t leads = 0, holds = 0, in_sync = 0; ///< partitions
  std::optional<std::chrono::milliseconds> heard_ago;
  std::optional<clock_line> clock; ///< where this node has read it
};

struct partition_counts {
  std::size_t all = 0, with_primary = 0, without_primary = 0, under_replicated = 0, moving = 0;
};

/// What a partition's primary said of its copy and of its fold; nothing when it did not answer.
struct primary_words {
  std::optional<json_value> replica, fold;
  /// What others keep for it, by their words: batches, and their bytes.
  std::uint64_t parked = 0, parked_bytes = 0;
};

class cluster_view {
 public:
  /// `copies` is how many each partition shall have; `now` is of the mesh's clock.
  cluster_view(membership::view seen, const io::mesh_counts& mesh, std::size_t copies,
               std::chrono::steady_clock::time_point now, clock_report clocks = {});

  [[nodiscard]] const membership::view& seen() const noexcept { return seen_; }
  [[nodiscard]] const cluster::node_id& self() const noexcept { return seen_.self.id; }
  /// A member that this node hears, or this node.
  [[nodiscard]] bool hears(const cluster::node_id& node) const;
  /// By id, those that are gone too. O(table).
  [[nodiscard]] std::vector<node_line> nodes() const;
  [[nodiscard]] std::vector<cluster::node_id> members() const;
  /// Members that partitions name as primary.
  [[nodiscard]] std::vector<cluster::node_id> primaries() const;
  [[nodiscard]] partition_counts partitions() const;

  /// By the table alone.
  [[nodiscard]] partition_health health_of(base::partition_id p) const;
  /// With the primary's words too.
  [[nodiscard]] partition_health health_of(base::partition_id p, const primary_words& said) const;
  /// In-sync copies whose store is there now.
  [[nodiscard]] std::size_t live_copies(const cluster::assignment& a) const;

  void describe(const node_line& n, base::json_writer& w) const; ///< members of an open object
  /// One object. O(what the primary said).
  void describe(base::partition_id p, const primary_words& said, base::json_writer& w) const;
  void describe_short(base::json_writer& w) const; ///< one object: the cluster in short

 private:
  membership::view seen_;
  std::map<cluster::node_id, std::optional<std::chrono::milliseconds>> heard_; ///< peers alive
  std::set<cluster::node_id> known_; ///< peers of the mesh
  clock_report clocks_;
  std::set<base::partition_id> moving_;
  std::size_t copies_;
};

} // namespace vedette::server
