// One value of a Sigma selection, compiled: what a field's text is compared with.
//
// Remembers the pattern only; a regular expression's automaton is bounded by `regex_bytes_max` and
// is safe to run from many threads. Matching never allocates (but RE2's own cache, bounded too).
#pragma once

#include "base/ip_address.hpp"
#include "base/result.hpp"
#include "base/selection.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace vedette::detect {

/// How the text between the wildcards must lie in the field.
enum class anchoring : std::uint8_t { whole, starts, ends, contains };

enum class ordering : std::uint8_t { gt, gte, lt, lte };

struct regex_flags {
  bool ignore_case = false;
  bool multi_line = false;
  bool dot_all = false;
};

class pattern {
 public:
  static constexpr std::int64_t regex_bytes_max = std::int64_t{1} << 20;

  /// Sigma text: `*` any run, `?` one character, `\` takes the meaning from the next `*`, `?` or
  /// `\`.
  [[nodiscard]] static pattern text(std::string_view sigma, anchoring where, bool cased);
  /// No wildcards: every character means itself.
  [[nodiscard]] static pattern literal(std::string_view exact, anchoring where, bool cased);
  /// The text as it stands, and any number of equal value ("1" matches 1.0).
  [[nodiscard]] static pattern number(std::string_view as_written, double value);
  [[nodiscard]] static pattern null();
  [[nodiscard]] static pattern compare(ordering op, double bound);
  [[nodiscard]] static base::result<pattern> regex(const std::string& expression,
                                                   regex_flags flags);
  [[nodiscard]] static base::result<pattern> network(std::string_view cidr);

  /// O(length of the value), O(length x wildcards) with wildcards.
  [[nodiscard]] bool matches(const base::scalar& value) const;
  /// True when an absent field counts as a match.
  [[nodiscard]] bool matches_absent() const { return kind_ == kind::null; }

  /// The text when only exactly this text (in any case unless cased) can match.
  [[nodiscard]] std::optional<std::string_view> exact() const;

 private:
  enum class kind : std::uint8_t {
    exact,
    starts,
    ends,
    contains,
    glob,
    number,
    order,
    regex,
    network,
    null
  };

  kind kind_ = kind::null;
  bool cased_ = false;
  ordering op_ = ordering::gt;
  double bound_ = 0;
  std::string text_; ///< folded to lower case unless cased; in a glob the text without escapes
  std::vector<bool> wild_; ///< glob: which characters of `text_` are wildcards
  base::ip_network network_;
  std::shared_ptr<const re2::RE2> regex_;
};

/// ASCII upper case to lower; other bytes stay.
[[nodiscard]] constexpr char folded(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] std::string folded(std::string_view text);
/// `lower` is folded already.
[[nodiscard]] bool equal_folded(std::string_view text, std::string_view lower) noexcept;

} // namespace vedette::detect
