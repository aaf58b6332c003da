// An event as OCSF 1.x: how consumers of the Open Cybersecurity Schema Framework see what any
// source was read as (docs/sources/ocsf.md). Pure; `vedette normalize` prints it.
#pragma once

#include "base/event.hpp"
#include "base/ids.hpp"
#include "base/json_writer.hpp"

namespace vedette::ingest {

/// One object. What OCSF has no place for stands in `unmapped.vedette`. O(size of the event).
void describe_ocsf(const base::event& event, const base::tenant_id& tenant, base::json_writer& out);

} // namespace vedette::ingest
