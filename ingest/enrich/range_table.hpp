// Address ranges with a value each, and the readers of the lists they come from.
//
// Ranges may nest and overlap: the narrowest range that holds an address answers, found by binary
// search in a table of disjoint pieces that is made once. Memory is at most two pieces per range.
// `file_address_book` and, in `io`, the list loader build these; look-ups are read-only.
#pragma once

#include "base/event.hpp"
#include "base/geo.hpp"
#include "base/ip_address.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::ingest {

struct address_range {
  base::ip_address first, last; ///< both inside

  friend auto operator<=>(const address_range&, const address_range&) = default;
};

[[nodiscard]] address_range range_of(const base::ip_network& network) noexcept;

/// The disjoint pieces that answer "which range, the narrowest, holds this address?".
class range_index {
 public:
  range_index() = default;
  /// O(n log n). Of equal ranges the first given wins.
  explicit range_index(const std::vector<address_range>& ranges);

  /// Index of the narrowest range that holds the address, or -1. O(log n).
  [[nodiscard]] std::int64_t find(const base::ip_address& address) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return pieces_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return pieces_.size(); }

 private:
  struct piece {
    base::ip_address first, last;
    std::uint32_t range = 0;
  };
  std::vector<piece> pieces_;
};

template <class T>
class range_table {
 public:
  struct row {
    address_range range;
    T value;
  };

  range_table() = default;
  explicit range_table(std::vector<row> rows) : rows_{std::move(rows)} {
    std::vector<address_range> ranges;
    ranges.reserve(rows_.size());
    for (const auto& r : rows_)
      ranges.push_back(r.range);
    index_ = range_index{ranges};
  }

  /// Null when no range holds the address. O(log n).
  [[nodiscard]] const T* find(const base::ip_address& address) const noexcept {
    const auto i = index_.find(address);
    return i < 0 ? nullptr : &rows_[static_cast<std::size_t>(i)].value;
  }
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

 private:
  std::vector<row> rows_;
  range_index index_;
};

struct as_entry {
  std::uint32_t asn = 0;
  std::string name;
};

struct place_entry {
  std::string country; ///< ISO 3166-1 alpha-2
  base::geo_point place;
  bool has_place = false;
};

struct cloud_entry {
  base::cloud provider = base::cloud::unknown;
  std::string region; ///< empty: the list names none ("GLOBAL")
};

using as_rows = std::vector<range_table<as_entry>::row>;
using place_rows = std::vector<range_table<place_entry>::row>;
using cloud_rows = std::vector<range_table<cloud_entry>::row>;

/// CSV lines "start,end,asn,name" (a name may be quoted). A first line that starts with no address
/// is a heading; any other line that does not read is an error naming it. O(length).
[[nodiscard]] base::result<as_rows> parse_as_csv(std::string_view text);
/// CSV lines "start,end,country" or "start,end,country,latitude,longitude", or the DB-IP city shape
/// "start,end,continent,country,state,city,latitude,longitude".
[[nodiscard]] base::result<place_rows> parse_place_csv(std::string_view text);
/// AWS's ip-ranges.json.
[[nodiscard]] base::result<cloud_rows> parse_aws_ranges(std::string_view json);
/// Google's cloud.json.
[[nodiscard]] base::result<cloud_rows> parse_gcp_ranges(std::string_view json);
/// Azure's ServiceTags_Public_*.json; of its tags the AzureCloud ones, which hold all ranges.
[[nodiscard]] base::result<cloud_rows> parse_azure_ranges(std::string_view json);
/// One address or network a line; '#' starts a comment.
[[nodiscard]] base::result<std::vector<address_range>> parse_address_list(std::string_view text);
/// One AS number a line, with or without "AS"; '#' starts a comment. Sorted.
[[nodiscard]] base::result<std::vector<std::uint32_t>> parse_as_list(std::string_view text);

} // namespace vedette::ingest
