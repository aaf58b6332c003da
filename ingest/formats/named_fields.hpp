// Fields of a record by name, for vendors that write one name in several casings.
//
// "eventDataId", "EventDataId", "event_data_id" and "eventdataid" are one field. A format lists its
// names once, in lower case without '_', beside an enum; a record is then a row of values. Nothing
// is allocated; values are views into the record.
#pragma once

#include "ingest/json_reader.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace vedette::ingest {

/// A name in lower case, without '_'. Longer ones than `bytes_max` are empty.
class folded_name {
 public:
  static constexpr std::size_t bytes_max = 63;

  explicit folded_name(std::string_view name) noexcept {
    if (name.size() > bytes_max)
      return;
    for (char c : name)
      if (c != '_')
        text_[size_++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, bytes_max> text_;
  std::size_t size_ = 0;
};

template <class Field>
struct field_name {
  std::string_view name; ///< without '_'
  Field field;
};

/// Which field a name is of; made at compile time from at most 128 names. Two names may be of one
/// field: then the first that a record has counts.
class name_table {
 public:
  template <class Field, std::size_t N>
  consteval explicit name_table(const field_name<Field> (&names)[N]) {
    static_assert(N * 2 <= slots_max, "the table would be crowded");
    for (const auto& n : names) {
      auto at = slot_of(n.name);
      while (!slots_[at].name.empty())
        at = (at + 1) % slots_max;
      slots_[at] = {n.name, static_cast<std::uint8_t>(n.field)};
    }
  }

  static constexpr std::size_t none = ~std::size_t{0};
  /// Number of the field; `none` when the name is not listed. O(length).
  [[nodiscard]] std::size_t find(std::string_view key) const noexcept;

 private:
  static constexpr std::size_t slots_max = 256;
  struct slot {
    std::string_view name;
    std::uint8_t field = 0;
  };

  static constexpr unsigned lower(char c) noexcept {
    return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  /// Length and three letters, in any case, tell nearly all names apart.
  static constexpr std::size_t slot_of(std::string_view name) noexcept {
    const auto n = name.size();
    return n == 0 ? 0
                  : (n * 31 + lower(name[0]) * 7U + lower(name[n / 2]) * 57U +
                     lower(name[n - 1]) * 131U) %
                        slots_max;
  }
  /// As `find`, for a name without '_'.
  [[nodiscard]] std::size_t find_plain(std::string_view key) const noexcept;

  std::array<slot, slots_max> slots_{};
};

/// Sets `mine` unless it has a value: of values given twice the first counts. Null and empty text
/// are no values.
inline void keep_first(json_value& mine, const json_value& v) noexcept {
  if (!mine && v.kind != json_kind::null && !(v.kind == json_kind::text && v.raw.size() == 2))
    mine = v;
}

/// The values a record has; `Field` ends with the enumerator `count`.
template <class Field>
class field_row {
 public:
  [[nodiscard]] const json_value& operator[](Field f) const noexcept {
    return values_[static_cast<std::size_t>(f)];
  }
  [[nodiscard]] std::span<json_value> values() noexcept { return values_; }

 private:
  std::array<json_value, static_cast<std::size_t>(Field::count)> values_{};
};

/// The first of the fields that has a text; `Record` has `text(field, memory)` over a row.
template <class Record, class Field>
[[nodiscard]] std::string_view first_text(const Record& record, std::initializer_list<Field> fields,
                                          base::arena& memory) {
  for (const auto field : fields)
    if (const auto text = record.text(field, memory); !text.empty())
      return text;
  return {};
}

/// Adds the members of an object that are in the table. O(length).
void add_members(const json_value& object, const name_table& names,
                 std::span<json_value> row) noexcept;

} // namespace vedette::ingest
