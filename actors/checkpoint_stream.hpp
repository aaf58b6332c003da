// A partition's checkpoint on its way from one store to another: cut into chunks there, staged
// here.
//
// The source reads the state once for sizes and checksum and keeps the first chunks it made of it
// (`kept_bytes_max`); a partition may be larger than memory, so the others are read again, from
// where each begins. The sink remembers a running checksum and the meta values. Used by replicas; a
// source also by the thread that reads for one.
#pragma once

#include "actors/fold_words.hpp"
#include "cluster/replica.hpp"
#include "schemas/codec/chunk_codec.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::actors {

/// The state as the store has it now, which is as of `at`, and one meta value. Errors: what the
/// store says.
[[nodiscard]] base::result<checkpoint_taken> view_of(const state::entity_store& store,
                                                     base::partition_id partition,
                                                     base::entry_index at,
                                                     const std::string& meta_name);

class checkpoint_source {
 public:
  static constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
  static constexpr std::size_t kept_bytes_max = std::size_t{8} << 20;

  /// Reads all of it once. Errors: what the store says. O(state).
  [[nodiscard]] static base::result<std::shared_ptr<const checkpoint_source>>
  open(checkpoint_taken what);

  [[nodiscard]] const cluster::replica::opened_checkpoint& opened() const noexcept {
    return opened_;
  }
  /// The same bytes each time. `number` < opened().chunks. O(chunk). Thread-safe.
  [[nodiscard]] base::result<std::shared_ptr<const std::string>> chunk(std::uint32_t number) const;
  /// Without reading; null when it is not kept.
  [[nodiscard]] std::shared_ptr<const std::string> kept(std::uint32_t number) const {
    return number < kept_.size() ? kept_[number] : nullptr;
  }

 private:
  explicit checkpoint_source(checkpoint_taken what) : what_{std::move(what)} {}
  void close_chunk(schemas::checkpoint_items& items);

  checkpoint_taken what_;
  std::vector<std::string> begins_;                      ///< first key of each chunk
  std::vector<std::shared_ptr<const std::string>> kept_; ///< the first ones
  std::size_t kept_bytes_ = 0;
  cluster::replica::opened_checkpoint opened_;
};

class checkpoint_sink {
 public:
  /// What one chunk adds; chunks come in order. ec::malformed.
  [[nodiscard]] base::result<std::vector<state::staged_item>> take(std::string_view chunk);
  [[nodiscard]] bool matches(const cluster::checkpoint_manifest& m) const noexcept {
    return chunks_ == m.chunks && checksum_ == m.checksum;
  }
  /// Position and meta values, to be written with the switch.
  [[nodiscard]] std::shared_ptr<const state::changes> beside(base::partition_id partition,
                                                             base::entry_index at) const;

 private:
  std::uint32_t chunks_ = 0;
  base::hash128 checksum_;
  std::vector<std::pair<std::string, std::string>> meta_;
};

} // namespace vedette::actors
