// What is known about every entity, and the few words a store keeps about itself.
//
// Values are opaque bytes of whoever folds. Bounded by the disk; the hot part lives in the callers'
// caches. Written at eviction and at checkpoints (by the committer and detectors), read on a cache
// miss. Thread-safe; a scan sees the state of one moment.
#pragma once

#include "base/result.hpp"
#include "state/keys.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::state {

/// Changes that become visible and durable together or not at all. Later ones win.
class changes {
 public:
  void put(const state_key& key, std::string value) {
    entities_.push_back({to_bytes(key), std::move(value)});
  }
  void erase(const state_key& key) { entities_.push_back({to_bytes(key), std::nullopt}); }
  /// Entities of the partition, as stored, hold everything up to this entry.
  void position(base::partition_id partition, base::entry_index index) {
    positions_.emplace_back(partition, index);
  }
  void put_meta(std::string name, std::string value) {
    meta_.push_back({std::move(name), std::move(value)});
  }
  void erase_meta(std::string name) { meta_.push_back({std::move(name), std::nullopt}); }

  [[nodiscard]] bool empty() const noexcept {
    return entities_.empty() && positions_.empty() && meta_.empty();
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return entities_.size() + positions_.size() + meta_.size();
  }
  void clear() noexcept;

  struct change {
    std::string key;
    std::optional<std::string> value; ///< nothing: erase
  };
  [[nodiscard]] const std::vector<change>& entities() const noexcept { return entities_; }
  [[nodiscard]] const std::vector<std::pair<base::partition_id, base::entry_index>>&
  positions() const noexcept {
    return positions_;
  }
  [[nodiscard]] const std::vector<change>& meta() const noexcept { return meta_; }

 private:
  std::vector<change> entities_;
  std::vector<std::pair<base::partition_id, base::entry_index>> positions_;
  std::vector<change> meta_;
};

/// Part of a partition's state as it travels: a key behind the partition, and its value.
struct staged_item {
  std::string key, value;
};

/// One partition's entities as they were at one moment. Keeps the store from forgetting them, so it
/// is let go when it is no longer needed. Thread-safe.
class entity_view {
 public:
  virtual ~entity_view() = default;
  /// In key order from `from` (a key behind the partition) on, until `visit` returns false.
  [[nodiscard]] virtual base::status
  scan(std::string_view from,
       const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
};

class entity_store {
 public:
  /// Returns false to stop.
  using visitor = std::function<bool(const state_key&, std::string_view value)>;

  virtual ~entity_store() = default;

  [[nodiscard]] virtual base::result<std::optional<std::string>>
  get(const state_key& key) const = 0;

  /// Atomic. Not synced: what a power loss takes is folded again from the log, which was written
  /// before. O(bytes).
  [[nodiscard]] virtual base::status apply(const changes& set) = 0;

  /// Every record of a partition, a tenant in it, or one kind of that tenant, in key order.
  [[nodiscard]] virtual base::status scan(base::partition_id partition,
                                          const visitor& visit) const = 0;
  [[nodiscard]] virtual base::status scan(base::partition_id partition,
                                          const base::tenant_id& tenant, state_kind kind,
                                          const visitor& visit) const = 0;

  [[nodiscard]] virtual std::shared_ptr<const entity_view>
  view(base::partition_id partition) const = 0;

  /// Adds to what is staged of a partition, beside its state and invisible until
  /// store::switch_staged. Not synced. ec::malformed when a key is none of ours.
  [[nodiscard]] virtual base::status stage(base::partition_id partition,
                                           std::span<const staged_item> items) = 0;
  [[nodiscard]] virtual base::status drop_staged(base::partition_id partition) = 0;

  /// Forgets every record of a partition, what is staged of it, and its position.
  [[nodiscard]] virtual base::status drop(base::partition_id partition) = 0;

  /// The last `changes::position`; 0 when there was none.
  [[nodiscard]] virtual base::result<base::entry_index>
  position(base::partition_id partition) const = 0;

  /// A value about the store itself: cluster id, tokens, highest epoch. Names are 1..128 bytes.
  [[nodiscard]] virtual base::result<std::optional<std::string>>
  meta(std::string_view name) const = 0;
  /// All meta values whose name begins with `prefix`, in name order.
  [[nodiscard]] virtual base::status scan_meta(
      std::string_view prefix,
      const std::function<bool(std::string_view name, std::string_view value)>& visit) const = 0;
};

} // namespace vedette::state
