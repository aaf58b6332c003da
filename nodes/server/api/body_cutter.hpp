// The body of an ingest request as batches of records. Pure.
//
// Holds the body's records once, one behind the other with readable bytes behind the last, which is
// what the parser wants; batches are views into that. Bounded by the body's size. Cutting the same
// body again gives the same batches, which is what makes a resent body count once.
#pragma once

#include "base/result.hpp"
#include "ingest/record_splitter.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::server {

struct cut_batch {
  std::size_t first = 0; ///< position of its first record in the body, from 0
  std::vector<std::string_view> records;
};

struct cut_body {
  std::shared_ptr<const std::string> memory;
  std::vector<cut_batch> batches;
  std::size_t records = 0;
  /// Records that are none ("larger than …"), by position; their beginnings are in the batches all
  /// the same, so that they end up in quarantine.
  std::vector<std::pair<std::size_t, std::string>> refused;
};

inline constexpr std::size_t cut_records_max = 1000;
inline constexpr std::size_t cut_bytes_max = std::size_t{4} << 20;
/// Of one body; more is refused whole, for each costs memory however small it is.
inline constexpr std::size_t body_records_max = 200'000;

/// Gathers a body piece by piece, for senders that wrap records in something of their own.
class body_cutter {
 public:
  /// `bytes` to come at most, about; `unwrap` as record_splitter's.
  explicit body_cutter(std::size_t bytes, std::vector<std::string> unwrap = {});

  /// Whatever records `text` holds, in any envelope. O(length).
  void add(std::string_view text);
  /// One record as it is, even if it is none: then it ends in quarantine. Of one larger than
  /// limits::record_bytes only the beginning is kept.
  void add_record(std::string_view record);
  [[nodiscard]] std::size_t records() const noexcept { return lengths_.size(); }
  /// Once.
  [[nodiscard]] cut_body finish();

 private:
  std::vector<std::string> unwrap_;
  std::shared_ptr<std::string> text_;
  std::vector<std::size_t> lengths_;
  std::vector<std::pair<std::size_t, std::string>> refused_;
};

[[nodiscard]] base::error too_many_records();

/// Whether a text can hold records: it is blank, or begins as an object, an array or a known log's
/// line does.
[[nodiscard]] bool can_hold_records(std::string_view text);

/// Error malformed when the body is no JSON at all, too_large when it holds too many records;
/// whatever is wrong with single records is theirs.
[[nodiscard]] base::result<cut_body> cut(std::string_view body,
                                         const std::vector<std::string>& unwrap);

} // namespace vedette::server
