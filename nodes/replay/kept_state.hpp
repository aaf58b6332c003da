// What a replay has learned, kept in a folder for the next one: `--state DIR`.
//
// A store in the bytes of a node's checkpoint (docs/formats/entity.md,
// tenant.md), replaced whole by each run or not at all. Holds the store open; one process at a
// time.
#pragma once

#include "base/result.hpp"
#include "detect/entity_state.hpp"
#include "respond/tenant_state.hpp"
#include "state/store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vedette::replay {

class kept_state {
 public:
  using entity_visitor = std::function<void(detect::entity_ref, detect::entity_state)>;

  /// Opens or makes the folder. Errors: as state::open_rocks_store, and ec::invalid_argument when
  /// it keeps another tenant's state or is the data directory of a node.
  [[nodiscard]] static base::result<kept_state> open(const std::string& folder,
                                                     const base::tenant_id& tenant);

  /// The newest event time of all runs so far; nothing before the first.
  [[nodiscard]] std::optional<base::event_time> watermark() const noexcept { return watermark_; }

  /// What the runs so far left; nothing to visit, and no tenant, before the first. O(entities).
  [[nodiscard]] base::status load(const entity_visitor& visit) const;
  [[nodiscard]] base::result<std::optional<respond::tenant_state::data>> load_tenant() const;

  /// One entity as this run leaves it; becomes visible with `commit`.
  void keep(const detect::entity_ref& ref, const detect::entity_state& state);
  /// Replaces what was there by what was kept: durable, and whole or not at all. Once; also says
  /// what went wrong in `keep`.
  [[nodiscard]] base::status commit(base::event_time watermark,
                                    const respond::tenant_state::data& tenant);

 private:
  kept_state(std::unique_ptr<state::store> store, base::tenant_id tenant);
  void stage();

  std::unique_ptr<state::store> store_;
  base::tenant_id tenant_;
  std::optional<base::event_time> watermark_;
  base::entry_index run_; ///< counts them; the first is 1
  std::vector<state::staged_item> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool staging_ = false;
  std::optional<base::error> problem_;
};

} // namespace vedette::replay
