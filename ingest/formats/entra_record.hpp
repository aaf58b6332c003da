// The fields of one record of Entra that normalising needs, whichever way it was exported.
//
// A diagnostic record keeps most of them in `properties`, Graph's objects and rows of Log Analytics
// beside the rest: what both levels have, the properties say. Values that hold objects are opened
// when they were text. Views die with the next record.
#pragma once

#include "base/arena.hpp"
#include "ingest/formats/entra_changes.hpp"
#include "ingest/formats/named_fields.hpp"
#include "ingest/json_reader.hpp"

#include <span>
#include <string_view>

namespace vedette::ingest {

class json_pass;

enum class entra_field : std::uint8_t {
  // every log
  id,
  category,
  table,
  time,
  generated,
  operation,
  tenant,
  caller_address,
  address,
  user_agent,
  properties,
  // sign-ins
  created,
  result_type,
  status,
  error_code,
  user_id,
  user_name,
  user_shown,
  user_type,
  app_id,
  app_owner_tenant,
  program_id,
  program_name,
  managed_kind,
  credential_kind,
  resource_tenant,
  home_tenant,
  token_id,
  event_types,
  resource_name,
  // audit
  activity_time,
  activity,
  initiated_by,
  by_user_id,
  by_user_name,
  by_user_shown,
  by_user_address,
  by_app,
  by_app_shown,
  by_program,
  target_resources,
  details,
  result,
  result_reason,
  // calls of Graph
  uri,
  method,
  response_code,
  response_bytes,
  sign_in_id,
  provider,
  client_auth,
  request_id,
  count
};

enum class entra_log : std::uint8_t { people, programs, managed, audit, graph, other };

struct entra_record {
  entra_log log = entra_log::other;
  std::string_view category; ///< as written, of the record itself
  bool time_misshaped = false;
  std::span<const json_field> fields;

  /// The field's scalar; empty when it has none.
  [[nodiscard]] std::string_view text(entra_field f, base::arena& memory) const;
  /// The field's object or list, opened when it was text.
  [[nodiscard]] json_value value(entra_field f, base::arena& memory) const;

  field_row<entra_field> row;
  entra_changes changes;
};

/// As the one of azure_record.hpp.
[[nodiscard]] std::string_view read(std::string_view json, json_pass& pass, base::arena& memory,
                                    entra_record& out);

} // namespace vedette::ingest
