// Raw records to events to partitions: everything stateless, for the sources pinned to this actor.
//
// A source always goes to the same ingest actor, so its batches reach every partition in the order
// they came. Remembers each source's newest event time (bounded by `sources_max`, the one idle for
// longest goes first) and the batches that wait for partitions (bounded by the sources' credit).
#pragma once

#include "actors/batch_split.hpp"
#include "actors/held_answers.hpp"
#include "actors/interfaces.hpp"
#include "actors/routing.hpp"
#include "ingest/normaliser.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace vedette::actors {

struct ingest_args {
  content_ptr content; ///< in force; replaced by `content_change`
  actors::routing routing;
  detector_groups detectors;
  base::duration source_silence = std::chrono::seconds{60};
  /// Of one tenant, in all partitions: with more its sources are answered late.
  std::uint64_t alerts_waiting = held_answers::usual;
  /// Tells the other nodes how far the sources are; may be empty, must not block.
  std::function<void(const std::vector<source_mark>&)> tell_marks;
  /// Told of each batch: how long it took until it was durable, seconds. May be empty.
  std::function<void(double)> answered;
  /// Raw records that earlier processes died of twice (base::place_of); they are not read again.
  std::set<base::entry_index> deadly;
};

struct ingest_state {
  static constexpr const char* name = "ingest";
  static constexpr std::size_t sources_max = 4096;

  struct source {
    base::event_time newest;
    /// By batch that some partition has not taken yet: `newest` of before it.
    std::map<std::uint64_t, base::event_time> under_way;
    base::receive_time last;
    bool ended = false;
    /// Batches that are durable and not answered (held_answers.hpp), numbered as in `under_way`.
    std::set<std::uint64_t> held;
    std::uint64_t records = 0, accepted = 0, duplicate = 0, quarantined = 0, skipped = 0;

    /// How far every partition has heard it: what waits for one without a primary is still to come.
    [[nodiscard]] base::event_time heard_through() const {
      return under_way.empty() ? newest : under_way.begin()->second;
    }
  };

  ingest_args args;
  std::map<std::string, ingest::normaliser> normalisers;         ///< by tenant
  std::map<std::pair<std::string, std::string>, source> sources; ///< by (tenant, source)
  std::vector<detect::route> routes;
  batch_split split;
  std::uint64_t batches = 0, under_way = 0;
  std::optional<held_answers> held;
  bool asking = false; ///< whether there is room again, soon
};

ingest_actor::behavior_type ingest(ingest_actor::stateful_pointer<ingest_state> self,
                                   ingest_args args);

} // namespace vedette::actors
