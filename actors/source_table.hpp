// How far each source is in event time, and so how far a tenant's watermark is: as far as the
// source that is furthest behind, of those that still hold it.
//
// Pure; part of a partition's folded state. A source that has ended, or is silent, no longer holds
// the watermark back but keeps its own, by which its late events are judged. Bounded by
// `sources_max`, the one idle for longest goes first.
#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"

#include <compare>
#include <cstddef>
#include <map>
#include <string>

namespace vedette::actors {

class source_table {
 public:
  static constexpr std::size_t sources_max = 4096;

  struct name {
    base::tenant_id tenant;
    std::string source;

    friend auto operator<=>(const name&, const name&) = default;
  };
  struct mark {
    base::event_time watermark;
    base::receive_time last;
    bool holds = true;

    friend bool operator==(const mark&, const mark&) = default;
  };

  /// Moves the source's watermark up, never back.
  void advance(const name& who, base::event_time to, bool holds, base::receive_time at);
  /// Of the source; the epoch when it is not known.
  [[nodiscard]] base::event_time of(const name& who) const;
  /// The smallest watermark of the tenant's sources that hold; the largest of all when none does.
  [[nodiscard]] base::event_time of(const base::tenant_id& tenant) const;
  /// True when the tenant has sources and none of them holds: nothing more is to come.
  [[nodiscard]] bool all_ended(const base::tenant_id& tenant) const;

  [[nodiscard]] const std::map<name, mark>& all() const noexcept { return all_; }
  static source_table restore(std::map<name, mark> all);

 private:
  std::map<name, mark> all_;
};

} // namespace vedette::actors
