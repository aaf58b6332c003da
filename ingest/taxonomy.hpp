// From a vendor's (service, action) to Vedette's activity, and where its record keeps what matters.
//
// Content: loaded from rules/activities/*.yaml (docs/sources/aws-cloudtrail.md describes the
// file), immutable afterwards, shared by all ingest threads. Names that carry a date
// ("CreateFunction20150331v2", "CreateDistribution2020_05_31") are found with and without it.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vedette::ingest {

/// A path into a record, written with dots or as a JSON pointer; arrays on the way stand for all
/// their elements, or for those that the step there selects (visit_path).
struct record_path {
  std::vector<std::string> steps;
};

/// Text with record values in it: "arn:aws:s3:::{requestParameters.bucketName}".
struct value_template {
  struct part {
    std::string text;  ///< literal, before the value
    record_path value; ///< empty: none, the last part
  };
  std::vector<part> parts;
};

/// Where a number comes from: the sum of the values at the path, or how many elements are there.
struct number_source {
  record_path path;
  bool elements = false;
};

struct activity_entry {
  std::string activity;
  std::vector<value_template> resources; ///< each that is there, in order
  std::vector<record_path> targets;      ///< accounts, ARNs, "all", group URIs, canned ACLs
  std::vector<record_path> policies;     ///< policy documents as JSON text, and policy ARNs
  std::vector<number_source> count;      ///< the first that yields a number above 0
  std::vector<record_path> bytes;        ///< summed
  std::optional<bool> read_only;         ///< when the record does not say
};

class taxonomy {
 public:
  /// Reads one or more YAML texts; a later text adds to and overrides the ones before. The error
  /// names the entry that does not read.
  [[nodiscard]] static base::result<std::shared_ptr<const taxonomy>>
  load(const std::vector<std::string>& texts);

  /// Null when nobody has mapped the action. O(1), no allocation.
  [[nodiscard]] const activity_entry* find(std::string_view service, std::string_view action) const;
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  /// The action without the date some names end in; the action itself when there is none.
  [[nodiscard]] static std::string_view without_date(std::string_view action) noexcept;

 private:
  struct named_entry {
    std::string service, action;
    activity_entry entry;
  };
  static constexpr std::size_t none = ~std::size_t{0};
  [[nodiscard]] std::size_t position(std::string_view service, std::string_view action) const;
  std::unordered_multimap<std::uint64_t, std::size_t> index_; ///< hash of both -> entries_
  std::vector<named_entry> entries_;
};

} // namespace vedette::ingest
