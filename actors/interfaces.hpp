// The node in one header: every actor's typed interface, one comment per message.
//
//   source ──raw_batch──> ingest ──partition_batch──> detector ─┐
//                                                        │     append_request
//                                                    delivery  v
//                                                        │   replica ──write_request──> committer
//                                                        v     ^  <──peer_message──> other replicas
//   API ──tenant_query/command─────────────────────> aggregator┘──action_order──> responder
//
// A detector and an aggregator are folds over a log; a replica keeps one copy of such a log and
// shows its fold what is committed. Whoever holds a detector's or aggregator's handle cannot tell
// whether it lives in this process.
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
using lost = caf::atom_constant<caf::atom("lost")>;
using parked = caf::atom_constant<caf::atom("parked")>;
} // namespace atom

/// Answers `vedette status`; every long-lived actor conforms to it. The text is a JSON object.
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

/// What folds a partition's log. All of it comes from the partition's replica.
using fold_actor = caf::typed_actor<
    caf::reacts_to<committed>, caf::reacts_to<append_refused>, caf::reacts_to<term_began>,
    caf::reacts_to<term_ended>, caf::reacts_to<state_replaced>, caf::reacts_to<skips_found>,
    // Answers when no checkpoint is under way; none is begun before `state_replaced`.
    caf::replies_to<hold_still>::with<atom::done>,
    // Writes a checkpoint, does not let the log be trimmed behind it, and shows it.
    caf::replies_to<take_checkpoint>::with<checkpoint_taken>>;

/// One copy of one partition's log; hosts a cluster::replica.
using replica_actor = caf::typed_actor<
    // From the fold: once, after it has loaded its state. Shown nothing before.
    caf::reacts_to<fold_actor>,
    // From the fold.
    caf::reacts_to<append_request>, caf::reacts_to<folded_so_far>, caf::reacts_to<fold_digest>,
    caf::reacts_to<fold_failed>, caf::reacts_to<ask_skips>,
    // From other nodes' replicas of this partition.
    caf::reacts_to<peer_message>,
    // From the coordinator's host. `lost`: it counts revisions anew.
    caf::reacts_to<table_value>, caf::reacts_to<proposal_result>, caf::reacts_to<atom::lost>,
    // Promises the epoch; answers as `status` does once the store has it, or has failed.
    caf::replies_to<seal_request>::with<std::string>,
    // INTERNAL: repeats, heartbeats, proposals; and what was read on a thread of its own.
    caf::reacts_to<atom::beat>, caf::reacts_to<work_done>>::extend_with<status_actor>;

/// One per partition. Owns the state of every entity in it.
using detector_actor = caf::typed_actor<
    // Answers once the events are in the partition's log; a repeat of a batch is counted and
    // dropped.
    caf::replies_to<partition_batch>::with<partition_batch_result>,
    // Keeps them in its log until their home has them; answers once they are in it.
    caf::replies_to<park_request>::with<atom::done>,
    // What others kept for it, answered once it is in its own log; and how much it keeps itself.
    caf::replies_to<drain_request>::with<atom::done>,
    caf::replies_to<parked_question>::with<parked_count>,
    // Answers once nothing that was told here waits with another partition.
    caf::replies_to<atom::parked>::with<atom::done>,
    // Time passes: windows close, revisions are due, unanswered deliveries go out again.
    caf::reacts_to<tick>,
    // Another generation is in force: answers once the partition's log says so.
    caf::replies_to<content_change>::with<atom::done>,
    // What is known of an identity: tenant, key.
    caf::replies_to<atom::identity, std::string, std::string>::with<answer>,
    // Quarantined records of a tenant in this partition, newest first: tenant, limit.
    caf::replies_to<atom::quarantine, std::string, std::uint64_t>::with<answer>,
    // Writes a checkpoint and answers; nothing is accepted afterwards.
    caf::replies_to<atom::drain>::with<atom::done>>::extend_with<status_actor>;

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
    // INTERNAL: passes source marks on to the detectors.
    caf::reacts_to<tick>>::extend_with<status_actor>;

/// The ones that fold; others with their interface stand for folds of other nodes.
using folding_detector =
    // INTERNAL: before it serves, it asks again what is parked for it.
    detector_actor::extend_with<fold_actor>::extend<caf::reacts_to<atom::beat>>;
using folding_aggregator = aggregator_actor::extend_with<fold_actor>;

} // namespace vedette::actors
