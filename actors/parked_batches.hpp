// Batches that a partition keeps for others which have no primary: the state behind `parked` and
// `unparked` entries (docs/decisions/0013-parking.md).
//
// Pure; part of a partition's fold. Bodies stay in memory until a checkpoint has put them beside
// the entities, so that checkpoints and seeding carry them; afterwards only their names do. Bounded
// per home by `bytes_max`, `batches_max` and `age_max`: whoever appends asks `room` first. Not
// thread-safe.
#pragma once

#include "schemas/codec/checkpoint_codec.hpp"
#include "state/entity_store.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vedette::actors {

class parked_batches {
 public:
  static constexpr std::uint64_t bytes_max = std::uint64_t{1} << 30;
  static constexpr std::size_t batches_max = 65'536; ///< their names are in every checkpoint
  /// Less than base::limits::lateness: what waited so long still falls into its windows.
  static constexpr base::duration age_max = std::chrono::minutes{15};

  struct item {
    base::epoch epoch;
    base::entry_index index;
    base::tenant_id tenant;
    base::receive_time received;
    std::uint64_t bytes = 0;
    std::shared_ptr<const std::string> body; ///< null: it is in the store
    bool offered = false;                    ///< to a checkpoint
  };
  struct waiting {
    std::deque<item> items; ///< as they came; never empty
    std::uint64_t bytes = 0;
  };

  void park(base::partition_id home, item what);
  void unpark(base::partition_id home, base::entry_index through);

  /// Of homes for which something waits.
  [[nodiscard]] const std::map<base::partition_id, waiting>& all() const noexcept { return all_; }
  /// Whether something that was received then may still be parked, when so many bytes are on their
  /// way. Errors: conflict, not unavailable: another
  /// keeper would take it, and what is here is older.
  [[nodiscard]] base::status room(base::partition_id home, base::receive_time received,
                                  std::uint64_t coming = 0) const;
  /// Held in memory until a checkpoint.
  [[nodiscard]] std::uint64_t unsaved_bytes() const noexcept { return unsaved_; }

  /// What a checkpoint of partition `keeper` must write and erase.
  void offer(base::partition_id keeper, state::changes& into);
  /// That checkpoint, taken as of `position`, is in the store.
  void saved(base::entry_index position);
  [[nodiscard]] std::vector<schemas::partition_checkpoint::parked_item> items() const;
  [[nodiscard]] static parked_batches
  restore(const std::vector<schemas::partition_checkpoint::parked_item>& items);

  [[nodiscard]] static state::state_key key_of(base::partition_id keeper, base::partition_id home,
                                               const item& what);

 private:
  struct gone_item {
    base::partition_id home;
    item what;
  };
  std::map<base::partition_id, waiting> all_;
  std::vector<gone_item> gone_; ///< written by a checkpoint, to be erased by the next
  std::uint64_t unsaved_ = 0;
};

} // namespace vedette::actors
