// What a partition's fold is to its host: the state that committed entries make, and what a serving
// primary says and does because of it.
//
// Two kinds: a model that is quick (model_fold.hpp), and the folds a node runs (real/). Owned by a
// partition_host, which shows it committed entries in order, keeps its checkpoints on the simulated
// disk and dies with its process.
#pragma once

#include "cluster/replica_words.hpp"
#include "tests/sim/payload.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace vedette::sim {

class partition_host;

/// What a checkpoint holds; each kind of fold has its own.
struct fold_image {
  fold_image() = default;
  fold_image(const fold_image&) = default;
  fold_image& operator=(const fold_image&) = delete;
  virtual ~fold_image() = default;

  std::uint64_t applied = 0;
  base::hash128 digest;
};
using checkpoint = std::shared_ptr<const fold_image>;

struct delivery {
  outbox_position at;
  alert_id alert = 0;                                 ///< of the model
  std::shared_ptr<const schemas::emitted_entry> said; ///< of the real folds
  std::uint64_t emitted = 0, index = 0;               ///< in the sender's outbox
};

class partition_fold {
 public:
  using accept = std::function<void()>;
  using refuse = std::function<void(cluster::node_id)>;

  partition_fold() = default;
  partition_fold(const partition_fold&) = delete;
  partition_fold& operator=(const partition_fold&) = delete;
  virtual ~partition_fold() = default;

  // --- the state ---

  [[nodiscard]] virtual std::uint64_t applied() const = 0;
  /// Equal on all copies after the same entry.
  [[nodiscard]] virtual base::hash128 digest() const = 0;
  /// The same, or nothing when to tell it after this entry costs too much.
  [[nodiscard]] virtual std::optional<base::hash128> digest_after(std::uint64_t /*index*/) const {
    return digest();
  }
  /// True when the entry changed nothing because it was known.
  virtual bool apply(const cluster::entry& e) = 0;
  [[nodiscard]] virtual checkpoint image() = 0;
  /// `from` null: the beginning of the log.
  virtual void load(const checkpoint& from) = 0;
  /// What a broken memory cell does, to a fold whose digest would show it.
  [[nodiscard]] virtual bool may_rot() const { return false; }
  virtual void rot(std::uint64_t /*where*/) {}

  // --- what a serving primary does; void when it steps down ---

  virtual void begin_term(base::epoch e) = 0;
  virtual void end_term() = 0;
  /// Everything up to there is folded: whoever waited for it is told.
  virtual void answer(std::uint64_t through) = 0;
  /// Appends and sends what the state asks for; only while serving.
  virtual void react() = 0;
  /// The reply says whether it is safe.
  virtual void take_batch(const batch& b, const accept& accepted, const refuse& refused) = 0;
  virtual void take_alert(const delivery& d, const accept& accepted) = 0;
  /// Nothing is left to say, send or do.
  [[nodiscard]] virtual bool at_rest() const = 0;

  /// At the end: shows the checker what the copies agree on.
  virtual void judge() const = 0;
};

/// As the options of the host's world ask for.
[[nodiscard]] std::unique_ptr<partition_fold> make_fold(partition_host& host);

} // namespace vedette::sim
