// Which objects are durable in the cluster, and which were under way when the last run ended.
//
// Kept in a file that only grows, and is written anew when most of it is old news; without a file,
// in memory. Remembers 128 bits of each object (bucket, key, etag) for `kept_for`, at most
// `objects_max`, the oldest go first. Only one run at a time may have the file. Not thread-safe.
#pragma once

#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "io/aws/s3.hpp"
#include "io/files/descriptor.hpp"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace vedette::client {

/// Names the object's content: another one under the same key is another object.
[[nodiscard]] base::hash128 identity_of(const io::s3_object& object);

class object_ledger {
 public:
  static constexpr auto kept_for = std::chrono::days{30};
  static constexpr std::size_t objects_max = 2'000'000;
  static constexpr std::uint64_t rewritten_at_bytes = std::uint64_t{64} << 20;

  /// An empty `path`: nothing is kept over a restart. Errors: conflict (another run has it),
  /// corrupt, io.
  [[nodiscard]] static base::result<object_ledger> open(std::string path, base::event_time now);

  [[nodiscard]] bool knows(const io::s3_object& object) const;
  /// What `begin` said last when `done` never came: sent, perhaps durable.
  [[nodiscard]] const std::vector<io::s3_object>& unfinished() const noexcept { return begun_; }

  /// Written before the first of them is sent, so that the next run can send the very same group.
  [[nodiscard]] base::status begin(std::span<const io::s3_object> group);
  /// All of the group is durable, or there is nothing more to get from it.
  [[nodiscard]] base::status done(std::span<const io::s3_object> group, base::event_time now);

  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

 private:
  struct hash_of {
    std::size_t operator()(const base::hash128& h) const noexcept { return h.low; }
  };

  explicit object_ledger(std::string path) : path_{std::move(path)} {}
  base::status load(std::string_view text);
  void remember(const base::hash128& id, std::int64_t seconds);
  void forget_old(base::event_time now);
  base::status lock();
  base::status rewrite();
  base::status append(std::string_view lines);

  std::string path_;
  io::descriptor file_;
  std::uint64_t written_ = 0; ///< bytes since it was written anew
  std::unordered_set<base::hash128, hash_of> known_;
  std::deque<std::pair<std::int64_t, base::hash128>> order_; ///< of `known_`, the oldest first
  std::vector<io::s3_object> begun_;
};

} // namespace vedette::client
