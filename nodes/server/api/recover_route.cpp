// The last resort for a partition whose in-sync copies are gone for good: what each surviving copy
// holds, and going on with one of them.
#include "cluster/recovery.hpp"
#include "nodes/server/api/census.hpp"
#include "nodes/server/api/copies.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;
using base::ec;

struct order {
  base::partition_id partition;
  bool accept_loss = false, dry_run = false;
  std::optional<cluster::node_id> from;
};

base::error refusal(const std::string& partition, ec code, const std::string& why) {
  return {code, fmt::format("recovering partition {}: {}", partition.substr(0, 20), why)};
}

base::result<order> order_of(const context_ptr& c, const exchange_ptr& x) {
  order o;
  const auto text = x->parameter("id");
  const auto [end, failed] =
      std::from_chars(text.data(), text.data() + text.size(), o.partition.value);
  if (failed != std::errc{} || end != text.data() + text.size())
    return refusal(text, ec::invalid_argument, "that is no number of one");
  if (c->node.settings->cluster.coordinator == config::coordinator_kind::none)
    return refusal(text, ec::conflict,
                   "this node stands alone, so there is no other copy to go on with");
  if (!x->request.body.empty()) {
    auto body = json_document::parse(x->request.body, "the body");
    if (!body)
      return body.err();
    o.accept_loss = flag_at(body->root(), "accept_loss");
    o.dry_run = flag_at(body->root(), "dry_run");
    if (auto from = text_at(body->root(), "from"); !from.empty())
      o.from = cluster::node_id{std::move(from)};
  }
  if (!o.accept_loss && !o.dry_run)
    return refusal(text, ec::invalid_argument,
                   "what only lost copies held is given up for good, so it must be said: accept "
                   "the loss (--accept-loss), or look first what there is (--dry-run)");
  return o;
}

/// Stores that are there: members by their sessions, and whoever answered.
std::vector<cluster::member> alive(const membership::view& seen, const heard_copies& heard) {
  std::set<cluster::member> out;
  for (const auto& [id, record] : seen.nodes)
    out.insert({id, record.incarnation});
  for (const auto& [id, incarnation] : heard.stores)
    out.insert({id, incarnation});
  return {out.begin(), out.end()};
}

bool has_failed(const heard_copies& heard, base::partition_id p, const cluster::node_id& node) {
  const auto at = heard.failed.find(p);
  return at != heard.failed.end() && std::ranges::find(at->second, node) != at->second.end();
}

void write_copies(base::json_writer& w, const cluster::assignment& a, const heard_copies& heard,
                  base::partition_id p) {
  std::set<cluster::node_id> nodes{a.replicas.begin(), a.replicas.end()};
  for (const auto& m : a.in_sync)
    nodes.insert(m.node);
  const auto copies = heard.of(p);
  w.key("copies").begin_array();
  for (const auto& node : nodes) {
    const auto* listed = in_sync_member(a, node);
    const auto copy = std::ranges::find(copies, node, [](const auto& r) { return r.store.node; });
    const auto store = heard.stores.find(node);
    w.begin_object().member("node", node.value).member("in_sync", listed != nullptr);
    std::string state = "not heard";
    if (store != heard.stores.end())
      state = listed != nullptr && listed->incarnation != store->second ? "another store"
              : has_failed(heard, p, node)                              ? "failed"
              : copy == copies.end()                                    ? "holds nothing"
              : listed != nullptr                                       ? "in sync"
                                                                        : "out of sync";
    w.member("state", state);
    if (copy != copies.end())
      w.member("epoch", copy->last.epoch.value).member("last", copy->last.index.value);
    if (const auto why = heard.problems.find(node); why != heard.problems.end())
      w.member("why", base::to_string(why->second));
    w.end_object();
  }
  w.end_array();
}

