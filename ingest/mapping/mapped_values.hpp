// The values of one record as its mapping names them.
#pragma once

#include "base/arena.hpp"
#include "ingest/mapping/source_mapping.hpp"

#include <span>
#include <string_view>

namespace vedette::ingest {

/// Views of what the pass over the record found; valid as long as the record. Texts that had
/// escapes or were put together lie in `memory`.
class mapped_values {
 public:
  mapped_values(const source_mapping& mapping, std::span<const json_value> found,
                base::arena& memory)
      : mapping_{mapping}, found_{found}, memory_{memory} {}

  /// The first alternative all of whose values are there; empty when none is. O(values).
  [[nodiscard]] std::string_view first(const mapped_value& value) const;
  /// Calls `use(text)` for each alternative that is there: for all values of a bare pointer, once
  /// for a text that is put together, of the first of each.
  template <class Use>
  void each(const mapped_value& value, Use&& use) const {
    for (const auto& alternative : value) {
      if (!applies(alternative))
        continue;
      const auto& parts = alternative.parts;
      const auto& last = parts.back();
      if (parts.size() == 1 && last.pointer != mapped_part::none && last.text.empty())
        mapping_.plan.each(last.pointer, found_, [&](const json_value& v) {
          if (const auto text = text_at(v); !text.empty())
            use(text);
        });
      else if (const auto text = put_together(parts); !text.empty())
        use(text);
    }
  }
  [[nodiscard]] bool hold(const record_test& test) const;
  template <class E>
  [[nodiscard]] E choose(const choice<E>& from) const {
    for (const auto& option : from.options)
      if (hold(option.when))
        return option.value;
    return from.otherwise;
  }
  /// The sum of the numbers there; what is no number, or below 0, counts as 0.
  [[nodiscard]] double sum(std::size_t pointer) const;

 private:
  [[nodiscard]] std::string_view text_at(const json_value& v) const;
  [[nodiscard]] std::string_view first_at(std::size_t pointer) const;
  [[nodiscard]] std::string_view put_together(const std::vector<mapped_part>& parts) const;
  [[nodiscard]] bool applies(const mapped_text& text) const {
    return text.when.empty() || hold(text.when);
  }
  [[nodiscard]] bool holds(const condition<std::size_t>& c) const;

  const source_mapping& mapping_;
  std::span<const json_value> found_;
  base::arena& memory_;
};

} // namespace vedette::ingest
