// The fold of one partition: log entries in, entity state and deliveries out. What a detector
// hosts.
//
// State is a function of the committed entries. Hot entities live in memory; a checkpoint writes
// those that changed together with the position and everything else the partition knows, so that
// after a crash only the entries behind the position are folded again. What a fold raised is an
// `emitted` entry; on a re-fold the emitted entries are the truth, and only what has none yet is
// said again. Bounded by `cache_bytes` of hot entities between checkpoints, the batch ledger, the
// source table and the outbox, which holds what tenants' aggregators have not taken yet.
//
// A batch is folded by the rules of the generation it names, ticks by those in force: which they
// are is part of the state, changed by `config` entries (actors/generation_engines.hpp).
//
// No CAF here: detectors, the simulator and tests drive it the same way. Not thread-safe.
#pragma once

#include "actors/generation_engines.hpp"
#include "actors/parked_batches.hpp"
#include "actors/source_table.hpp"
#include "detect/engine.hpp"
#include "detect/recent_ids.hpp"
#include "schemas/codec/checkpoint_codec.hpp"
#include "schemas/codec/entry_codec.hpp"
#include "state/batch_ledger.hpp"
#include "state/store.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace vedette::actors {

/// The version of the fold: what an entry means. An entry of another version stops the start.
inline constexpr std::uint16_t fold_version = 1;

struct partition_limits {
  std::size_t cache_bytes = std::size_t{32} << 20;
  std::size_t dedup_bytes = std::size_t{16} << 20;
  /// A source that says nothing for this long no longer holds the watermark back (receive time).
  base::duration source_silence = std::chrono::seconds{60};
  /// Quarantined and parked records held until a checkpoint writes them.
  std::size_t unsaved_bytes = std::size_t{4} << 20;
  /// Between two reports of an alert that only grows (receive time).
  base::duration coalesce = std::chrono::seconds{10};
};

struct partition_figures {
  std::uint64_t events = 0, late = 0, ahead = 0, duplicates = 0, alerts = 0, quarantined = 0;
  std::uint64_t entities_hot = 0, entities_hot_bytes = 0, ids_bytes = 0, outbox = 0;
  base::entry_index applied, checkpointed;
};

class partition_state {
 public:
  /// A fold's output for one tenant, to be written as an `emitted` entry.
  using emission = schemas::emitted_entry;

  partition_state(base::partition_id id, std::shared_ptr<state::store> store,
                  std::shared_ptr<content_library> library, partition_limits limits);

  /// Loads the checkpoint; the log behind it is for `apply`. Errors: corrupt, unsupported (a
  /// generation of content that the library does not have), io.
  [[nodiscard]] base::status recover();
  /// Forgets the ids of batches that were to be appended and were not: those of the newest folded
  /// entries are read from the log again. O(entries read).
  [[nodiscard]] base::status reload_ids();

  /// Whether the batch was taken before. Asked before it is appended. Of one that was parked only
  /// whether it came from there before: others of its source may have overtaken it, so what its
  /// collector will not resend says nothing, and its events' ids must tell.
  [[nodiscard]] bool knows(const schemas::batch_entry& batch) const;
  /// The batch without events whose id was seen before; the same one when there are none. Whoever
  /// holds it keeps it as it was, to send it again. Asked before it is appended.
  [[nodiscard]] std::shared_ptr<const base::event_batch>
  without_duplicates(const base::tenant_id& tenant,
                     const std::shared_ptr<const base::event_batch>& events);

  /// Whether a tick of these values would change anything; if not, none need be written.
  [[nodiscard]] bool wants_tick(const schemas::tick_entry& t) const;

  /// Makes ready what `apply` of this entry will need. `batch` spares decoding. Errors: corrupt,
  /// unsupported when this build does not know its fold version or the library not its generation.
  [[nodiscard]] base::status prepare(const state::log_entry& entry,
                                     const schemas::batch_entry* batch = nullptr);
  /// In force as of the last entry applied.
  [[nodiscard]] base::generation generation() const noexcept { return engines_.in_force(); }

  /// Folds a committed entry that was prepared. `batch` spares decoding when the caller still has
  /// it and has asked `without_duplicates`; then the entry's body is not looked at. Records named
  /// by `skip` are quarantined instead.
  [[nodiscard]] std::vector<emission> apply(const state::log_entry& entry,
                                            const schemas::batch_entry* batch = nullptr,
                                            const std::set<std::uint32_t>* skip = nullptr);

  /// Raised by the fold and not in an emitted entry yet; by (entry, tenant).
  [[nodiscard]] const std::map<std::pair<std::uint64_t, std::string>, emission>&
  unemitted() const noexcept {
    return unemitted_;
  }
  /// What was emitted and not answered, by index of its entry.
  [[nodiscard]] const std::map<std::uint64_t, std::shared_ptr<const emission>>&
  outbox() const noexcept {
    return outbox_;
  }

  /// Everything that changed since the last checkpoint, with the position. Pure: the caller writes
  /// it and then calls `checkpointed`.
  [[nodiscard]] std::shared_ptr<state::changes> checkpoint();
  void checkpointed(base::entry_index position);
  /// True when hot entities or quarantined and parked records exceed their share and a checkpoint
  /// would let some go.
  [[nodiscard]] bool wants_checkpoint() const noexcept {
    return hot_bytes_ > limits_.cache_bytes ||
           unsaved_bytes_ + parked_.unsaved_bytes() > limits_.unsaved_bytes;
  }

