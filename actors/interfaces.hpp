// The node in one header: every actor's typed interface, one comment per message.
//
//   source ──raw_batch──> ingest ──batch_shares──>    detector ──write_request──> committer
//                                                      │  ^
//                                              delivery│  └──peer_message──> copies on other nodes
//                                                      v
//   API ──tenant_query/command──────────────────> aggregator ──action_order──> responder
//
// A detector and an aggregator are folds over a log, with the replica of that log inside: it keeps
// one copy of the log and shows the fold what is committed. Whoever holds a detector's or
// aggregator's handle cannot tell whether it lives in this process.
//
// The partitions of events are served in groups, one actor a group: what is said to one of them
// begins with its number, and what is said to all of a group does not.
#pragma once

#include "actors/messages.hpp"

#include <caf/all.hpp>

namespace vedette::actors {

namespace atom {
using status = caf::atom_constant<caf::atom("status")>;
using flush = caf::atom_constant<caf::atom("flush")>;
using drain = caf::atom_constant<caf::atom("drain")>;
using done = caf::atom_constant<caf::atom("done")>;
using ended = caf::atom_constant<caf::atom("ended")>;
using identity = caf::atom_constant<caf::atom("identity")>;
using quarantine = caf::atom_constant<caf::atom("quarantine")>;
using beat = caf::atom_constant<caf::atom("beat")>;
using turn = caf::atom_constant<caf::atom("turn")>;
using again = caf::atom_constant<caf::atom("again")>;
using replica = caf::atom_constant<caf::atom("replica")>;
using lost = caf::atom_constant<caf::atom("lost")>;
using parked = caf::atom_constant<caf::atom("parked")>;
} // namespace atom

/// Answers `vedette status`; every long-lived actor conforms to it, but that one of many partitions
/// is asked for one of them. The text is a JSON object.
using status_actor = caf::typed_actor<caf::replies_to<atom::status>::with<std::string>>;

/// One per store, on a thread of its own: the only one that writes.
using committer_actor = caf::typed_actor<
    // Makes the entries durable; many requests share one record. Answers in the order of requests.
    caf::replies_to<write_request>::with<atom::done>,
    // Writes entity state and positions in one step.
    caf::replies_to<checkpoint_request>::with<atom::done>,
    // The log of a partition may be trimmed behind its checkpoints again.
    caf::reacts_to<release_hold>,
    // Puts part of a checkpoint beside a partition's state; the second puts it in its place.
    caf::replies_to<stage_request>::with<atom::done>,
    caf::replies_to<switch_request>::with<atom::done>,
    // INTERNAL: the linger is over, or the time a group may stay unsynced.
    caf::reacts_to<atom::flush>>::extend_with<status_actor>;

/// A copy of a partition as the coordinator's host and other nodes' copies see it: the replica of
/// its log. The fold above it is in the same actor (copy_host.hpp).
using replica_actor = caf::typed_actor<
    // From other nodes' copies of this partition; from the mesh.
    caf::reacts_to<peer_message>, caf::reacts_to<peer_heard>,
    // From the coordinator's host. `lost`: it counts revisions anew.
    caf::reacts_to<table_value>, caf::reacts_to<proposal_result>, caf::reacts_to<atom::lost>,
    // Promises the epoch; answers as `replica` does once the store has it, or has failed.
    caf::replies_to<seal_request>::with<std::string>,
    // What it knows of the log and its copies: a JSON object.
    caf::replies_to<base::partition_id, atom::replica>::with<std::string>,
    // INTERNAL: repeats, heartbeats, proposals; the fold's turn; what a thread of its own has read.
    caf::reacts_to<atom::beat>, caf::reacts_to<base::partition_id, atom::turn>,
    caf::reacts_to<work_done>>;

/// One per group of partitions. Owns the state of every entity in them.
using detector_actor = caf::typed_actor<
    // Answers once the events are in the partitions' logs; a repeat of a batch is counted and
    // dropped.
    caf::replies_to<batch_shares>::with<batch_results>,
    // Keeps them in its log until their home has them; answers once they are in it.
    caf::replies_to<base::partition_id, park_request>::with<atom::done>,
    // What others kept for it, answered once it is in its own log; and how much it keeps itself.
    caf::replies_to<base::partition_id, drain_request>::with<atom::done>,
    caf::replies_to<base::partition_id, parked_question>::with<parked_count>,
    // How many alerts of a tenant wait here for their aggregator.
    caf::replies_to<base::partition_id, pressure_question>::with<alert_pressure>,
    // Answers once nothing that was told here waits with another partition.
    caf::replies_to<base::partition_id, atom::parked>::with<atom::done>,
    // Time passes: windows close, revisions are due, unanswered deliveries go out again.
    caf::reacts_to<tick>,
    // Another generation is in force: answers once the logs say so.
    caf::replies_to<content_change>::with<atom::done>,
    // What is known of an identity: tenant, key.
    caf::replies_to<base::partition_id, atom::identity, std::string, std::string>::with<answer>,
    // Quarantined records of a tenant in a partition, newest first: tenant, limit.
    caf::replies_to<base::partition_id, atom::quarantine, std::string, std::uint64_t>::with<answer>,
    // Writes a checkpoint of each and answers; nothing is accepted afterwards.
    caf::replies_to<atom::drain>::with<atom::done>,
    // Of one partition: a JSON object.
    caf::replies_to<base::partition_id, atom::status>::with<std::string>>;

/// One per tenant partition. Alerts become incidents, incidents become actions.
using aggregator_actor = caf::typed_actor<
    // Answers once the alerts are in its log. Repeats are harmless.
    caf::replies_to<delivery>::with<atom::done>,
    // What an operator asked for; answered once it is in the log and folded.
    caf::replies_to<tenant_command>::with<answer>, caf::replies_to<tenant_query>::with<answer>,
    // Another generation is in force: answers once it is in the log and folded.
    caf::replies_to<content_change>::with<atom::done>, caf::reacts_to<tick>,
    caf::replies_to<atom::drain>::with<atom::done>>::extend_with<status_actor>;

/// Carries out actions, one at a time per target.
using responder_actor =
    caf::typed_actor<caf::replies_to<action_order>::with<action_report>>::extend_with<status_actor>;

/// Normalises, matches and routes; one per ingest thread, a source always goes to the same one.
using ingest_actor = caf::typed_actor<
    // Answers once every record is durable in the partition it belongs to.
    caf::replies_to<raw_batch>::with<batch_result>,
    // What comes from now on is normalised and matched by another generation.
    caf::replies_to<content_change>::with<atom::done>,
    // The source has nothing more to say: tenant, source.
    caf::reacts_to<atom::ended, std::string, std::string>,
    // INTERNAL: passes source marks on to the detectors; asks where alerts pile up.
    caf::reacts_to<tick>, caf::reacts_to<atom::again>>::extend_with<status_actor>;

/// Hears what became of the batches it asked about.
struct batch_answers {
  std::vector<batch_answer> answers;
};
using batch_asker = caf::typed_actor<caf::reacts_to<batch_answers>>;
struct batch_asks {
  batch_asker from;
  std::vector<batch_ask> asks;
};
struct detector_args;
struct new_detector {
  std::shared_ptr<detector_args> args;
};

/// The ones that fold; others with their interface stand for folds of other nodes.
using folding_detector = detector_actor::extend_with<replica_actor>::extend<
    // From the gate of the group.
    caf::reacts_to<batch_asks>,
    // A copy of a partition is here from now on.
    caf::reacts_to<new_detector>,
    // INTERNAL: before it serves, it asks again what is parked for it.
    caf::reacts_to<base::partition_id, atom::again>>;
using folding_aggregator = aggregator_actor::extend_with<replica_actor>;

/// A copy of this process; one of the two is empty.
struct fold_here {
  base::partition_id partition;
  folding_detector detector;
  folding_aggregator aggregator;
};

/// The handles of all partitions of events.
struct detector_groups {
  std::vector<detector_actor> groups;

  /// Of n groups each has every n-th partition.
  [[nodiscard]] static std::size_t group_of(base::partition_id p, std::size_t groups) noexcept {
    return p.value % groups;
  }
  [[nodiscard]] const detector_actor& of(base::partition_id p) const {
    return groups[group_of(p, groups.size())];
  }
};

} // namespace vedette::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::actors::batch_asks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::actors::batch_answers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::actors::fold_here)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::actors::new_detector)
