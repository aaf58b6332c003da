// What a detector remembers of parking in a term: as a keeper of others' batches, and as a home
// that takes back its own.
//
// Nothing of it outlives a term: what is parked is in the fold (actors/parked_batches.hpp). Bounded
// by the gates' credit and the number of partitions. Pure.
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vedette::actors {

using desk_time = std::chrono::nanoseconds; ///< any monotonic scale
/// Tenant and source, session, sequence.
using batch_key = std::pair<std::string, std::pair<std::uint64_t, std::uint64_t>>;

struct keeper_desk {
  /// A home that asked within this, and for which nothing is kept, serves.
  static constexpr desk_time asked_lately = std::chrono::seconds{3};
  /// One that took something back within this soon has all of a little.
  static constexpr desk_time gave_back_lately = std::chrono::seconds{1};
  static constexpr std::uint64_t little = std::uint64_t{4} << 20; ///< bytes

  /// Appended and not committed yet; a resend waits for the same answer.
  struct coming {
    std::map<batch_key, std::vector<std::function<void(const base::status&)>>> batches;
    std::uint64_t bytes = 0;
  };
  std::map<base::partition_id, coming> to_come; ///< by home
  std::set<base::partition_id> giving_back;     ///< a drain is out, or its end is being written
  /// When a home asked last, and when it took something back.
  std::map<base::partition_id, desk_time> asked, gave_back;

  /// Whether what a home's sources say now is better told to the home itself.
  [[nodiscard]] bool about_to_serve(base::partition_id home, std::uint64_t bytes_left,
                                    desk_time now) const {
    const auto within = [&](const auto& times, desk_time span) {
      const auto at = times.find(home);
      return at != times.end() && now < at->second + span;
    };
    return (bytes_left == 0 && within(asked, asked_lately)) ||
           (bytes_left < little && within(gave_back, gave_back_lately));
  }
};

struct home_desk {
  /// A keeper that does not answer, or gives nothing back, is not waited for longer: what it has
  /// comes late, and two partitions would stand still instead of one.
  static constexpr desk_time patience = std::chrono::seconds{2};
  /// A partition that committed nothing for so long may have batches parked.
  static constexpr desk_time stall = std::chrono::seconds{2};

  struct keeper {
    bool asking = false; ///< and has not answered
    base::entry_index oldest;
    desk_time give_up_at{};
  };
  /// May have something for this partition: what comes from sources waits meanwhile.
  std::map<base::partition_id, keeper> unheard;
  bool beating = false; ///< a beat is under way

  [[nodiscard]] bool closed() const noexcept { return !unheard.empty(); }
  void wait_for(base::partition_id who, desk_time now) {
    unheard.try_emplace(who, keeper{false, {}, now + patience});
  }
  /// What a keeper said; nothing: it did not answer. True when it is not waited for any longer
  /// although it may have something.
  bool heard(base::partition_id who, std::optional<std::uint64_t> batches, base::entry_index oldest,
             desk_time now) {
    const auto at = unheard.find(who);
    if (at == unheard.end())
      return false;
    auto& k = at->second;
    k.asking = false;
    if (batches == std::uint64_t{0}) {
      unheard.erase(at);
      return false;
    }
    if (batches && oldest != k.oldest) { // it gives back
      k.oldest = oldest;
      k.give_up_at = now + patience;
    }
    if (now < k.give_up_at)
      return false;
    unheard.erase(at);
    return true;
  }
};

} // namespace vedette::actors
