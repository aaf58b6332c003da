// What one JSON value really is: a record, or something that records are wrapped in.
//
// Decides on whole values of at most limits::record_bytes, after the splitter has cut them out; the
// splitter feeds what comes out of a wrapper back to itself. Pure, remembers nothing.
#pragma once

#include "base/arena.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::ingest {

/// One part of a wrapper.
struct wrapped_part {
  enum class coding : std::uint8_t {
    json,    ///< a JSON value where it stands
    escaped, ///< JSON text between its quotes, escapes as written
    base64,  ///< JSON text in base64, between its quotes
  };
  std::string_view raw;
  coding how = coding::json;
  /// Which cluster's audit log the wrapper is of, when it says so: Kubernetes' own records do not.
  /// Account and name (EKS), or the name alone (AKS); escapes as written. Empty: none.
  std::string_view cluster_owner, cluster;
};
using part_sink = std::function<void(const wrapped_part&)>;

/// True when the value is a record by its first fields, so that nothing needs to be looked for.
[[nodiscard]] bool starts_like_record(std::string_view json) noexcept;

/// Hands each wrapped part to `out` and returns true; false when the value wraps nothing: it is a
/// record, a notice, or unknown. O(length).
[[nodiscard]] bool open_envelope(std::string_view json, const part_sink& out);

/// A JSON pointer (RFC 6901) as its steps; malformed when it does not start with '/'.
[[nodiscard]] base::result<std::vector<std::string>> parse_pointer(std::string_view pointer);
/// Hands over what the pointer names; false when that is not there.
[[nodiscard]] bool follow_pointer(std::string_view json, const std::vector<std::string>& steps,
                                  const part_sink& out);

} // namespace vedette::ingest
