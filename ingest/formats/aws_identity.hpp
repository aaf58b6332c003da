// Who acted in a CloudTrail record: the long-lived identity, the session, what holds the session.
//
// The identity is what state is kept about, so it must be the same text for every session of one
// role and never empty; the session is the thing that gets stolen. Every `userIdentity.type` has a
// rule (docs/sources/aws-cloudtrail.md has the table). Pure; called once per record.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "ingest/formats/cloudtrail_record.hpp"

#include <string_view>

namespace vedette::ingest {

/// Sets identity, identity_name, actor, session, holder and workload. Views point into the record
/// or into `memory`. An empty `event.identity` afterwards means that the record names nobody.
/// `client` is the class of the record's user agent. O(length of the names).
void resolve_aws_identity(const cloudtrail_record& record, base::client_class client,
                          base::arena& memory, base::event& out);

} // namespace vedette::ingest
