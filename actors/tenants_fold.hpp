// The fold of one tenant partition: log entries in, every tenant's alerts, incidents and actions
// out. What an aggregator hosts.
//
// Thin: every decision is respond::tenant_state's. Remembers the tenants whose home the partition
// is (bounded inside tenant_state) and the content they are folded under; a checkpoint writes all
// of it with the position.
//
// No CAF here: aggregators, the simulator and tests drive it the same way. Not thread-safe.
#pragma once

#include "actors/content.hpp"
#include "cluster/replica_words.hpp"
#include "respond/tenant_state.hpp"
#include "state/store.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vedette::actors {

/// Under which kind of entry an input is written.
[[nodiscard]] state::entry_kind kind_of(const respond::input& in);

class tenants_fold {
 public:
  /// What one entry says: an input of a tenant, or that other content is in force.
  struct meaning {
    base::tenant_id tenant;
    std::optional<respond::input> input;
    content_ptr content;
  };
  /// What folding it made a tenant's fold say.
  struct answer {
    base::tenant_id tenant;
    respond::outputs said;
  };
  using tenant_map = std::map<std::string, std::unique_ptr<respond::tenant_state>>;

  tenants_fold(base::partition_id of, std::shared_ptr<state::store> store,
               std::shared_ptr<content_library> library)
      : partition_{of}, store_{std::move(store)}, library_{std::move(library)} {}

  /// Everything the checkpoint knows; the log behind it is for `apply`. Errors: corrupt,
  /// unsupported (a generation of content that the library does not have), io.
  [[nodiscard]] base::status recover();

  /// What an entry says that somebody else appended. Errors: corrupt, unsupported.
  [[nodiscard]] base::result<meaning> understand(const cluster::entry& e) const;
  /// Folds the entry behind the last one. Errors: unsupported, when generation 1, under which a log
  /// begins, is not kept any more.
  [[nodiscard]] base::result<std::vector<answer>> apply(base::entry_index at, meaning what);
  /// An entry that no fold survives, or that says nothing to this one.
  void pass_over(base::entry_index at) { applied_ = at; }
  /// Nothing was folded yet and the entry that says so follows.
  void begin_under(content_ptr content);

  [[nodiscard]] std::shared_ptr<state::changes> checkpoint() const;
  /// Equal on all copies after the same entry. O(state).
  [[nodiscard]] base::hash128 digest() const;
  /// What a digest costs grows with it. O(tenants).
  [[nodiscard]] std::size_t size() const;

  [[nodiscard]] base::entry_index applied() const noexcept { return applied_; }
  /// As of `applied`; null when nothing was folded and nothing is known of what a log begins under.
  [[nodiscard]] const content_ptr& in_force() const noexcept { return in_force_; }
  [[nodiscard]] const tenant_map& tenants() const noexcept { return tenants_; }
  /// Null when no entry was about it. To ask makes no tenant: copies would differ by what one of
  /// them was asked.
  [[nodiscard]] const respond::tenant_state* find(const base::tenant_id& id) const {
    const auto at = tenants_.find(id.value);
    return at == tenants_.end() ? nullptr : at->second.get();
  }

 private:
  /// Made when the tenant is new; something must be in force.
  [[nodiscard]] respond::tenant_state& tenant(const base::tenant_id& id);
  /// The generation an entry or a checkpoint names, or why the log cannot be folded.
  [[nodiscard]] base::result<content_ptr> named(const schemas::config_entry& c) const;
  [[nodiscard]] base::status recover_content();
  [[nodiscard]] std::vector<answer> take_over(content_ptr content);

  base::partition_id partition_;
  std::shared_ptr<state::store> store_;
  std::shared_ptr<content_library> library_;

  tenant_map tenants_;
  base::entry_index applied_;
  content_ptr in_force_;
};

} // namespace vedette::actors
