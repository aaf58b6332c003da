#include "ingest/formats/format.hpp"

#include "ingest/formats/cloudtrail.hpp"
#include "ingest/formats/gcp.hpp"
#include "ingest/formats/kubernetes.hpp"

#include <array>
#include <cstdint>

namespace vedette::ingest {

namespace {

// The table. A new format is one more line.
constexpr std::array<record_format, 3> all_formats{{
    {"aws", cloudtrail_marks, make_cloudtrail_reader},
    {"kubernetes", kubernetes_marks, make_kubernetes_reader},
    {"gcp", gcp_marks, make_gcp_reader},
}};

/// Length and first character of a key as one of 64 bits. Most keys of a record that is of no
/// format share theirs with no mark, and need not be compared with any.
constexpr std::uint64_t shape_of(std::string_view key) noexcept {
  const auto first = key.empty() ? std::size_t{0} : static_cast<unsigned char>(key.front());
  return std::uint64_t{1} << ((key.size() * 7 + first) % 64);
}

constexpr std::uint64_t marks_shape = [] {
  std::uint64_t out = 0;
  for (const auto& format : all_formats)
    for (const auto& mark : format.marks)
      out |= shape_of(mark.key);
  return out;
}();

/// Whose mark a field is; values are looked at only where a mark asks for one.
template <class Value>
std::size_t marked(std::string_view key, Value&& value) noexcept {
  if ((marks_shape & shape_of(key)) == 0)
    return no_format;
  for (std::size_t i = 0; i < all_formats.size(); ++i)
    for (const auto& mark : all_formats[i].marks)
      if (mark.key == key && (mark.value.empty() || value().starts_with(mark.value)))
        return i;
  return no_format;
}

/// The key of an object's first member, escapes as written; empty when there is none.
std::string_view first_key(std::string_view json) noexcept {
  const auto quote = json.find_first_not_of(" \n\t\r", 1);
  if (quote == std::string_view::npos || json[quote] != '"')
    return {};
  const auto end = json.find('"', quote + 1);
  return end == std::string_view::npos ? std::string_view{}
                                       : json.substr(quote + 1, end - quote - 1);
}

} // namespace

std::span<const record_format> formats() noexcept {
  return all_formats;
}

std::size_t recognise_by_first(std::string_view record) noexcept {
  if (!record.starts_with('{'))
    return no_format;
  return marked(first_key(record), [] { return std::string_view{}; });
}

std::size_t format_of_mark(std::string_view key, const json_value& value) noexcept {
  return marked(key, [&] { return value.raw; });
}

std::size_t recognise(std::string_view record) noexcept {
  // Most records begin with a mark, and then no value needs to be passed over.
  if (const auto known = recognise_by_first(record); known != no_format)
    return known;
  if (!record.starts_with('{'))
    return no_format;
  for (member_reader m{{json_kind::object, record}}; m.next();)
    if (const auto known = format_of_mark(m.key(), m.value()); known != no_format)
      return known;
  return no_format;
}

} // namespace vedette::ingest
