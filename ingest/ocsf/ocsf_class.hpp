// Which class and activity of OCSF an event is of (docs/sources/ocsf.md has the table). Pure.
#pragma once

#include "base/event.hpp"

#include <cstdint>
#include <string_view>

namespace vedette::ingest {

enum class ocsf_class : std::uint16_t {
  account_change = 3001,
  authentication = 3002,
  network_activity = 4001,
  api_activity = 6003,
  datastore_activity = 6005,
};

struct ocsf_activity {
  ocsf_class of = ocsf_class::api_activity;
  int id = 99;
  std::string_view name; ///< as OCSF captions it
};

/// By the event's activity, and by what the class demands: a class whose required object the event
/// does not name is not chosen, and API Activity stands in. O(length of the activity).
[[nodiscard]] ocsf_activity ocsf_activity_of(const base::event& event) noexcept;

[[nodiscard]] std::string_view class_name(ocsf_class c) noexcept;
[[nodiscard]] std::string_view category_name(ocsf_class c) noexcept;

} // namespace vedette::ingest
