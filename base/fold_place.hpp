// What the calling thread is at work on: a raw record it reads, or an entry it folds and which
// record of it.
//
// Written plainly, so that a handler of fatal signals, which runs on the thread that died, can say
// what it died of (io/files/last_words.hpp). Scopes nest in functions that are `noexcept`: an
// exception then ends the process inside of them.
#pragma once

#include "base/hash.hpp"
#include "base/ids.hpp"

#include <cstdint>
#include <string_view>

namespace vedette::base {

/// Stands for all records of an entry.
inline constexpr std::uint32_t whole_entry = UINT32_MAX;

struct fold_place {
  partition_id partition;
  entry_index entry; ///< 0: nothing
  std::uint32_t record = whole_entry;

  friend bool operator==(const fold_place&, const fold_place&) = default;
};

/// A raw record has no partition and no entry yet: its place is a hash of its bytes.
inline constexpr partition_id unread{UINT32_MAX};
[[nodiscard]] inline fold_place place_of(std::string_view raw) noexcept {
  return {unread, {hash64(raw) | 1U}, 0};
}

inline thread_local constinit fold_place now_folding{};
inline thread_local constinit std::string_view now_reading{};

/// For the length of a scope this thread folds `entry`.
class folding {
 public:
  folding(partition_id partition, entry_index entry) noexcept {
    now_folding = {partition, entry, whole_entry};
  }
  ~folding() { now_folding.entry = {}; }
  folding(const folding&) = delete;
  folding& operator=(const folding&) = delete;

  static void record(std::size_t number) noexcept {
    now_folding.record = static_cast<std::uint32_t>(number);
  }
};

/// For the length of a scope this thread makes an event of `raw`.
class reading {
 public:
  explicit reading(std::string_view raw) noexcept { now_reading = raw; }
  ~reading() { now_reading = {}; }
  reading(const reading&) = delete;
  reading& operator=(const reading&) = delete;
};

} // namespace vedette::base
