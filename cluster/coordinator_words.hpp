// What a cluster keeps in its coordinator, and the questions asked of it: keys, records,
// compare-and-swap, leases and watch events as plain values.
//
// Both coordinators (etcd, and the one in a standalone process) speak these words; encodings are
// theirs. Everything is small: one key per node and per partition. What must never be believed is
// the absence of an answer: a swap whose answer was lost is `unknown`.
//
// Keys, below one prefix per cluster:
//   cluster          cluster_record; made once
//   stores/NODE      store_record; no lease; written by the node only
//   nodes/NODE       node_record; held by the node's lease, gone when it expires
//   partitions/NNNNN assignment; changed only by swap
//   documents/NAME   document_record; changed only by swap
//   controller       node id; made if absent under the holder's lease; its create revision fences
#pragma once

#include "base/result.hpp"
#include "cluster/replica_words.hpp"
#include "cluster/table.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vedette::cluster {

/// Partitions that hold tenants' logs are numbered from here, all others from 0.
inline constexpr std::uint32_t tenant_partitions_from = 1U << 16;

struct cluster_record {
  std::string id;
  std::uint32_t partitions = 0;
  /// Times the table was rebuilt after the coordinator lost it; revisions mean something only
  /// within one generation. A lower revision alone is just an old answer.
  std::uint64_t generation = 1;
  std::uint32_t format = 1; ///< of these records; a build that does not know it refuses to join
  std::uint32_t tenant_partitions = 4; ///< that hold tenants' logs, beside `partitions`
  /// Drawn when the cluster is founded: the secret that says which entity lives in which partition.
  std::uint64_t seed = 0;
};

/// The partitions that such a cluster has, and nothing else: the others, then the tenants'.
[[nodiscard]] bool has_partition(const cluster_record& cluster, base::partition_id partition);
[[nodiscard]] std::vector<std::vector<base::partition_id>>
partition_groups(const cluster_record& cluster);

/// Outlives the process: how an old copy of a data directory is recognised. A copy younger than the
/// last stamp is not; then only what replicas know of each other's positions can tell.
struct store_record {
  store_incarnation incarnation;
  /// Counted up by the store with each lease renewal or so, on disk before it is written here; so a
  /// store is never behind what is recorded, unless it is an old copy. Not counted before a store
  /// was judged, or an old copy could catch up by starting often.
  std::uint64_t stamp = 0;

  friend bool operator==(const store_record&, const store_record&) = default;
};

struct node_record {
  node_id id;
  store_incarnation incarnation;
  std::uint64_t stamp = 0; ///< at its start
  std::string zone;
  double weight = 1; ///< share of partitions, relative to the others
  std::string mesh_address, mesh_key, api_address, build;
  bool writable = true; ///< its store takes writes
  bool draining = false;
  /// Gets too little time to lead, as it found itself; its copies are as good as any.
  bool starved = false;

  /// Whether it may be given more to lead than it must.
  [[nodiscard]] bool fit_to_lead() const noexcept { return !draining && !starved; }

  friend bool operator==(const node_record&, const node_record&) = default;
};

/// Put `next` where revision `base` stands (0: where nothing stands), and only while the key
/// `controller` is the one that was made at `fence` (0: whoever holds it).
struct swap_request {
  std::uint64_t token = 0;
  base::partition_id partition;
  revision base;
  assignment next;
  revision fence;
};
struct swap_answer {
  std::uint64_t token = 0;
  base::partition_id partition;
  proposal_outcome outcome = proposal_outcome::unknown;
  revision at; ///< of the new value, when won
};

/// Something all nodes share whole: rules and settings, tokens, keys. The coordinator holds which
/// bytes are in force, nodes hold the bytes.
struct document_record {
  std::uint64_t version = 0; ///< grows by one with each change
  std::string hash;          ///< of the bytes: SHA-256, 64 hex digits
  node_id author;            ///< has the bytes

  friend bool operator==(const document_record&, const document_record&) = default;
};
struct versioned_document {
  revision at;
  document_record value;
};
/// Put `next` where revision `base` stands (0: where nothing stands).
struct document_swap {
  std::string name; ///< 1..32 of [a-z]
  revision base;
  document_record next;
};

struct partition_event {
  base::partition_id partition;
  revision at;
  assignment value;
};
struct node_event {
  revision at;
  node_id id;
  std::optional<node_record> record; ///< none: its lease ended
};
struct controller_event {
  revision at;
  std::optional<node_id> holder; ///< none: vacant
  revision created;              ///< the fence of the one who holds it
};
struct document_event {
  std::string name;
  revision at;
  document_record value;
};
using watch_event = std::variant<partition_event, node_event, controller_event, document_event>;

/// Everything at one revision; what a watch begins with, and begins again with after it broke or
/// was compacted.
struct snapshot {
  cluster_record cluster;
  revision at;
  std::map<base::partition_id, versioned_assignment> partitions;
  std::map<node_id, node_record> nodes;
  controller_event controller;
  std::map<std::string, versioned_document> documents;
};

/// Suffixes of the keys above.
[[nodiscard]] std::string partition_key(base::partition_id partition);
[[nodiscard]] std::string node_key(const node_id& node);
[[nodiscard]] std::string store_key(const node_id& node);
[[nodiscard]] std::string document_key(const std::string& name);

enum class start_verdict : std::uint8_t {
  go, ///< count the stamp up, write `stores/NODE` and join
  /// An old copy: it lacks what it acknowledged later. Draw a new one first, its stamp at 0.
  new_incarnation,
};
/// Whether a store may join under this node id. `recorded` and `live` are what the coordinator
/// holds. ec::conflict when another process holds the id now.
[[nodiscard]] base::result<start_verdict> judge_start(const node_id& node, const store_record& own,
                                                      const std::optional<store_record>& recorded,
                                                      const std::optional<node_record>& live);

/// What one sealed store says about a partition, for rebuilding a lost table.
struct store_report {
  member store;
  base::epoch promised;      ///< the seal: nothing below it can be committed any more
  position last;             ///< last entry
  std::uint64_t version = 0; ///< of the newest assignment it has seen
  std::uint32_t min_in_sync = 1;
  std::vector<node_id> replicas; ///< of that assignment
};
/// The replicas of the newest assignment that any of the stores has seen, as far as they have not
/// reported.
[[nodiscard]] std::vector<node_id> unreported(std::span<const store_report> reports);
/// The assignment to begin with again: the primary is the store whose log ends in the highest
/// epoch, then longest, among equals the preferred one; it holds all that was committed.
/// ec::unavailable when a replica named by the newest assignment has not reported, unless that is
/// accepted: then what only those held is lost, and `loss_epoch` says so. ec::invalid_argument when
/// the seals differ.
[[nodiscard]] base::result<assignment> rebuild_assignment(std::span<const store_report> reports,
                                                          bool accept_missing = false);

} // namespace vedette::cluster
