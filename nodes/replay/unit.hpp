// A batch of records on its way through the pipeline: raw text, then events, then deliveries.
//
// Owned by one stage at a time; reused, so that a running pipeline does not allocate.
#pragma once

#include "base/event.hpp"
#include "base/limits.hpp"
#include "nodes/replay/pipeline.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vedette::replay {

/// Bytes the parser may read behind a record.
inline constexpr std::size_t padding = 64;

struct unit {
  std::string text; ///< the records one after another, `padding` bytes behind the last
  std::vector<std::pair<std::size_t, std::size_t>> records; ///< offset and length
  base::event_batch batch;
  std::vector<base::event> routed;  ///< copies for other entities; arena of `batch`
  std::vector<std::uint64_t> homes; ///< per event: hash of its identity
  std::vector<std::uint64_t> routed_homes;
  std::vector<base::event_time> newest; ///< per event: newest time of the unit up to it
  tally counted;

  void add(std::string_view record) {
    records.emplace_back(text.size(), record.size());
    text += record;
  }
  [[nodiscard]] bool full() const noexcept {
    return text.size() >= pipeline::unit_bytes || records.size() >= pipeline::unit_records;
  }
  void clear() {
    text.clear();
    records.clear();
    batch.events.clear();
    batch.memory.clear();
    routed.clear();
    homes.clear();
    routed_homes.clear();
    newest.clear();
    counted = {};
  }
};

} // namespace vedette::replay
