// A collector: makes events, sends each batch to whom it takes for the partition's primary, and
// resends until it is acknowledged. With the real folds it is its ingest node too.
//
// Keeps at most `credit` batches unanswered. Its session is fixed; it never forgets what was not
// acknowledged. Owned by the world of tests/sim.
#pragma once

#include "schemas/codec/entry_codec.hpp"
#include "tests/sim/payload.hpp"
#include "tests/sim/real/source.hpp"
#include "tests/sim/world.hpp"

#include <map>
#include <memory>

namespace vedette::sim {

class collector {
 public:
  collector(world& w, std::uint64_t source);

  void tick();
  [[nodiscard]] bool idle() const noexcept { return waiting_.empty(); }
  /// How far it has come, as its ingest node tells partitions: not beyond what waits for an answer.
  [[nodiscard]] schemas::source_mark_entry mark() const;

 private:
  static constexpr std::size_t credit = 6;

  struct sent {
    batch what;
    base::partition_id partition;
    instant at{};
    std::uint64_t tries = 0;
  };

  void make();
  void offer(sent& s);
  void acknowledged(std::uint64_t sequence);

  world& world_;
  std::uint64_t source_, session_, next_ = 1;
  std::map<std::uint64_t, sent> waiting_; ///< by sequence
  std::map<base::partition_id, cluster::node_id> believed_;
  std::unique_ptr<real::source> real_; ///< null: the model
};

} // namespace vedette::sim
