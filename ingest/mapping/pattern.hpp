// Texts that a mapping compares values with: "FAILURE", "admin*", "*.failed", "*token*", "*", "".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::ingest {

/// One text of a condition. A star stands for anything, at either end only; "*" alone for any value
/// that is there, "" for none.
class text_pattern {
 public:
  explicit text_pattern(std::string_view written);

  /// True for "": holds when there is no value, or only empty ones.
  [[nodiscard]] bool wants_nothing() const noexcept { return how_ == kind::absent; }
  /// Whether a value that is there is meant. O(length); objects and arrays count as there, without
  /// a text.
  [[nodiscard]] bool holds(std::string_view value) const noexcept;

 private:
  enum class kind : std::uint8_t { exact, begins, ends, contains, present, absent };
  kind how_ = kind::exact;
  std::string text_;
};

/// Whether one of them means the value. O(patterns * length).
[[nodiscard]] inline bool any_holds(const std::vector<text_pattern>& patterns,
                                    std::string_view value) noexcept {
  for (const auto& p : patterns)
    if (p.holds(value))
      return true;
  return false;
}

} // namespace vedette::ingest
