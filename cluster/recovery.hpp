// The two repairs an operator orders when the cluster cannot repair itself: which surviving copy a
// partition goes on with when its last in-sync one is gone for good, and the whole table from what
// stores hold when the coordinator has lost it.
//
// Pure; the first is put in the table by recover_accepting_loss (cluster/table.hpp). O(copies).
#pragma once

#include "cluster/coordinator_words.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace vedette::cluster {

/// The store the partition shall go on with: `from` when it is named, else of those that reported
/// the one whose log ends in the highest epoch, then longest. `alive` are the stores that are
/// there, whether or not they hold this partition. ec::conflict while one of them is in sync, for
/// then nothing has to be lost; ec::unavailable when no copy reported, or the one that is named did
/// not; ec::invalid_argument when it is no replica.
[[nodiscard]] base::result<member> choose_survivor(const assignment& a,
                                                   std::span<const member> alive,
                                                   std::span<const store_report> copies,
                                                   const std::optional<node_id>& from);

struct rebuild_input {
  std::vector<base::partition_id> partitions; ///< of the cluster
  std::vector<member> stores;                 ///< all that were heard, whether or not they hold any
  /// By partition, of stores sealed at `sealed`.
  std::map<base::partition_id, std::vector<store_report>> reports;
  /// Nodes whose store holds a copy it can say nothing reliable of; as good as not heard.
  std::map<base::partition_id, std::vector<node_id>> failed;
  base::epoch sealed;
  std::size_t copies = 3;        ///< of a partition whose assignment nobody remembers
  std::uint32_t min_in_sync = 0; ///< of such; 0: default_min_in_sync(copies)
  bool accept_missing = false;
};
struct rebuilt_table {
  std::map<base::partition_id, assignment> partitions;
  /// Copies that stores know of and that were not heard; of a partition that nobody holds: none.
  std::map<base::partition_id, std::vector<node_id>> missing;
};
/// The table to begin with again, all in the epoch behind the seal. A store that was heard and
/// lacks a copy it should have holds an empty one. With `accept_missing` what was not heard is
/// given up: a partition nobody holds begins empty, on the stores there are. ec::unavailable when
/// it is not accepted, naming the first partition; also when no store was heard.
[[nodiscard]] base::result<rebuilt_table> rebuild_table(const rebuild_input& what);

} // namespace vedette::cluster