  /// A quarantined record that no checkpoint holds yet, as it will be stored.
  struct unsaved_record {
    base::tenant_id tenant;
    std::string key, value;
    base::entry_index entry;
  };
  /// Oldest first.
  [[nodiscard]] const std::vector<unsaved_record>& unsaved() const noexcept { return unsaved_; }

  /// Kept for partitions that have no primary.
  [[nodiscard]] const parked_batches& parked() const noexcept { return parked_; }
  /// The body of one of them. Errors: io, corrupt.
  [[nodiscard]] base::result<std::shared_ptr<const std::string>>
  parked_body(base::partition_id home, const parked_batches::item& what) const;

  [[nodiscard]] base::entry_index applied() const noexcept { return applied_; }
  /// Of everything the fold has said up to `applied`; equal on all replicas.
  [[nodiscard]] base::hash128 digest() const noexcept { return digest_; }
  [[nodiscard]] partition_figures figures() const;
  [[nodiscard]] const source_table& sources() const noexcept { return sources_; }
  /// For the API. Loads from the store when cold; null when unknown.
  [[nodiscard]] base::result<const detect::entity_state*> look_up(const detect::entity_ref& ref);

  [[nodiscard]] base::partition_id id() const noexcept { return id_; }

 private:
  struct hot_entity {
    detect::entity_ref ref;
    detect::entity_state state;
    std::size_t bytes = 0; ///< as last counted
    bool dirty = false;    ///< differs from what is stored
    bool changed = false;  ///< by the batch being folded
    bool matched = false;  ///< by a rule, in that batch
    int unweighed = 0;     ///< changes since its bytes were counted
    base::event_time due = base::event_time::max();
    bool news = false;
  };
  static constexpr int weigh_every = 16;
  /// Hot entities by hash of their name; equal hashes take the next free number.
  using entity_table = std::unordered_map<std::uint64_t, hot_entity>;
  using due_queue = std::set<std::pair<base::event_time, std::uint64_t>>;

  [[nodiscard]] entity_table::value_type& entity(const base::tenant_id& tenant,
                                                 base::entity_kind kind, std::string_view key);
  void fold_batch(const schemas::batch_entry& batch, const std::set<std::uint32_t>* skip);
  void fold_tick(const schemas::tick_entry& t);
  void fold_config(const schemas::config_entry& c);
  void settle_due(const base::tenant_id& tenant);
  void report_news();
  void collect(const base::tenant_id& tenant);
  /// Brings the queues up to date after a change.
  void requeue(entity_table::value_type& at);
  /// Brings the byte count up to date. O(state), which is more than folding an event: at every
  /// `weigh_every`th change by a rule, and at checkpoints.
  void weigh(hot_entity& e);
  void weigh_sometimes(hot_entity& e) {
    if (e.bytes == 0 || ++e.unweighed >= weigh_every)
      weigh(e);
  }
  void touched(entity_table::value_type& at) {
    weigh_sometimes(at.second);
    requeue(at);
  }
  void remember_ids(const schemas::batch_entry& batch);
  /// False when the event was taken here before; `tenant` is a hash of it, for ids of one tenant
  /// are nothing to another.
  bool remember_id(std::uint64_t tenant, const base::event& e) {
    return ids_.insert(e.id, e.routed_to.empty() ? tenant : base::hash64(e.routed_to, tenant));
  }
  void keep_quarantined(const schemas::batch_entry& batch, std::size_t number,
                        schemas::quarantined_entry record);
  void read_checkpoint(const schemas::partition_checkpoint& c);
  void let_go();

  base::partition_id id_;
  std::shared_ptr<state::store> store_;
  partition_limits limits_;
  generation_engines engines_;
  detect::recent_ids ids_;

  // Folded from the log.
  base::entry_index applied_, checkpointed_;
  base::hash128 digest_;
  std::optional<schemas::batch_entry> decoded_; ///< by `prepare`, for `apply`
  base::receive_time now_, reported_;
  state::batch_ledger ledger_;
  source_table sources_;
  std::map<std::uint64_t, std::shared_ptr<const emission>> outbox_;
  std::map<std::pair<std::uint64_t, std::string>, emission>
      unemitted_; ///< by (entry, tenant); raised, and
                  ///< no emitted entry applied yet
  entity_table entities_;
  std::map<std::string, due_queue> due_; ///< by tenant
  std::set<std::uint64_t> news_;
  std::set<std::string> concluded_; ///< tenants whose sources had all ended at the last tick
  std::size_t hot_bytes_ = 0;
  std::vector<unsaved_record> unsaved_;
  std::size_t unsaved_bytes_ = 0;
  parked_batches parked_;

  // Scratch.
  std::uint64_t folding_ = 0;
  detect::fold_output out_;
  std::vector<entity_table::value_type*> changed_;
  std::map<std::string, emission> raised_;
  mutable partition_figures figures_;
};

} // namespace vedette::actors
