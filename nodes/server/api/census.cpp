#include "nodes/server/api/census.hpp"

namespace vedette::server {

cluster_view view_of(const api_context& c) {
  const auto& n = c.node;
  const auto& settings = n.settings->cluster;
  const bool alone = settings.coordinator == config::coordinator_kind::none;
  return {n.cluster(), n.mesh ? n.mesh() : io::mesh_counts{}, alone ? 1 : settings.copies,
          std::chrono::steady_clock::now(), n.clocks ? n.clocks() : clock_report{}};
}

namespace {

void ask_all(caf::event_based_actor* self, const api_context& c,
             const std::vector<cluster::node_id>& nodes, node_ask question,
             std::function<void(node_answers&)> then) {
  auto all = gathering::of(nodes.size(), [nodes, then = std::move(then)](gathering::all& answers) {
    node_answers out;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      auto& a = out[nodes[i]];
      if (!answers[i].ok()) {
        a.problem = answers[i].problem;
        continue;
      }
      auto doc = json_document::parse(answers[i].json, "what node " + nodes[i].value + " said");
      if (doc)
        a.said = std::move(*doc);
      else
        a.problem = doc.err();
    }
    then(out);
  });
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    question.to = nodes[i];
    ask(self, c.node.nodes, patience, all->slot(i), question);
  }
}

} // namespace

void ask_nodes(caf::event_based_actor* self, const api_context& c,
               const std::vector<cluster::node_id>& nodes, actors::node_question what,
               std::function<void(node_answers&)> then) {
  ask_all(self, c, nodes, {{}, what, {}}, std::move(then));
}

void ask_nodes_to_seal(caf::event_based_actor* self, const api_context& c,
                       const std::vector<cluster::node_id>& nodes, const actors::seal_order& order,
                       std::function<void(node_answers&)> then) {
  ask_all(self, c, nodes, {{}, actors::node_question::seal, order}, std::move(then));
}

partition_rows rows_of(const cluster_view& view, const node_answers& said) {
  std::map<base::partition_id, primary_words> words;
  for (const auto& [node, answer] : said) {
    if (!answer.said)
      continue;
    for (const auto item : list_at(answer.said->root(), "items")) {
      const base::partition_id p{static_cast<std::uint32_t>(number_at(item, "partition"))};
      const auto at_table = view.seen().table.find(p);
      // Who led it a moment ago is not asked what is true now.
      if (at_table != view.seen().table.end() && at_table->second.value.primary == node)
        words[p].replica = at(item, "replica"), words[p].fold = at(item, "fold");
    }
  }
  std::map<base::partition_id, std::pair<std::uint64_t, std::uint64_t>> parked; // batches, bytes
  for (const auto& [p, w] : words)
    if (w.fold)
      for (const auto of : list_at(*w.fold, "keeps")) {
        auto& sum = parked[{static_cast<std::uint32_t>(number_at(of, "partition"))}];
        sum.first += number_at(of, "batches");
        sum.second += number_at(of, "bytes");
      }
  for (const auto& [home, sum] : parked) {
    words[home].parked = sum.first;
    words[home].parked_bytes = sum.second;
  }
  partition_rows out;
  for (const auto& [p, v] : view.seen().table) {
    base::json_writer w;
    view.describe(p, words[p], w);
    (p.value >= cluster::tenant_partitions_from ? out.tenants : out.events).emplace_back(w.text());
  }
  return out;
}

} // namespace vedette::server
