#include "nodes/server/api/copies.hpp"

#include "cluster/replica.hpp"

#include <algorithm>
#include <charconv>

namespace vedette::server {

namespace {

heard_standing standing_of(json_value said) {
  heard_standing s;
  s.membership = text_at(said, "membership");
  s.generation = number_at(said, "generation");
  s.whole = flag_at(said, "whole");
  s.complete = list_at(said, "items").size() == number_at(said, "held");
  for (const auto d : list_at(said, "documents"))
    s.documents[text_at(d, "name")] = {
        number_at(d, "version"), text_at(d, "hash"), {text_at(d, "author")}};
  return s;
}

} // namespace

std::vector<cluster::store_report> heard_copies::of(base::partition_id p) const {
  const auto at = reports.find(p);
  return at == reports.end() ? std::vector<cluster::store_report>{} : at->second;
}

heard_copies copies_of(const node_answers& said) {
  heard_copies out;
  for (const auto& [node, answer] : said) {
    if (!answer.said) {
      out.problems[node] = answer.problem;
      continue;
    }
    // A string, so that no reader of JSON rounds it.
    const auto text = text_at(answer.said->root(), "incarnation");
    cluster::store_incarnation incarnation;
    (void)std::from_chars(text.data(), text.data() + text.size(), incarnation.value);
    if (incarnation.value == 0) {
      out.problems[node] = {base::ec::malformed, "it did not name its store"};
      continue;
    }
    out.stores[node] = incarnation;
    out.standings[node] = standing_of(answer.said->root());
    for (const auto item : list_at(answer.said->root(), "items")) {
      const auto r = at(item, "replica");
      if (!r)
        continue;
      // An epoch that only a lost store promised stood in the table, which others have seen.
      out.promised = std::max({out.promised, base::epoch{number_at(*r, "promised")},
                               base::epoch{number_at(*r, "epoch")}});
      const base::partition_id p{static_cast<std::uint32_t>(number_at(item, "partition"))};
      if (text_at(*r, "role") == cluster::to_string(cluster::replica_role::failed)) {
        out.failed[p].push_back(node);
        continue;
      }
      cluster::store_report report;
      report.store = {node, incarnation};
      report.promised = {number_at(*r, "sealed")};
      report.last = {{number_at(*r, "durable_epoch")}, {number_at(*r, "durable")}};
      report.version = number_at(*r, "version");
      report.min_in_sync = static_cast<std::uint32_t>(number_at(*r, "min_in_sync"));
      for (auto& holder : texts_at(*r, "holders"))
        report.replicas.push_back({std::move(holder)});
      out.reports[p].push_back(std::move(report));
    }
  }
  return out;
}

} // namespace vedette::server
