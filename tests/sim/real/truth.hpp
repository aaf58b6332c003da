// What must come out of the events that were committed, for the simulation with the real folds:
// the same folds again, alone and in order, over the same set of events.
//
// Sees every committed entry once and takes it apart itself; remembers the history of one seed. The
// first violation goes to the checker. Owned by the world.
#pragma once

#include "actors/partition_state.hpp"
#include "actors/tenants_fold.hpp"
#include "tests/sim/checker.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vedette::sim::real {

class truth {
 public:
  explicit truth(checker& check) : check_{check} {}

  [[nodiscard]] static alert_id key_of(const std::string& action);

  /// By all stores together; each entry once.
  void committed(base::partition_id p, bool of_tenants, const cluster::entry& e);
  /// Whoever serves told its subscribers.
  void published(const base::alert& a);
  /// The cloud did it. An attempt that allows it must be in the log.
  void called(alert_id action);

  /// At the end, of the state that the copies agree on.
  void detector_at_rest(base::partition_id p, actors::partition_state& fold);
  void tenants_at_rest(actors::tenants_fold& fold);
  void at_rest(std::size_t events, const std::set<event_id>& acknowledged);
  [[nodiscard]] std::size_t expected_alerts() const noexcept { return expected_.size(); }

  /// Where deliveries came from, of a protocol that trusts it.
  std::set<outbox_position> arrived;

 private:
  struct one_partition {
    std::vector<schemas::batch_entry> batches;
    std::set<std::string> entities; ///< "identity/..." of the tenants' events
  };
  struct call_count {
    std::uint32_t intents = 0, attempts = 0, calls = 0;
  };

  void count(base::partition_id p, const schemas::batch_entry& b);
  void same_entities(base::partition_id p, actors::partition_state& fold,
                     actors::partition_state& alone);
  void judge_action(const respond::action& a);
  void judge_response(const respond::tenant_state& tenant, const base::alert& a);

  checker& check_;
  std::map<base::partition_id, one_partition> detectors_;
  std::map<std::string, std::uint32_t> counted_; ///< by event and where it was routed to
  /// Newest event by tenant; entities of which one came so much later than another source's that
  /// its windows may be closed, and alerts need not count it (docs/guarantees.md).
  std::map<std::string, base::event_time> newest_;
  std::set<std::string> apart_;
  std::map<std::string, base::alert> expected_;
  std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> published_;
  std::map<alert_id, call_count> actions_;
  std::set<alert_id> judged_;
};

} // namespace vedette::sim::real
