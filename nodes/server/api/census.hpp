// Questions to every node of the cluster, this one among them, and what came back.
//
// Runs inside one actor and ends within `patience`: who did not answer is named. Remembers one
// round of answers. Used by the routes that speak of the cluster as a whole.
#pragma once

#include "nodes/server/api/cluster_view.hpp"
#include "nodes/server/api/exchange.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vedette::server {

/// What this node knows now. Never waits.
[[nodiscard]] cluster_view view_of(const api_context& c);

/// One node's answer, read.
struct node_answer {
  std::optional<json_document> said;
  base::error problem; ///< when nothing was said
};
using node_answers = std::map<cluster::node_id, node_answer>;

/// Asks those nodes the same; `then` gets an answer or a problem for each of them.
void ask_nodes(caf::event_based_actor* self, const api_context& c,
               const std::vector<cluster::node_id>& nodes, actors::node_question what,
               std::function<void(node_answers&)> then);

/// The same with the order of node_question::seal.
void ask_nodes_to_seal(caf::event_based_actor* self, const api_context& c,
                       const std::vector<cluster::node_id>& nodes, const actors::seal_order& order,
                       std::function<void(node_answers&)> then);

/// A JSON array's elements, one per partition of the table, in order: see cluster_view::describe.
struct partition_rows {
  std::vector<std::string> events, tenants;
};
[[nodiscard]] partition_rows rows_of(const cluster_view& view, const node_answers& said);

} // namespace vedette::server
