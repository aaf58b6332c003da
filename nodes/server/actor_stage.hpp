// The actors of a node, started bottom up: committer, responder, aggregators, detectors, ingest.
//
// Owns the CAF system. Remembers the subscribers of the alert stream.
#pragma once

#include "actors/content.hpp"
#include "base/result.hpp"
#include "io/files/last_words.hpp"
#include "io/metrics/metrics.hpp"
#include "nodes/server/partition_stage.hpp"
#include "nodes/server/parts.hpp"

#include <memory>

namespace vedette::server {

class actor_stage {
 public:
  /// `publish` is told each committed change of an alert; it must not block.
  actor_stage(const config::settings& settings, cluster_doors doors,
              std::shared_ptr<state::store> store, std::shared_ptr<actors::content_library> library,
              actors::content_ptr content, const io::clock& clock,
              const std::vector<io::last_words>& deaths, io::metrics& metrics,
              std::function<actors::action_report(const actors::action_order&)> execute,
              std::function<void(const respond::published_alert&)> publish);
  ~actor_stage();

  /// Waits until every copy has loaded its state and, when wanted, until what this node leads is
  /// served; the error of the first that could not.
  [[nodiscard]] base::status wait_until_recovered(bool until_served);
  [[nodiscard]] partition_stage& partitions();
  /// A change of an alert that another node committed.
  void publish_here(const respond::published_alert& a);
  /// How far another node's sources are.
  void marks_told(std::vector<actors::source_mark> marks);
  /// Fills the actor handles and functions of `out`.
  void describe(parts& out) const;
  /// Puts another generation in force: new batches meet it at once, those under way keep theirs.
  /// Returns when every partition's log says so. Errors: timed_out, and what an actor says.
  [[nodiscard]] base::status switch_to(const actors::content_ptr& content, base::duration patience);
  /// Time passes; called every `tick_every` from a thread of its own.
  void start_ticking();
  /// Commits and checkpoints everything; true when all answered in time.
  bool drain(base::duration patience);
  /// Ends every actor, and returns when none runs any more: what they hold a reference to may go
  /// from then on, and handles of them must before the stage does.
  void stop();

  static constexpr std::chrono::milliseconds tick_every{250};

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::server
