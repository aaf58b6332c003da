// The table from what the stores hold, when the coordinator has lost it.
//
// In this order, so that dying half-way costs no more than doing it again, and of two who do it at
// once one is refused: look whether all that is known of is heard; claim the next generation, which
// takes away what the coordinator held; seal every copy above all promises, so that no old primary
// commits any more; put the table and the documents, each fenced by the claim. Blocks, on a thread
// of its own, for up to some thirty seconds.
#include "cluster/recovery.hpp"
#include "nodes/server/api/census.hpp"
#include "nodes/server/api/copies.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <set>
#include <thread>

namespace vedette::server {

namespace {

using namespace std::chrono_literals;
using context_ptr = std::shared_ptr<api_context>;
using base::ec;

/// For every node to notice the claim, and again for its copies to promise.
constexpr auto round_patience = 8s;
/// For what the membership answers by itself; it gives up sooner.
constexpr auto member_patience = 15s;

base::error refusal(ec code, const std::string& why) {
  return {code, "making the table anew: " + why};
}
base::error refusal(const base::error& why) {
  return refusal(why.code, why.context);
}

class rebuilding {
 public:
  rebuilding(context_ptr c, std::string who, bool accept_missing)
      : c_{std::move(c)}, who_{std::move(who)}, accept_missing_{accept_missing} {
    const auto view = view_of(*c_);
    cluster_ = view.seen().cluster;
    self_ = view.self();
    std::set<cluster::node_id> nodes;
    for (const auto& n : view.nodes())
      nodes.insert(n.record.id);
    nodes_.assign(nodes.begin(), nodes.end());
  }

  /// What would be put, by what is said now.
  base::result<cluster::rebuilt_table> look() {
    heard_ = ask({}, false);
    if (auto ok = check_standing(); !ok)
      return ok.err();
    sealed_ = {heard_.promised.value + 1};
    for (auto& [p, copies] : heard_.reports)
      for (auto& r : copies)
        r.promised = sealed_; // as the seal would make it
    return plan();
  }

  base::result<cluster::rebuilt_table> carry_out() {
    auto first = look();
    if (!first)
      return first;
    const auto known = newest_documents();
    const auto stores = heard_.stores;
    spdlog::warn("audit: {} orders that the table of cluster {} is made anew from the stores of {} "
                 "nodes{}",
                 who_, cluster_.id, stores.size(),
                 first->missing.empty() ? ""
                                        : fmt::format("; of {} partitions not every copy is there, "
                                                      "and what only those held is given up",
                                                      first->missing.size()));
    if (auto ok = claim(); !ok)
      return ok.err();
    // Whoever was heard before must be heard on: without it, what was shown is not what is put.
    if (auto ok = wait_for(stores, false); !ok)
      return ok.err();
    sealed_ = {heard_.promised.value + 1};
    if (auto ok = wait_for(stores, true); !ok)
      return ok.err();
    auto table = plan();
    if (!table)
      return table;
    for (const auto& [name, d] : known)
      if (auto ok = put_document(name, d); !ok)
        return ok.err();
    if (auto ok = put_table(table->partitions); !ok)
      return ok.err();
    spdlog::warn("audit: the table of cluster {} was made anew: generation {}, {} partitions in "
                 "epoch {}",
                 cluster_.id, generation_, table->partitions.size(), sealed_.value + 1);
    return table;
  }

