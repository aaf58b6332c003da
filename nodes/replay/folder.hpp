// One worker's share of the entities, and the engine that folds into them.
//
// Sees every unit in order and takes the events whose identity hashes to it. Not thread-safe.
#pragma once

#include "detect/engine.hpp"
#include "detect/recent_ids.hpp"
#include "nodes/replay/unit.hpp"

#include <memory>
#include <unordered_map>

namespace vedette::replay {

/// The hash that places an entity, on workers here and on partitions in a node.
[[nodiscard]] std::uint64_t home_of(std::string_view tenant, base::entity_kind kind,
                                    std::string_view key) noexcept;

class folder {
 public:
  folder(std::shared_ptr<const detect::ruleset> rules, const pipeline_options& how, int share,
         int shares);

  /// Before the first `fold`.
  void restore(detect::entity_ref ref, detect::entity_state state, std::uint64_t home);
  void restore(base::event_time watermark) { watermark_ = watermark; }

  void fold(const unit& u);
  void finish(const entity_visitor& keep, outcome& out);
  [[nodiscard]] const tally& counted() const noexcept { return counted_; }

 private:
  struct held {
    detect::entity_ref ref;
    detect::entity_state state;
    base::session_class holder = base::session_class::unknown; ///< as of an identity's last event
  };

  void take(const base::event& e, base::entity_kind kind, std::string_view key, std::uint64_t home,
            base::event_time watermark, bool stateless);

  detect::engine engine_;
  pipeline_options how_;
  std::uint64_t share_, shares_;
  base::event_time watermark_;
  detect::recent_ids ids_;
  std::unordered_map<std::uint64_t, held> entities_;
  detect::fold_output out_;
  outcome said_;
  tally counted_;
};

} // namespace vedette::replay
