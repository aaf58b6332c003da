// All objects below some places, the oldest first, into a node: for logs that are there already.
//
// Lists everything before it reads anything, so that accounts and regions beside each other are
// read side by side by time (objects_max, some 250 bytes each). Blocks; the fetcher has threads.
#pragma once

#include "base/time.hpp"
#include "nodes/client/objects/reader.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace vedette::client {

struct backfill_options {
  std::vector<io::s3_place> places;
  /// Of the time an object is about, see `time_of`: from `since`, before `until`.
  std::optional<base::event_time> since, until;
  std::function<bool()> stop; ///< true: end with what was taken
  std::function<void(std::uint64_t done, std::uint64_t all)> progress; ///< objects; may be empty
};

inline constexpr std::size_t backfill_objects_max = 1'000'000;
/// So many objects in a row that may not be read: none may, it seems.
inline constexpr int backfill_denied_max = 20;

/// When what an object holds was written: by its name where that says so, as CloudTrail's do
/// ("…_20260102T0305Z_…"), else when it was put there.
[[nodiscard]] base::event_time time_of(const io::s3_object& object);

/// What is to be read: sorted by time, without folders and what the ledger knows. Errors: of the
/// listing, too_large.
struct object_list {
  std::vector<io::s3_object> objects;
  std::uint64_t known = 0, other_time = 0;
};
[[nodiscard]] base::result<object_list>
list_objects(io::s3_client& from, const object_ledger& ledger, const backfill_options& how);

/// Sends again what the last run had under way, in the same groups. The queue does so too.
[[nodiscard]] base::status finish_last_run(object_reader& to, object_fetcher& from,
                                           const object_ledger& ledger,
                                           const std::function<bool()>& stop);

/// Until all is durable. Errors: of the sender and the ledger; denied (backfill_denied_max).
[[nodiscard]] base::status backfill(object_reader& to, object_fetcher& from, object_list list,
                                    const backfill_options& how);

} // namespace vedette::client
