// What actors say to each other. Plain values; big things travel as shared, immutable pointers.
//
// All of it stays inside one process: what crosses a wire is Cap'n Proto and belongs to io.
#pragma once

#include "actors/content.hpp"
#include "base/alert.hpp"
#include "base/event.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/replica_words.hpp"
#include "detect/engine.hpp"
#include "ingest/normaliser.hpp"
#include "respond/tenant_state.hpp"
#include "schemas/codec/entry_codec.hpp"
#include "state/entity_store.hpp"
#include "state/partition_log.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::actors {

/// Names one batch of one collector start; the unit of counting once.
struct batch_origin {
  std::string source;                ///< collector and stream, unique within the tenant
  std::uint64_t session = 0;         ///< random at each collector start
  std::uint64_t sequence = 0;        ///< 1-based
  std::uint64_t committed_below = 0; ///< the collector will never resend anything below

  friend bool operator==(const batch_origin&, const batch_origin&) = default;
};

/// Raw vendor records as a source handed them over.
struct raw_batch {
  base::tenant_id tenant;
  batch_origin origin;
  std::vector<std::string_view> records; ///< 64 readable bytes behind each; owned by `memory`
  std::shared_ptr<const void> memory;
  base::receive_time received;
  /// The one source that records must be of, by its name, for its place may change with the
  /// content; empty: any.
  std::string only;
  /// Its source sends no more before it is answered; else the answer may not take for ever.
  bool has_credit = true;
};

/// Counts for the acknowledgement: each record is in exactly one of them.
struct batch_result {
  std::uint32_t accepted = 0, duplicate = 0, quarantined = 0, skipped = 0;
};

/// A record that could not become an event, kept for the operator.
struct quarantined_record {
  std::string reason;
  std::string head; ///< redacted beginning, at most limits::evidence_bytes
};

/// The share of a batch that belongs to one partition.
struct partition_batch {
  batch_origin origin;
  base::tenant_id tenant;
  base::receive_time received;
  base::event_time source_watermark; ///< newest event time of the source before this batch
  std::shared_ptr<const base::event_batch> events;
  std::vector<quarantined_record> quarantined;
  /// The bytes of the log entry that all of it makes, when it came as such; else null.
  std::shared_ptr<const std::string> encoded;
  std::optional<schemas::parked_name> parked{}; ///< it waited while there was no primary
};

struct partition_batch_result {
  std::uint32_t accepted = 0, duplicate = 0;
  /// Alerts of the tenant that wait in the partition for their aggregator.
  std::uint64_t waiting = 0;
  bool parked = false; ///< another partition keeps it; never crosses a wire
};
/// Or why there is none. CAF messages cannot carry base::result.
struct share_result {
  partition_batch_result taken;
  base::error problem; ///< code none when taken

  [[nodiscard]] bool ok() const noexcept { return problem.code == base::ec::none; }
};

/// Shares of one batch for partitions of one group; answered when each of them is, in this order.
struct batch_shares {
  std::vector<std::pair<base::partition_id, partition_batch>> shares;
};
struct batch_results {
  std::vector<share_result> shares;
};

/// A gate's words to the folds of its process: each answered by itself, as soon as it can be.
struct batch_ask {
  std::uint64_t id = 0; ///< the gate's, for this partition
  base::partition_id partition;
  partition_batch batch;
};
struct batch_answer {
  std::uint64_t id = 0;
  base::partition_id partition;
  share_result what;
};

/// How many alerts of the tenant wait in this partition for their aggregator?
struct pressure_question {
  base::tenant_id tenant;
};
struct alert_pressure {
  std::uint64_t waiting = 0;
};

/// To a partition that keeps them while their home has no primary; all or none.
struct park_request {
  base::partition_id home;
  std::vector<partition_batch> batches;
};
/// What was parked, oldest first; answered when the home has committed all of it.
struct drain_request {
  std::vector<partition_batch> batches;
};
/// How many batches wait for this home?
struct parked_question {
  base::partition_id home;
  bool serving = true; ///< whoever asks is the home, about to serve; else one of its gates
};
struct parked_count {
  std::uint64_t batches = 0;
  base::entry_index oldest; ///< its entry; 0: none is committed
};
/// Of one request, and of what is given back at once; a batch that is larger goes alone.
inline constexpr std::size_t park_batches_max = 64;
inline constexpr std::size_t park_bytes_max = std::size_t{1} << 20;

// --- a replica and the committer ---

/// Entries and notes of logs, to be made durable together.
struct write_request {
  std::vector<state::log_entry> entries;
  bool urgent = false; ///< somebody waits for an alert: not to linger
};

/// State to be written together with a partition's position.
struct checkpoint_request {
  std::shared_ptr<const state::changes> changes;
  bool trim = false; ///< the log may be cut back behind the partition positions
  bool hold = false; ///< and not behind these ones until `release_hold`
};
struct release_hold {
  base::partition_id partition;
};

struct stage_request {
  base::partition_id partition;
  bool drop_before = false; ///< forget what is staged already
  std::vector<state::staged_item> items;
};
/// What is staged becomes the partition's state, and its log begins behind `reset`.
struct switch_request {
  state::log_entry reset;
  std::shared_ptr<const state::changes> beside;
};