  void describe(const cluster::rebuilt_table& table, bool dry_run, base::json_writer& w) const {
    w.begin_object().member("cluster", cluster_.id).member("dry_run", dry_run);
    w.member("generation", dry_run ? cluster_.generation + 1 : generation_);
    w.key("heard").begin_array();
    for (const auto& [node, store] : heard_.stores)
      w.value(node.value);
    w.end_array().key("items").begin_array();
    for (const auto& [p, a] : table.partitions) {
      w.begin_object().member("partition", p.value).member("primary", a.primary.value);
      w.member("epoch", a.epoch.value).key("replicas").begin_array();
      for (const auto& r : a.replicas)
        w.value(r.value);
      w.end_array();
      for (const auto& r : heard_.of(p))
        if (r.store.node == a.primary)
          w.member("last", r.last.index.value).member("last_epoch", r.last.epoch.value);
      if (const auto lost = table.missing.find(p); lost != table.missing.end()) {
        w.key("missing").begin_array();
        for (const auto& n : lost->second)
          w.value(n.value);
        w.end_array();
      }
      w.end_object();
    }
    w.end_array().key("documents").begin_array();
    for (const auto& [name, d] : newest_documents())
      w.begin_object().member("name", name).member("version", d.version).end_object();
    w.end_array().end_object();
  }

 private:
  heard_copies ask(const std::vector<cluster::node_id>& whom, bool seal) const {
    const auto said = std::make_shared<std::promise<heard_copies>>();
    auto answer = said->get_future();
    c_->node.run([c = c_, nodes = whom.empty() ? nodes_ : whom, seal,
                  order = actors::seal_order{sealed_, generation_},
                  said](caf::event_based_actor* self) {
      const auto then = [said](node_answers& all) { said->set_value(copies_of(all)); };
      if (seal)
        ask_nodes_to_seal(self, *c, nodes, order, then);
      else
        ask_nodes(self, *c, nodes, actors::node_question::copies, then);
    });
    // Whoever was asked answers or is given up within the patience, unless this node ends.
    if (answer.wait_for(2 * patience) != std::future_status::ready)
      return {};
    return answer.get();
  }

  /// A node that has a whole table from the coordinator says that nothing is lost.
  base::status check_standing() const {
    if (!heard_.stores.contains(self_))
      return refusal(ec::unavailable, "this node did not answer itself in time; again");
    const auto member = membership::to_string(membership::standing::member);
    for (const auto& [node, s] : heard_.standings) {
      if (s.membership == member && s.whole)
        return refusal(ec::conflict,
                       fmt::format("node {} is a member, and the coordinator holds the whole "
                                   "table, generation {}; nothing is to be made",
                                   node.value, s.generation));
      if (!s.complete)
        return refusal(
            ec::unavailable,
            fmt::format("not every copy of node {} answered in time; again", node.value));
    }
    return {};
  }

  base::result<cluster::rebuilt_table> plan() const {
    cluster::rebuild_input in;
    for (const auto& group : cluster::partition_groups(cluster_))
      in.partitions.insert(in.partitions.end(), group.begin(), group.end());
    for (const auto& [node, incarnation] : heard_.stores)
      in.stores.push_back({node, incarnation});
    in.reports = heard_.reports;
    in.failed = heard_.failed;
    in.sealed = sealed_;
    in.copies = c_->node.settings->cluster.copies;
    in.min_in_sync = c_->node.settings->cluster.min_in_sync;
    in.accept_missing = accept_missing_;
    auto made = cluster::rebuild_table(in);
    if (!made)
      return refusal(made.err());
    return made;
  }

  [[nodiscard]] std::map<std::string, cluster::document_record> newest_documents() const {
    std::map<std::string, cluster::document_record> out;
    for (const auto& [node, s] : heard_.standings)
      for (const auto& [name, d] : s.documents)
        if (auto& newest = out[name]; newest.version < d.version)
          newest = d;
    return out;
  }

  template <class T, class Ask>
  static T answered(Ask order, T late) {
    const auto said = std::make_shared<std::promise<T>>();
    auto answer = said->get_future();
    order([said](T outcome) { said->set_value(std::move(outcome)); });
    return answer.wait_for(member_patience) == std::future_status::ready ? answer.get()
                                                                         : std::move(late);
  }
  static base::error silence() {
    return refusal(ec::timed_out, "the coordinator did not answer in time; order it again");
  }

