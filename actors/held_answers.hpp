// Sources that are answered later than their batches are durable, because their tenant raises
// alerts faster than its aggregator takes them.
//
// Credit is what bounds a source, so a held answer slows exactly the sources of that tenant, and
// what waits in a partition stays bounded by the bound here and the credit of its sources. An
// answer is held by the partitions in which too much waits; whoever owns this asks them again
// (`to_ask`). A source without credit sends no less for being held, and is answered after
// `patience` all the same. Pure; remembers one entry an answer, which credit and `patience` bound.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vedette::actors {

class held_answers {
 public:
  using place = std::pair<std::string, std::uint32_t>; ///< tenant, partition
  using time = std::chrono::nanoseconds;               ///< any monotonic scale

  /// A second's worth of a storm.
  static constexpr std::uint64_t usual = 4096;
  /// Of a request that nobody is to wait for longer.
  static constexpr time patience = std::chrono::seconds{3};

  /// `alerts`: so many of one tenant may wait in all partitions together, spread evenly; 16 may in
  /// any.
  held_answers(std::uint64_t alerts, std::size_t partitions)
      : bound_{std::max<std::uint64_t>(alerts / std::max<std::size_t>(partitions, 1), 16)} {}

  /// Too many alerts wait in a partition that took a share of a batch.
  [[nodiscard]] bool too_many(std::uint64_t waiting) const noexcept { return waiting > bound_; }

  /// `answer` runs once every one of the places has room, or at `until`. O(places log held).
  void hold(const std::vector<place>& places, std::optional<time> until,
            std::function<void()> answer) {
    const auto one = std::make_shared<held>(held{places.size(), std::move(answer)});
    for (const auto& p : places)
      waiting_[p].push_back(one);
    if (until)
      expiring_.emplace(*until, one);
  }
  /// Those of which nothing is held any more, or that were asked and have not been `told`, are left
  /// out; the others count as asked.
  [[nodiscard]] std::vector<place> to_ask() {
    std::vector<place> out;
    for (const auto& [p, those] : waiting_)
      if (asked_.insert(p).second)
        out.push_back(p);
    return out;
  }
  /// What a partition says, or nothing: then nobody serves it, or this node is on its way out, and
  /// who sends may as well go on. Answers before it returns.
  void told(const place& p, std::optional<std::uint64_t> waiting) {
    asked_.erase(p);
    // Half: a source that is let go on for one batch and held again would be in step with the
    // questions.
    if (waiting && *waiting > bound_ / 2)
      return;
    auto ready = waiting_.extract(p);
    if (!ready)
      return;
    for (const auto& h : ready.mapped())
      if (--h->places == 0)
        finish(*h);
  }
  /// Answers what is held no longer than until `now`. O(held) when there is any.
  void pass(time now) {
    if (expiring_.empty() || now < expiring_.begin()->first)
      return;
    while (!expiring_.empty() && expiring_.begin()->first <= now) {
      const auto h = expiring_.begin()->second;
      expiring_.erase(expiring_.begin());
      finish(*h);
    }
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      std::erase_if(at->second, [](const auto& h) { return !h->answer; });
      at = at->second.empty() ? waiting_.erase(at) : std::next(at);
    }
  }
  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }

 private:
  struct held {
    std::size_t places = 0;
    std::function<void()> answer; ///< empty: it was given
  };
  static void finish(held& h) {
    if (auto answer = std::exchange(h.answer, {}))
      answer();
  }

  std::uint64_t bound_;
  std::map<place, std::vector<std::shared_ptr<held>>> waiting_;
  std::multimap<time, std::shared_ptr<held>> expiring_;
  std::set<place> asked_;
};

} // namespace vedette::actors
