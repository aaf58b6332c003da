#include "ingest/formats/format.hpp"

#include "ingest/formats/azure.hpp"
#include "ingest/formats/cloudtrail.hpp"
#include "ingest/formats/entra.hpp"
#include "ingest/formats/gcp.hpp"
#include "ingest/formats/kubernetes.hpp"
#include "ingest/formats/m365.hpp"
#include "ingest/formats/s3_access.hpp"
#include "ingest/formats/vpc_flow.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace vedette::ingest {

namespace {

// The table. A new format is one more line.
constexpr std::array<record_format, 8> all_formats{{
    {"aws", cloudtrail_marks, make_cloudtrail_reader},
    {"kubernetes", kubernetes_marks, make_kubernetes_reader},
    {"gcp", gcp_marks, make_gcp_reader},
    {"entra", entra_marks, make_entra_reader}, // before azure, whose weak marks take any resource
    {"azure", azure_marks, make_azure_reader},
    {"m365", m365_marks, make_m365_reader},
    {"vpc_flow", vpc_flow_marks, make_vpc_flow_reader, &vpc_flow_lines},
    {"s3_access", s3_access_marks, make_s3_access_reader, &s3_access_lines},
}};

/// All marks by their keys, so that a field is compared with those that may be meant only.
class mark_table {
 public:
  struct owned_mark {
    record_mark mark;
    std::size_t format = no_format;
    std::size_t next = 0; ///< of the same slot, plus one; 0: none
  };

  consteval mark_table() {
    std::array<std::size_t, slots> last{};
    for (std::size_t i = 0; i < all_formats.size(); ++i)
      for (const auto& mark : all_formats[i].marks) {
        marks_[used_++] = {mark, i, 0};
        const auto slot = slot_of(mark.key);
        (last[slot] == 0 ? heads_[slot] : marks_[last[slot] - 1].next) = used_;
        last[slot] = used_;
      }
  }

  /// Calls `use` for each mark of that key, in the table's order, until it answers false.
  template <class Use>
  void each(std::string_view key, Use&& use) const noexcept {
    for (auto at = heads_[slot_of(key)]; at != 0; at = marks_[at - 1].next)
      if (marks_[at - 1].mark.key == key && !use(marks_[at - 1]))
        return;
  }

 private:
  static constexpr std::size_t slots = 256;
  static constexpr std::size_t slot_of(std::string_view key) noexcept {
    if (key.empty())
      return 0;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(key[i]); };
    return (key.size() * 31 + at(0) * 7U + at(key.size() / 2) * 57U) % slots;
  }

  std::array<std::size_t, slots> heads_{}; ///< of each slot, plus one; 0: none
  std::array<owned_mark, 128> marks_{};
  std::size_t used_ = 0;
};

constexpr mark_table all_marks;

/// Adds whose mark a field is; values are looked at only where a mark asks for one.
template <class Value>
void look(std::string_view key, Value&& value, marks_found& out) noexcept {
  all_marks.each(key, [&](const mark_table::owned_mark& m) {
    auto& found = m.mark.is_weak ? out.weak : out.strong;
    if (found == no_format && (m.mark.value.empty() || value().starts_with(m.mark.value)))
      found = m.format;
    return out.strong == no_format;
  });
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

/// By the first member alone, without its value.
marks_found look_at_first(std::string_view record) noexcept {
  marks_found out;
  if (record.starts_with('{'))
    look(
        first_key(record), [] { return std::string_view{}; }, out);
  return out;
}

marks_found look_for_marks(std::string_view record) noexcept {
  // Most records begin with a mark, and then no value needs to be passed over.
  auto out = look_at_first(record);
  if (!record.starts_with('{'))
    return out;
  for (member_reader m{{json_kind::object, record}}; out.strong == no_format && m.next();)
    look(
        m.key(), [&] { return m.value().raw; }, out);
  return out;
}

} // namespace

std::size_t recognise(std::string_view record) noexcept {
  return look_for_marks(record).best();
}

std::size_t recognise_by_first(std::string_view record) noexcept {
  constexpr int looked_at = 3;
  auto out = look_at_first(record);
  if (out.strong != no_format || !record.starts_with('{'))
    return out.strong;
  member_reader m{{json_kind::object, record}};
  for (int i = 0; i < looked_at && out.strong == no_format && m.next(); ++i)
    look(
        m.key(), [&] { return m.value().raw; }, out);
  return out.strong;
}

void look_for_mark(std::string_view key, const json_value& value, marks_found& out) noexcept {
  look(
      key, [&] { return value.raw; }, out);
}

bool bears_mark(std::string_view record) noexcept {
  return look_for_marks(record).strong != no_format;
}

std::size_t format_named(std::string_view name) noexcept {
  const auto at = std::ranges::find(all_formats, name, &record_format::name);
  return at == all_formats.end() ? no_format : static_cast<std::size_t>(at - all_formats.begin());
}

} // namespace vedette::ingest
