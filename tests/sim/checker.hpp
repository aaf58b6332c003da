// What must be true of the cluster whatever happened to it, checked while it runs and at the end.
//
// Sees every commit, acknowledgement, term and call through the eyes of somebody outside; remembers
// the whole history of one seed. Only the first violation is kept: later ones follow from it.
// Called by the hosts of tests/sim; shares no code with the protocol.
#pragma once

#include "cluster/replica_words.hpp"
#include "tests/sim/payload.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vedette::sim {

class checker {
 public:
  /// A store gave this entry to its fold; true when it is the first to.
  bool committed(base::partition_id p, const cluster::entry& e);
  /// A fold has this digest after this entry.
  void folded(base::partition_id p, std::uint64_t index, const base::hash128& digest);
  /// A collector heard that this is safe.
  void acknowledged(const batch& b);
  void serving(base::partition_id p, base::epoch epoch, const cluster::node_id& node,
               std::uint64_t process);
  /// Of the model: the action of an alert.
  void called(alert_id action);
  void violate(std::string what);
  /// What entries mean is for somebody else to say.
  bool reads_model = true;

  /// At the end: the log of all replicas.
  void log_ends(base::partition_id p, std::uint64_t last_index);
  /// At the end, of the state a partition's replicas agree on.
  void final_state(const fold_state& state);
  /// At the end, of everything: what was counted, said and done by all partitions together.
  void final_counts(std::size_t events, const std::map<alert_id, std::uint32_t>& in_effect);

  [[nodiscard]] const std::optional<std::string>& violation() const noexcept { return violation_; }
  [[nodiscard]] const std::set<event_id>& acknowledged_events() const noexcept {
    return acknowledged_;
  }
  [[nodiscard]] std::size_t expected_alerts() const noexcept { return expected_.size(); }

 private:
  struct history {
    std::map<std::uint64_t, std::uint64_t> entries; ///< index to hash
    std::map<std::uint64_t, base::hash128> digests;
    std::map<std::uint64_t, std::pair<cluster::node_id, std::uint64_t>> terms;
  };

  std::map<base::partition_id, history> partitions_;
  std::set<event_id> acknowledged_;
  std::set<alert_id> intents_;
  std::vector<std::uint32_t> counted_;
  std::map<alert_id, std::uint32_t> alerts_;
  std::map<alert_id, bool> actions_;
  std::set<alert_id> expected_;
  std::optional<std::string> violation_;
};

} // namespace vedette::sim
