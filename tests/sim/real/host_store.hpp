// One partition's store as its real fold sees it: entities in memory as the process has them, the
// log as the simulated disk has it.
//
// What lasts is decided by tests/sim/disk.hpp: `entities_of` is what a checkpoint puts there, and a
// fold that begins again is given what is left. Nothing is ever appended, trimmed or staged here.
// Owned by a real fold.
#pragma once

#include "state/memory/memory_store.hpp"
#include "tests/sim/fold.hpp"

#include <map>
#include <memory>
#include <string>

namespace vedette::sim::real {

/// Everything a checkpoint of a real fold left in a store.
struct stored_image final : fold_image {
  std::map<std::string, std::string> entities; ///< by key behind the partition
  std::string meta_name, meta;                 ///< empty: none
};

class host_store final : public state::store, private state::partition_log {
 public:
  explicit host_store(partition_host& host) : host_{host} { clear(); }

  /// As after `from`; null: nothing is known.
  void restore(const checkpoint& from);
  /// Applies the changes, and everything there is after them.
  [[nodiscard]] std::shared_ptr<stored_image> keep(const state::changes& set,
                                                   const std::string& meta_name);

  // --- state::store ---
  [[nodiscard]] state::partition_log& log() override { return *this; }
  [[nodiscard]] state::entity_store& entities() override { return held_->entities(); }
  [[nodiscard]] base::status switch_staged(base::partition_id, const state::log_entry&,
                                           const state::changes&) override;
  [[nodiscard]] std::uint64_t incarnation() const override { return 0; }
  [[nodiscard]] state::store_memory memory() const override { return {}; }

 private:
  void clear();

  // --- state::partition_log ---
  [[nodiscard]] base::status append(std::span<const state::log_entry>) override;
  [[nodiscard]] base::result<base::entry_index> last(base::partition_id) const override;
  [[nodiscard]] base::entry_index first_kept(base::partition_id) const override;
  [[nodiscard]] state::log_standing standing(base::partition_id) const override;
  [[nodiscard]] std::vector<base::partition_id> partitions() const override;
  [[nodiscard]] base::status
  read(const state::positions& after,
       const std::function<bool(const state::log_entry&)>& sink) const override;
  [[nodiscard]] base::status trim(const state::positions&, const state::trim_limits&) override;
  [[nodiscard]] base::status sync() override { return {}; }
  [[nodiscard]] state::log_usage usage() const override { return {}; }

  partition_host& host_;
  std::unique_ptr<state::store> held_;
};

} // namespace vedette::sim::real