void answer_order(const exchange_ptr& x, const order& o, const cluster::assignment& a,
                  const heard_copies& heard, const base::result<cluster::member>& chosen,
                  std::optional<base::epoch> epoch) {
  base::json_writer w;
  w.begin_object().member("partition", o.partition.value).member("dry_run", o.dry_run);
  if (chosen)
    w.member("from", chosen->node.value);
  else
    w.member("refused", base::to_string(chosen.err()));
  if (epoch)
    w.member("epoch", epoch->value);
  w.member("min_in_sync", a.min_in_sync);
  write_copies(w, a, heard, o.partition);
  w.end_object();
  x->answer(std::string{w.text()}, epoch ? 202 : 200);
}

void decide(const context_ptr& c, caf::event_based_actor* self, const exchange_ptr& x,
            const order& o, const cluster::versioned_assignment& v,
            const std::shared_ptr<const heard_copies>& heard) {
  const auto name = std::to_string(o.partition.value);
  auto chosen = cluster::choose_survivor(v.value, alive(c->node.cluster(), *heard),
                                         heard->of(o.partition), o.from);
  if (!chosen)
    chosen = refusal(name, chosen.err().code, chosen.err().context);
  if (o.dry_run)
    return answer_order(x, o, v.value, *heard, chosen, std::nullopt);
  if (!chosen) {
    x->refuse(chosen.err());
    return;
  }
  std::vector<std::string> lost;
  for (const auto& m : v.value.in_sync)
    lost.push_back(m.node.value);
  spdlog::warn("audit: {} accepts that what only the lost copies of partition {} held (in sync: "
               "{}) is gone, and orders that it goes on with the copy of node {}",
               x->who.name, o.partition.value, fmt::join(lost, ", "), chosen->node.value);
  const auto one = answer_in_time(self, x,
                                  refusal(name, ec::timed_out,
                                          "the coordinator has not answered yet; look at `vedette "
                                          "partitions`"));
  c->node.recover(o.partition, *chosen, v.at,
                  [one, o, v, heard, chosen = *chosen](const base::result<base::epoch>& begun) {
                    if (!one->first())
                      return;
                    if (!begun)
                      one->x->refuse(begun.err());
                    else
                      answer_order(one->x, o, v.value, *heard, chosen, *begun);
                  });
}

void recover(const context_ptr& c, const exchange_ptr& x) {
  if (!sees_the_node(x))
    return;
  if (auto ok = check_query(x->request, {}); !ok) {
    x->refuse(ok.err());
    return;
  }
  const auto o = order_of(c, x);
  if (!o) {
    x->refuse(o.err());
    return;
  }
  const auto view = view_of(*c);
  const auto name = std::to_string(o->partition.value);
  const auto row = view.seen().table.find(o->partition);
  if (row == view.seen().table.end()) {
    x->refuse(refusal(name, ec::not_found,
                      "there is none of that number; `vedette partitions` shows them"));
    return;
  }
  if (!view.seen().reachable || view.seen().state == membership::standing::estranged) {
    x->refuse(refusal(name, ec::unavailable,
                      "the coordinator cannot be reached from here, and only there a partition is "
                      "given to another copy; ask another node, or try again when it is back"));
    return;
  }
  // Whoever has lost its session and is heard still is asked too.
  const auto members = view.members();
  std::set<cluster::node_id> whom{members.begin(), members.end()};
  whom.insert(row->second.value.replicas.begin(), row->second.value.replicas.end());
  for (const auto& m : row->second.value.in_sync)
    whom.insert(m.node);
  c->node.run([c, x, o = *o, v = row->second,
               nodes = std::vector<cluster::node_id>{whom.begin(), whom.end()}](
                  caf::event_based_actor* self) {
    ask_nodes(self, *c, nodes, actors::node_question::copies, [=](node_answers& said) {
      decide(c, self, x, o, v, std::make_shared<const heard_copies>(copies_of(said)));
    });
  });
}

} // namespace

void add_recover_route(route_book& book) {
  book.add(io::http_method::post, "/v1/partitions/{id}/recover", {io::role::admin},
           {"Goes on with a surviving copy of a partition whose in-sync copies are gone for good; "
            "what only those held is lost. Refused while one of them is there. With dry_run only "
            "what each copy holds, and which one would be taken",
            {},
            "{accept_loss: true, from: node, dry_run}"},
           recover);
}

} // namespace vedette::server
