// The columns of an encoded event batch, in the order in which they lie in it; internal to the
// codec.
//
// The order is on disk for ever: append, never move (docs/formats/events.md says what each holds
// and how many values it has). Remembers nothing.
#pragma once

#include "base/event.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace vedette::schemas {

enum class column : std::uint8_t {
  // One value per event. `id_kind` takes a byte even when all are 0, so that a batch cannot claim
  // more events than it has bytes; so does the first column of each flattened list below.
  id_kind,
  time,
  provider,
  result,
  actor,
  holder,
  origin,
  client,
  target,
  grant,
  flags,
  asn,
  bytes,
  count, ///< xor 1, so that the usual 1 costs nothing
  routed_kind,
  resource_count,
  target_count,
  match_count,
  // One value per match.
  match_rule,
  match_marks,
  match_values, ///< how many
  // One value per dictionary entry.
  text_length,
  // From here on one column per `text_column`.
  first_text,
};

enum class text_column : std::uint8_t {
  // One value per event.
  id,
  account,
  region,
  service,
  action,
  activity,
  error,
  identity,
  identity_name,
  session,
  workload,
  source_text,
  as_name,
  country,
  user_agent,
  evidence,
  routed_to,
  address, ///< 4 or 16 bytes
  place,   ///< 8 bytes: latitude, longitude
  // Flattened: one value per resource, per target, per value of a match.
  resource,
  target,
  value,
  end,
};

inline constexpr std::size_t text_columns = static_cast<std::size_t>(text_column::end);
inline constexpr std::size_t columns = static_cast<std::size_t>(column::first_text) + text_columns;

/// The text columns that are plain members, in order from `text_column::account`.
inline constexpr std::array<std::string_view base::event::*, 16> text_members = {
    &base::event::account,   &base::event::region,        &base::event::service,
    &base::event::action,    &base::event::activity,      &base::event::error,
    &base::event::identity,  &base::event::identity_name, &base::event::session,
    &base::event::workload,  &base::event::source_text,   &base::event::as_name,
    &base::event::country,   &base::event::user_agent,    &base::event::evidence,
    &base::event::routed_to,
};

enum id_kind : std::uint8_t { id_none = 0, id_guid = 1, id_text = 2 };
enum flag : std::uint8_t { flag_read_only = 1, flag_has_source = 2, flag_has_place = 4 };

} // namespace vedette::schemas
