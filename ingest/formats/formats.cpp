#include "ingest/formats/format.hpp"

#include "ingest/formats/azure.hpp"
#include "ingest/formats/cloudtrail.hpp"
#include "ingest/formats/entra.hpp"
#include "ingest/formats/gcp.hpp"
#include "ingest/formats/kubernetes.hpp"
#include "ingest/formats/m365.hpp"

#include <algorithm>
#include <array>

namespace vedette::ingest {

namespace {

// The table. A new format is one more line.
constexpr std::array<record_format, 6> all_formats{{
    {"aws", cloudtrail_marks, make_cloudtrail_reader},
    {"kubernetes", kubernetes_marks, make_kubernetes_reader},
    {"gcp", gcp_marks, make_gcp_reader},
    {"entra", entra_marks, make_entra_reader}, // before azure, whose weak marks take any resource
    {"azure", azure_marks, make_azure_reader},
    {"m365", m365_marks, make_m365_reader},
}};

/// Most fields are nobody's mark, and nearly all of those are told by length and two letters.
constexpr std::size_t key_slot(std::string_view key) noexcept {
  if (key.empty())
    return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(key[i]); };
  return (key.size() * 31 + at(0) * 7U + at(key.size() / 2) * 57U) % 256;
}

constexpr std::array<bool, 256> marked_slots = [] {
  std::array<bool, 256> out{};
  for (const auto& format : all_formats)
    for (const auto& mark : format.marks)
      out[key_slot(mark.key)] = true;
  return out;
}();

struct marks_found {
  std::size_t strong = no_format, weak = no_format;
};

/// Adds whose mark a field is; values are looked at only where a mark asks for one.
template <class Value>
void look(std::string_view key, Value&& value, marks_found& out) noexcept {
  if (!marked_slots[key_slot(key)])
    return;
  for (std::size_t i = 0; i < all_formats.size(); ++i)
    for (const auto& mark : all_formats[i].marks) {
      auto& found = mark.is_weak ? out.weak : out.strong;
      if (found == no_format && mark.key == key &&
          (mark.value.empty() || value().starts_with(mark.value)))
        found = i;
      if (out.strong != no_format)
        return;
    }
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

namespace {

marks_found look_for_marks(std::string_view record) noexcept {
  marks_found out;
  if (!record.starts_with('{'))
    return out;
  // Most records begin with a mark, and then no value needs to be passed over.
  look(
      first_key(record), [] { return std::string_view{}; }, out);
  for (member_reader m{{json_kind::object, record}}; out.strong == no_format && m.next();)
    look(
        m.key(), [&] { return m.value().raw; }, out);
  return out;
}

} // namespace

std::size_t recognise(std::string_view record) noexcept {
  const auto found = look_for_marks(record);
  return found.strong != no_format ? found.strong : found.weak;
}

bool bears_mark(std::string_view record) noexcept {
  return look_for_marks(record).strong != no_format;
}

std::size_t format_named(std::string_view name) noexcept {
  const auto at = std::ranges::find(all_formats, name, &record_format::name);
  return at == all_formats.end() ? no_format : static_cast<std::size_t>(at - all_formats.begin());
}

} // namespace vedette::ingest
