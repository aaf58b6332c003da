// The fields of one CloudTrail record that normalising needs, as views.
//
// Filled in one forward pass, in whatever order the fields come; of fields given twice the first
// counts. Views point into the record, or into the parser's buffer when text had escapes: they die
// with the next record. Sub-objects (requestParameters …) are kept as JSON for json_reader.
#pragma once

#include "ingest/json_reader.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace vedette::ingest {

class json_pass;

/// userIdentity and what is nested in it.
struct cloudtrail_identity {
  std::string_view type, principal_id, arn, account, access_key, user_name, invoked_by, provider,
      credential_id;
  // sessionContext
  std::string_view issuer_type, issuer_arn, issuer_account, issuer_name, issuer_principal;
  std::string_view mfa, role_delivery, web_provider, source_identity;
  // inScopeOf
  std::string_view scope_type, scope_holder;
  // onBehalfOf
  std::string_view behalf_user, behalf_store;
};

struct cloudtrail_record {
  std::string_view version, time, service, action, region, source, user_agent;
  std::string_view error_code, error_message, id, type, category, recipient;
  std::string_view read_only, console_session;
  bool has_identity = false;       ///< userIdentity is an object, empty or not
  bool identity_misshaped = false; ///< it is there and is something else
  bool time_misshaped = false;     ///< eventTime is there and is no text
  bool has_insight = false;        ///< insightDetails: CloudTrail's own statistics
  cloudtrail_identity who;
  json_value request, response, additional, resources, service_details;
  std::span<const json_field> fields; ///< all of the record's own, in its order
};

/// Empty when the text is one JSON object (of any meaning); otherwise why it is not. Forgets what
/// `out` held. `json` needs 64 readable bytes behind it. O(length).
[[nodiscard]] std::string_view read(std::string_view json, json_pass& pass, cloudtrail_record& out);

} // namespace vedette::ingest
