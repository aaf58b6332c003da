// What a call touched and gave away: resources, the accounts a share reaches, the grant in a
// policy, units and bytes. Which fields of the record say so is content (ingest/taxonomy.hpp).
#pragma once

#include "base/event.hpp"
#include "base/tenant_settings.hpp"
#include "ingest/formats/cloudtrail_record.hpp"
#include "ingest/taxonomy.hpp"

#include <string_view>
#include <vector>

namespace vedette::ingest {

/// Reads effects of one record after another; keeps its lists' memory. One per thread.
class effect_reader {
 public:
  /// Sets resources, targets, target, grant, bytes and count of `out`, whose provider and account
  /// are set already. `entry` may be null: then only the record's own `resources` count. Lists are
  /// copied into `memory` and hold at most `values_max` each. O(length of the fields named).
  void read(std::string_view record_json, const cloudtrail_record& record,
            const activity_entry* entry, const base::tenant_settings& tenant, base::arena& memory,
            base::event& out);

  /// Values kept per list; a call that names more still counts them all in `count`.
  static constexpr std::size_t values_max = 64;

 private:
  std::vector<std::string_view> resources_, targets_;
};

} // namespace vedette::ingest
