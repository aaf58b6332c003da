// What nodes said of the copies in their stores, read from their answers to node_question::copies.
//
// Remembers one round of answers, O(copies). Pure. Used by the routes of an operator's repairs.
#pragma once

#include "cluster/coordinator_words.hpp"
#include "nodes/server/api/census.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vedette::server {

/// How a node stands to the coordinator, and what documents it knows.
struct heard_standing {
  std::string membership;       ///< as membership::to_string says it
  std::uint64_t generation = 0; ///< of the table
  bool whole = false;           ///< it knows every partition of that
  bool complete = false;        ///< every copy it holds has answered
  std::map<std::string, cluster::document_record> documents;
};

struct heard_copies {
  std::map<cluster::node_id, cluster::store_incarnation> stores; ///< of who answered
  std::map<cluster::node_id, base::error> problems;              ///< of who did not
  std::map<cluster::node_id, heard_standing> standings;          ///< of who answered
  base::epoch promised; ///< the highest that any copy has promised
  std::map<base::partition_id, std::vector<cluster::store_report>> reports;
  /// Whose copy takes no part because its store failed: what it holds cannot be trusted to be kept,
  /// so it is in no report.
  std::map<base::partition_id, std::vector<cluster::node_id>> failed;

  [[nodiscard]] std::vector<cluster::store_report> of(base::partition_id p) const;
};

[[nodiscard]] heard_copies copies_of(const node_answers& said);

} // namespace vedette::server
