// Which batches of which collector start a partition has taken: the reason a resend counts once.
//
// Per (tenant, source, session): everything below a watermark, and the set above it. A collector
// says below which sequence it will never resend, which moves the watermark; a partition sees only
// the batches that had something for it, so holes are normal. Bounded: `above_max` sequences per
// session (then the smallest are taken as known, which a collector within its credit never reaches)
// and `sessions_max` sessions, the one idle for longest goes first. Pure; owned by the partition's
// fold.
#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vedette::state {

class batch_ledger {
 public:
  static constexpr std::size_t above_max = 1024;
  static constexpr std::size_t sessions_max = 4096;

  struct collector {
    base::tenant_id tenant;
    std::string source;
    std::uint64_t session = 0;

    friend auto operator<=>(const collector&, const collector&) = default;
  };
  struct taken {
    std::uint64_t below =
        1; ///< every sequence under it was taken, or had nothing for this partition
    std::vector<std::uint64_t> above; ///< ascending
    base::receive_time last;

    friend bool operator==(const taken&, const taken&) = default;
  };

  /// True when the batch was taken before.
  [[nodiscard]] bool knows(const collector& who, std::uint64_t sequence) const;
  void take(const collector& who, std::uint64_t sequence, std::uint64_t committed_below,
            base::receive_time at);

  [[nodiscard]] const std::map<collector, taken>& all() const noexcept { return all_; }
  static batch_ledger restore(std::map<collector, taken> all);

  friend bool operator==(const batch_ledger&, const batch_ledger&) = default;

 private:
  std::map<collector, taken> all_;
};

} // namespace vedette::state
