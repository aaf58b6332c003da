// The fields of one record of Azure Monitor that normalising needs, whichever way it was exported.
//
// Filled in one forward pass, in whatever order the fields come; objects that are text are read
// after it. Views die with the next record.
#pragma once

#include "base/arena.hpp"
#include "ingest/json_reader.hpp"

#include <span>
#include <string_view>

namespace vedette::ingest {

class json_pass;

/// What a token says about its bearer, by the claims' short names: those that are URIs end in them.
struct azure_token {
  std::string_view object, upn, name, mail, app, app_auth, kind, id;
  std::string_view issued_for, runs_on; ///< resources of a managed identity
  std::string_view provider, tenant, address;
};

struct azure_record {
  std::string_view id, correlation, time, operation, category;
  std::string_view status, substatus, status_code, status_text;
  std::string_view caller, caller_address, location, resource, subscription, tenant, uri;
  bool time_misshaped = false;
  json_kind identity = json_kind::missing; ///< what the field is
  std::string_view named;                  ///< the identity, when it is text and no JSON
  azure_token token;
  json_value authorization;
  json_value request, response, status_message; ///< bodies, perhaps as text
  // storage: of the identity and the properties, or of the row
  std::string_view requester_id, requester_name, requester_app;
  std::string_view account, object, user_agent, sent_bytes, auth_kind, auth_hash;
  std::span<const json_field> fields;
};

/// Fills `out` anew. Empty when the text is one JSON object; otherwise why it is not. `json` needs
/// 64 readable bytes behind it; texts that had to be unescaped lie in `memory`. O(length).
[[nodiscard]] std::string_view read(std::string_view json, json_pass& pass, base::arena& memory,
                                    azure_record& out);

} // namespace vedette::ingest
