// What a call touched and gave away: resources, whom a share reaches, the grant in a policy, units
// and bytes. Which fields of the record say so is content (ingest/taxonomy.hpp); what they mean
// differs from cloud to cloud and is the format's to say.
#pragma once

#include "base/event.hpp"
#include "base/tenant_settings.hpp"
#include "ingest/json_reader.hpp"
#include "ingest/taxonomy.hpp"

#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace vedette::ingest {

/// A list of texts without repetitions, as long as effect_reader::values_max.
class value_list {
 public:
  void clear() noexcept { values_.clear(); }
  void add(std::string_view value);
  [[nodiscard]] bool full() const noexcept;
  [[nodiscard]] std::span<std::string_view> values() noexcept { return values_; }

 private:
  std::vector<std::string_view> values_;
};

/// Whom a text names: an account, project or domain, "*" for everyone; empty when it names nobody
/// that could be told own from foreign.
struct reached {
  std::string_view whom;
  base::target_class what = base::target_class::none;
};

/// Receives each text that names whom a policy lets in.
using reach_sink = std::function<void(std::string_view)>;

/// How one cloud writes whom a share reaches and what a policy gives away. A format makes one for
/// each record.
class effect_words {
 public:
  virtual ~effect_words() = default;

  [[nodiscard]] virtual reached whom(std::string_view target) const = 0;
  /// What the policy gives; tells `reach` whom it lets in.
  [[nodiscard]] virtual base::grant_class grants(const json_value& policy, const reach_sink& reach,
                                                 base::arena& memory) const = 0;
  /// Adds what the record lists beside the fields that the taxonomy names.
  virtual void list_resources(value_list& out, base::arena& memory) const = 0;
};

/// A sub-object that the format's parser has found already.
struct record_part {
  std::string_view name;
  json_value value;
};

/// Where the taxonomy's paths lead: into `parts`, else into `fields`.
struct effect_source {
  std::string_view record;
  std::span<const record_part> parts;
  std::span<const json_field> fields;
};

/// The number, 0 or more, as one of that type; the largest there is when it is larger.
template <class N>
[[nodiscard]] N clamped(double v) noexcept {
  constexpr auto top = static_cast<double>(std::numeric_limits<N>::max());
  return v >= top ? std::numeric_limits<N>::max() : static_cast<N>(v);
}

/// Whether the account is the event's or one of the tenant's.
[[nodiscard]] bool is_own(std::string_view account, const base::event& event,
                          const base::tenant_settings& tenant) noexcept;

/// Reads effects of one record after another; keeps its lists' memory. One per thread.
class effect_reader {
 public:
  /// Sets resources, targets, target, grant, bytes and count of `out`. `entry` may be null: then
  /// only what the words list counts. Lists are copied into `memory` and hold at most `values_max`
  /// each. O(length of the fields named).
  void read(const effect_source& source, const effect_words& words, const activity_entry* entry,
            base::arena& memory, base::event& out);

  /// Values kept per list; a call that names more still counts them all in `count`.
  static constexpr std::size_t values_max = 64;

 private:
  value_list resources_, targets_;
};

} // namespace vedette::ingest
