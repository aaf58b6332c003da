// A small reader over JSON text that is already in memory: members, elements, paths, leaves.
//
// simdjson makes the one pass over each record; this reads the few sub-objects that an activity, a
// rule or a policy asks for afterwards, again and in any order, which a forward pass cannot. It
// makes no copy, needs no padding, and on damaged text simply finds no more. Nothing here recurses
// deeper than limits::record_depth.
#pragma once

#include "base/arena.hpp"
#include "base/limits.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace vedette::ingest {

enum class json_kind : std::uint8_t { missing, null, boolean, number, text, object, array };

/// One value where it stands: `raw` is exactly its bytes, quotes and brackets included.
struct json_value {
  json_kind kind = json_kind::missing;
  std::string_view raw;

  [[nodiscard]] explicit operator bool() const noexcept { return kind != json_kind::missing; }
  /// Between the quotes, escapes as written; empty for anything but text.
  [[nodiscard]] std::string_view inner() const noexcept {
    return kind == json_kind::text ? raw.substr(1, raw.size() - 2) : std::string_view{};
  }
};

/// JSON's white space.
[[nodiscard]] constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/// The value that starts at or after `at` (white space is skipped); moves `at` behind it.
/// Missing when none can be read. O(length of the value).
[[nodiscard]] json_value read_value(std::string_view json, std::size_t& at) noexcept;
[[nodiscard]] inline json_value read_value(std::string_view json) noexcept {
  std::size_t at = 0;
  return read_value(json, at);
}

/// Where a member of an object stands.
struct json_field {
  std::string_view key; ///< escapes as written
  const char* at;       ///< first byte of its value
};

/// Walks the members of an object. `while (m.next()) use(m.key(), m.value());`
class member_reader {
 public:
  explicit member_reader(const json_value& object) noexcept
      : json_{object.kind == json_kind::object ? object.raw : std::string_view{}} {}

  [[nodiscard]] bool next() noexcept;
  [[nodiscard]] std::string_view key() const noexcept { return key_; } ///< escapes as written
  [[nodiscard]] const json_value& value() const noexcept { return value_; }

 private:
  std::string_view json_;
  std::size_t at_ = 1;
  std::string_view key_;
  json_value value_;
};

/// Walks the elements of an array.
class element_reader {
 public:
  explicit element_reader(const json_value& array) noexcept
      : json_{array.kind == json_kind::array ? array.raw : std::string_view{}} {}

  [[nodiscard]] bool next() noexcept;
  [[nodiscard]] const json_value& value() const noexcept { return value_; }

 private:
  std::string_view json_;
  std::size_t at_ = 1;
  json_value value_;
};

/// The first member of that name. O(length of the object up to it).
[[nodiscard]] json_value member(const json_value& object, std::string_view name) noexcept;

/// Text with escapes resolved: the very bytes when there are none, else a copy in `memory`.
/// A broken escape becomes U+FFFD. Empty for anything but text.
[[nodiscard]] std::string_view text_of(const json_value& value, base::arena& memory);
/// Text as above, numbers and booleans as written, anything else empty.
[[nodiscard]] std::string_view scalar_of(const json_value& value, base::arena& memory);

/// Whether a step of a path selects among an array's elements instead of naming a member: a number
/// is one's place, "[name=text]" keeps the objects whose member says so.
[[nodiscard]] bool selects_elements(std::string_view step) noexcept;
/// Whether the element at `place` is one that the step selects. O(length of the element).
[[nodiscard]] bool is_selected(std::string_view step, std::size_t place,
                               const json_value& element) noexcept;

/// Calls `visit(json_value)` for each value at the path below `root`; an array stands for all its
/// elements, or for those that the step there selects, so what is visited is never an array.
template <class Visit>
void visit_path(const json_value& root, std::span<const std::string> steps, Visit&& visit,
                std::size_t depth = 0) {
  if (!root || depth > base::limits::record_depth)
    return;
  if (root.kind == json_kind::array) {
    const bool selecting = !steps.empty() && selects_elements(steps.front());
    std::size_t place = 0;
    for (element_reader e{root}; e.next(); ++place)
      if (!selecting)
        visit_path(e.value(), steps, visit, depth + 1);
      else if (is_selected(steps.front(), place, e.value()))
        visit_path(e.value(), steps.subspan(1), visit, depth + 1);
    return;
  }
  if (steps.empty()) {
    visit(root);
    return;
  }
  if (root.kind == json_kind::object)
    visit_path(member(root, steps.front()), steps.subspan(1), visit, depth + 1);
}

/// Calls `visit(json_value)` for each scalar below `root` that is no key, in the record's order,
/// until it returns false. One pass, no stack.
template <class Visit>
void visit_leaves(std::string_view json, Visit&& visit) {
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '{' || c == '[' || c == '}' || c == ']' || c == ',' || c == ':' || c == ' ' ||
        c == '\n' || c == '\t' || c == '\r') {
      ++at;
      continue;
    }
    const auto value = read_value(json, at);
    if (!value)
      return;
    if (value.kind == json_kind::text) {
      auto after = at;
      while (after < json.size() && (json[after] == ' ' || json[after] == '\n' ||
                                     json[after] == '\t' || json[after] == '\r'))
        ++after;
      if (after < json.size() && json[after] == ':')
        continue;
    }
    if (!visit(value))
      return;
  }
}

} // namespace vedette::ingest