/// INTERNAL: what a thread of its own has done for a replica.
struct work_done {
  base::partition_id partition;
  std::shared_ptr<std::function<void()>> then;
};

// --- a replica and the cluster ---

struct peer_message {
  cluster::node_id from;
  std::shared_ptr<const cluster::message> what;
};
struct table_value {
  base::partition_id partition;
  cluster::revision at;
  cluster::assignment value;
};
/// No old primary may commit below this epoch any more: a lost table is being made anew.
struct seal_request {
  base::partition_id partition;
  base::epoch epoch;
};
/// Another node hears this one again, or no more.
struct peer_heard {
  cluster::node_id node;
  bool heard = true;
};
struct proposal_result {
  base::partition_id partition;
  std::uint64_t token = 0;
  cluster::proposal_outcome outcome = cluster::proposal_outcome::unknown;
};

/// How far a source is, for partitions it has not sent anything to lately.
struct source_mark {
  base::tenant_id tenant;
  std::string source;
  base::event_time watermark;
  bool holds = true; ///< false: ended, or silent for too long
};

struct tick {
  base::receive_time now;
  std::shared_ptr<const std::vector<source_mark>> sources;
};

/// What a partition raised; the tenant's aggregator answers once it is in its log.
struct delivery {
  base::tenant_id tenant;
  std::vector<base::alert> alerts;
  std::vector<detect::day_maximum> maxima;
};

/// A generation that takes over; older ones are what it is not.
struct content_change {
  content_ptr content; ///< never null
};

/// A question of the API about one tenant; answered as JSON text.
struct tenant_query {
  enum class about : std::uint8_t {
    alerts,
    alert,
    incidents,
    incident,
    actions,
    action,
    trends, ///< counts of days, `alerts.since` and `until` cut to whole ones
  };
  base::tenant_id tenant;
  about what = about::alerts;
  std::string id;
  respond::alert_filter alerts;
  respond::incident_filter incidents;
  respond::action_filter actions;
};

/// JSON text, or why there is none. CAF messages cannot carry base::result.
struct answer {
  std::string json;
  base::error problem; ///< code none when answered

  [[nodiscard]] bool ok() const noexcept { return problem.code == base::ec::none; }
};

struct tenant_command {
  base::tenant_id tenant;
  respond::operator_command command;
};

/// An action whose intent is in the log and whose turn has come.
/// To the responder. First with `looks_only`, before the attempt is in the log; then to carry it
/// out.
struct action_order {
  base::tenant_id tenant;
  respond::action action;
  std::optional<respond::action> reverted{}; ///< the one it takes back
  bool looks_only = false;
  base::tenant_settings settings{};                     ///< of the tenant, in force now
  base::receive_time until = base::receive_time::max(); ///< nobody waits for it any longer
};

struct action_report {
  respond::attempt_result result = respond::attempt_result::failed;
  std::string text{};
  respond::prior_values prior{};   ///< of a look
  respond::prior_values results{}; ///< of what was carried out
};

} // namespace vedette::actors

#define VEDETTE_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::actors::type)
VEDETTE_LOCAL_MESSAGE(raw_batch)
VEDETTE_LOCAL_MESSAGE(batch_result)
VEDETTE_LOCAL_MESSAGE(batch_shares)
VEDETTE_LOCAL_MESSAGE(batch_results)
VEDETTE_LOCAL_MESSAGE(pressure_question)
VEDETTE_LOCAL_MESSAGE(alert_pressure)
VEDETTE_LOCAL_MESSAGE(park_request)
VEDETTE_LOCAL_MESSAGE(drain_request)
VEDETTE_LOCAL_MESSAGE(parked_question)
VEDETTE_LOCAL_MESSAGE(parked_count)
VEDETTE_LOCAL_MESSAGE(write_request)
VEDETTE_LOCAL_MESSAGE(release_hold)
VEDETTE_LOCAL_MESSAGE(stage_request)
VEDETTE_LOCAL_MESSAGE(switch_request)
VEDETTE_LOCAL_MESSAGE(work_done)
VEDETTE_LOCAL_MESSAGE(peer_message)
VEDETTE_LOCAL_MESSAGE(table_value)
VEDETTE_LOCAL_MESSAGE(peer_heard)
VEDETTE_LOCAL_MESSAGE(proposal_result)
VEDETTE_LOCAL_MESSAGE(seal_request)
VEDETTE_LOCAL_MESSAGE(checkpoint_request)
VEDETTE_LOCAL_MESSAGE(tick)
VEDETTE_LOCAL_MESSAGE(delivery)
VEDETTE_LOCAL_MESSAGE(content_change)
VEDETTE_LOCAL_MESSAGE(tenant_query)
VEDETTE_LOCAL_MESSAGE(answer)
VEDETTE_LOCAL_MESSAGE(tenant_command)
VEDETTE_LOCAL_MESSAGE(action_order)
VEDETTE_LOCAL_MESSAGE(action_report)
#undef VEDETTE_LOCAL_MESSAGE
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::base::partition_id)
