// The fields of one record of Microsoft 365's audit that normalising needs, as views.
//
// Filled in one forward pass, in whatever order the fields come. Views die with the next record.
#pragma once

#include "base/arena.hpp"
#include "ingest/formats/named_fields.hpp"
#include "ingest/json_reader.hpp"

#include <span>
#include <string_view>

namespace vedette::ingest {

class json_pass;

enum class m365_field : std::uint8_t {
  id,
  created,
  generated,
  operation,
  workload,
  organization,
  tenant,
  record_type,
  result,
  user,
  user_key,
  user_type,
  address,
  actor_address,
  object,
  user_agent,
  app_context,
  app_id,
  session_id,
  device,
  extended,
  parameters,
  folders,
  logon_error,
  error_number,
  mailbox_owner,
  site,
  file_bytes,
  count
};

struct m365_record {
  field_row<m365_field> row;
  std::span<const json_field> fields;

  /// The field's scalar; empty when it has none.
  [[nodiscard]] std::string_view text(m365_field f, base::arena& memory) const;
  /// The field's object or list, opened when it was text.
  [[nodiscard]] json_value value(m365_field f, base::arena& memory) const;
};

/// As the one of azure_record.hpp.
[[nodiscard]] std::string_view read(std::string_view json, json_pass& pass, m365_record& out);

} // namespace vedette::ingest
