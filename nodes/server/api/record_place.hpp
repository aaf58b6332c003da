// Where the tokens or the keys that a node goes by are kept: its own store, or its cluster.
//
// The one door behind which token_store and key_store do not look. A document is read whole and put
// whole, as the version behind the one that was read; of two who do so at once one wins and the
// other reads again, so no change is lost. Implemented by local_records.hpp and shared_records.hpp;
// `read` and `put` block.
#pragma once

#include "base/result.hpp"
#include "schemas/codec/access_codec.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace vedette::server {

template <class Document>
class record_place {
 public:
  record_place() = default;
  virtual ~record_place() = default;
  record_place(const record_place&) = delete;
  record_place& operator=(const record_place&) = delete;

  /// What stands; version 0 when nothing does. With `after`: waits for a later version than that.
  /// Errors: io, corrupt, timed_out (nobody who has it answered).
  [[nodiscard]] virtual base::result<Document> read(std::optional<std::uint64_t> after) = 0;
  /// Puts `next` where version `next.version - 1` stands; safe from power failure when it returns.
  /// Errors: conflict (another was first), io, unavailable, timed_out (it may have won all the
  /// same).
  [[nodiscard]] virtual base::status put(const Document& next) = 0;
  /// Called on a thread of the place's own with versions that are in force, until the place goes.
  /// Before the first `read`. What it refuses is logged and told again.
  virtual void follow(std::function<base::status(Document)> taken) = 0;
};

using token_place = record_place<schemas::token_document>;
using key_place = record_place<schemas::key_document>;

/// Each lost race means that somebody else's change won.
inline constexpr int change_tries_max = 16;

/// Reads, lets `edit` change it, and puts it, again while others are first. `edit` says false when
/// everything is as it should be, and may be called several times. Returns what stands then.
template <class Document>
[[nodiscard]] base::result<Document>
change(record_place<Document>& place, const char* doing,
       const std::function<base::result<bool>(Document&)>& edit) {
  std::optional<std::uint64_t> after;
  for (int tried = 0; tried < change_tries_max; ++tried) {
    auto now = place.read(after);
    if (!now)
      return now;
    const auto base = now->version;
    const auto wanted = edit(*now);
    if (!wanted)
      return wanted.err();
    if (!*wanted)
      return now;
    now->version = base + 1;
    const auto put = place.put(*now);
    if (put)
      return now;
    if (put.err().code != base::ec::conflict)
      return put.err();
    after = base;
  }
  return base::error{base::ec::conflict,
                     std::string{doing} + ": other nodes changed them at the same time, " +
                         std::to_string(change_tries_max) + " times in a row; try again"};
}

} // namespace vedette::server
