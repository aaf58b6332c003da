// Bodies of Elasticsearch's _bulk: a line that says what to do, and for most a line to do it with.
// Pure.
#pragma once

#include "base/result.hpp"
#include "nodes/server/api/body_cutter.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace vedette::server {

struct bulk_item {
  std::string action, index, id; ///< "create" or "index"; the rest is refused
  bool taken = false;
};

struct bulk_body {
  cut_body records;
  std::vector<bulk_item> items; ///< in their order
};

/// `index`: of items that name none. A document that is no JSON ends in quarantine and rejects none
/// of its neighbours. Error malformed: a line that should say what to do does not, so that nobody
/// knows what the lines behind it are; too_large: more than body_records_max of them. Nothing is
/// taken then.
[[nodiscard]] base::result<bulk_body> read_bulk(std::string_view body, std::string_view index);

} // namespace vedette::server