  base::status claim() {
    using claimed = base::result<std::uint64_t>;
    const auto got = answered<claimed>(
        [&](auto done) { c_->node.claim_table(cluster_.generation, std::move(done)); },
        claimed{silence()});
    if (!got)
      return got.err();
    generation_ = *got;
    return {};
  }

  base::status put_document(const std::string& name, const cluster::document_record& d) const {
    return answered<base::status>(
        [&](auto done) {
          c_->node.put_document({name, {}, d}, std::move(done));
        },
        base::status{silence()});
  }
  base::status put_table(const std::map<base::partition_id, cluster::assignment>& table) const {
    return answered<base::status>(
        [&](auto done) { c_->node.put_table(generation_, table, std::move(done)); },
        base::status{silence()});
  }

  /// Until all those stores know the generation that was claimed and, if so asked, have promised.
  base::status wait_for(const std::map<cluster::node_id, cluster::store_incarnation>& stores,
                        bool sealed) {
    std::vector<cluster::node_id> nodes;
    for (const auto& [node, incarnation] : stores)
      nodes.push_back(node);
    const auto until = std::chrono::steady_clock::now() + round_patience;
    for (;;) {
      heard_ = ask(nodes, sealed);
      std::string behind;
      for (const auto& [node, incarnation] : stores) {
        const auto s = heard_.standings.find(node);
        if (s == heard_.standings.end() || s->second.generation != generation_ ||
            !s->second.complete || heard_.stores.at(node) != incarnation)
          behind = node.value;
      }
      if (behind.empty())
        return {};
      if (std::chrono::steady_clock::now() >= until)
        return refusal(ec::unavailable,
                       fmt::format("generation {} is begun and empty, and node {} {}; see that it "
                                   "runs and reaches the coordinator, and order it again",
                                   generation_, behind,
                                   sealed ? "has not promised to stop" : "has not noticed"));
      std::this_thread::sleep_for(200ms);
    }
  }

  context_ptr c_;
  std::string who_;
  bool accept_missing_;
  cluster::cluster_record cluster_;
  cluster::node_id self_;
  std::vector<cluster::node_id> nodes_; ///< all that are known of
  heard_copies heard_;
  std::uint64_t generation_ = 0;
  base::epoch sealed_;
};

void rebuild(const context_ptr& c, const exchange_ptr& x) {
  if (!sees_the_node(x))
    return;
  if (auto ok = check_query(x->request, {}); !ok) {
    x->refuse(ok.err());
    return;
  }
  if (c->node.settings->cluster.coordinator == config::coordinator_kind::none) {
    x->refuse(refusal(ec::conflict, "this node stands alone and has no other coordinator"));
    return;
  }
  bool accept_missing = false, dry_run = false;
  if (!x->request.body.empty()) {
    auto body = json_document::parse(x->request.body, "the body");
    if (!body) {
      x->refuse(body.err());
      return;
    }
    accept_missing = flag_at(body->root(), "accept_missing");
    dry_run = flag_at(body->root(), "dry_run");
  }
  run_apart(c->node, [c, x, accept_missing, dry_run] {
    rebuilding r{c, x->who.name, accept_missing};
    const auto table = dry_run ? r.look() : r.carry_out();
    if (!table) {
      x->refuse(table.err());
      return;
    }
    base::json_writer w;
    r.describe(*table, dry_run, w);
    x->answer(std::string{w.text()});
  });
}

} // namespace

void add_rebuild_route(route_book& book) {
  book.add(io::http_method::post, "/v1/cluster/rebuild-table", {io::role::admin},
           {"Makes the cluster's table anew from what the stores hold, when the coordinator has "
            "lost it. Refused while a node has a whole table from it, and while copies that are "
            "known of are not heard, unless accept_missing gives up what only those held. With "
            "dry_run only "
            "the table that would be made",
            {},
            "{accept_missing, dry_run}"},
           rebuild);
}

} // namespace vedette::server
