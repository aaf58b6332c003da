// Sources that are answered later than their batches are durable, because their tenant raises
// alerts faster than its aggregator takes them.
//
// Credit is what bounds a source, so a held answer slows exactly the sources of that tenant, and
// what waits in partitions stays bounded by the bound here and the credit of its sources. An answer
// is held by the partitions in which too much waits; whoever owns this asks them again (`asking`).
// Pure; bounded by the credit of all sources.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vedette::actors {

class held_answers {
 public:
  using place = std::pair<std::string, std::uint32_t>; ///< tenant, partition

  /// A second's worth of a storm.
  static constexpr std::uint64_t usual = 4096;

  /// `alerts`: so many of one tenant may wait in all partitions together, spread evenly.
  held_answers(std::uint64_t alerts, std::size_t partitions)
      : bound_{std::max<std::uint64_t>(alerts / std::max<std::size_t>(partitions, 1), 16)} {}

  /// Too many alerts wait in a partition that took a share of a batch.
  [[nodiscard]] bool too_many(std::uint64_t waiting) const noexcept { return waiting > bound_; }

  /// `answer` runs once every one of the places has room. O(places log held).
  void hold(const std::vector<place>& places, std::function<void()> answer) {
    const auto one = std::make_shared<held>(held{places.size(), std::move(answer)});
    for (const auto& p : places)
      waiting_[p].push_back(one);
  }
  /// What a partition says now, or nothing when it does not answer: then it may still be full.
  /// Answers before it returns.
  void told(const place& p, std::uint64_t waiting) {
    // Half: a source that is let go on for one batch and held again would be in step with the
    // questions.
    if (waiting > bound_ / 2)
      return;
    auto ready = waiting_.extract(p);
    if (!ready)
      return;
    for (const auto& h : ready.mapped())
      if (--h->places == 0)
        h->answer();
  }
  /// Where something is held: to be asked now and then.
  [[nodiscard]] std::vector<place> asking() const {
    std::vector<place> out;
    for (const auto& [p, those] : waiting_)
      out.push_back(p);
    return out;
  }
  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }

 private:
  struct held {
    std::size_t places = 0;
    std::function<void()> answer;
  };
  std::uint64_t bound_;
  std::map<place, std::vector<std::shared_ptr<held>>> waiting_;
};

} // namespace vedette::actors
