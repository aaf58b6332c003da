// The cluster as a whole: its nodes and partitions, and what an operator may ask of them.
#include "nodes/server/api/census.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;
using base::ec;

/// Of a whole node, and without parameters; refuses otherwise.
bool may_look(const exchange_ptr& x) {
  if (!sees_the_node(x))
    return false;
  if (auto ok = check_query(x->request, {}); !ok) {
    x->refuse(ok.err());
    return false;
  }
  return true;
}

bool is_alone(const context_ptr& c) {
  return c->node.settings->cluster.coordinator == config::coordinator_kind::none;
}

void write_look(base::json_writer& w, const node_answer& a) {
  w.member("answered", a.said.has_value());
  if (!a.said) {
    w.member("why", base::to_string(a.problem));
    return;
  }
  const auto said = a.said->root();
  w.member("version", text_at(said, "version")).member("commit", text_at(said, "commit"));
  w.member("ready", flag_at(said, "ready"))
      .member("uptime_seconds", number_at(said, "uptime_seconds"));
  if (const auto problem = text_at(said, "problem"); !problem.empty())
    w.member("problem", problem);
}

void nodes(const context_ptr& c, const exchange_ptr& x) {
  if (!may_look(x))
    return;
  c->node.run([c, x](caf::event_based_actor* self) {
    const auto view = std::make_shared<const cluster_view>(view_of(*c));
    ask_nodes(
        self, *c, view->members(), actors::node_question::look, [x, view](node_answers& said) {
          base::json_writer w;
          w.begin_object().key("items").begin_array();
          for (const auto& n : view->nodes()) {
            w.begin_object();
            view->describe(n, w);
            write_look(
                w, said[n.record.id]); // of one that is gone: nothing was said, and nothing asked
            w.end_object();
          }
          w.end_array().array("unreachable", std::vector<std::string>{}).end_object();
          x->answer(std::string{w.text()});
        });
  });
}

void partitions(const context_ptr& c, const exchange_ptr& x) {
  if (!may_look(x))
    return;
  c->node.run([c, x](caf::event_based_actor* self) {
    const auto view = std::make_shared<const cluster_view>(view_of(*c));
    ask_nodes(self, *c, view->primaries(), actors::node_question::partitions,
              [x, view](node_answers& said) {
                const auto rows = rows_of(*view, said);
                base::json_writer w;
                w.begin_object().key("items").begin_array();
                for (const auto* part : {&rows.events, &rows.tenants})
                  for (const auto& row : *part)
                    w.raw(row);
                w.end_array().array("unreachable", std::vector<std::string>{}).end_object();
                x->answer(std::string{w.text()});
              });
  });
}

// --- changes ---

void answer_node(const exchange_ptr& x, const cluster_view& view, const cluster::node_id& id,
                 bool draining) {
  base::json_writer w;
  w.begin_object().member("node", id.value).member("draining", draining);
  for (const auto& n : view.nodes())
    if (n.record.id == id)
      w.member("leads", n.leads).member("holds", n.holds);
  w.end_object();
  x->answer(std::string{w.text()}, 202);
}

/// Why the node cannot hand over what it has; nothing when it can.
base::status can_drain(const context_ptr& c, const cluster_view& view, const cluster::node_id& id) {
  if (is_alone(c))
    return base::error{ec::conflict,
                       fmt::format("draining node {}: it stands alone, so there is nobody to hand "
                                   "anything to; stop it, it drains itself",
                                   id.value)};
  const auto lines = view.nodes();
  if (std::ranges::any_of(lines, [&](const node_line& n) {
        return n.record.id != id && n.state == node_state::up;
      }))
    return {};
  return base::error{
      ec::conflict,
      fmt::format(
          "draining node {}: no other node is up to take what it leads; see `vedette nodes`",
          id.value)};
}

void set_draining(const context_ptr& c, const exchange_ptr& x, bool on) {
  if (!may_look(x))
    return;
  const cluster::node_id id{x->parameter("id")};
  const auto view = std::make_shared<const cluster_view>(view_of(*c));
  const auto members = view->members();
  if (std::ranges::find(members, id) == members.end()) {
    x->refuse(
        {ec::not_found, fmt::format("{} node {}: it is no member now; `vedette nodes` shows who is",
                                    on ? "draining" : "undraining", id.value.substr(0, 64))});
    return;
  }
  if (on)
    if (auto ok = can_drain(c, *view, id); !ok) {
      x->refuse(ok.err());
      return;
    }
  c->node.run([c, x, id, on, view](caf::event_based_actor* self) {
    // The node writes its own record; the others read there that it drains.
    ask(
        self, c->node.nodes, patience,
        [x, id, on, view](const actors::answer& a) {
          if (a.ok())
            answer_node(x, *view, id, on);
          else
            x->refuse(a.problem);
        },
        node_ask{id, on ? actors::node_question::drain : actors::node_question::undrain});
  });
}

/// The nodes named first, then who holds it now until there are enough; the primary last, because
/// to move a partition is to move it away from there.
std::vector<cluster::node_id> filled_up(std::vector<cluster::node_id> named,
                                        const cluster::assignment& now, std::size_t copies) {
  auto holders = now.replicas;
  std::ranges::stable_partition(holders,
                                [&](const cluster::node_id& n) { return n != now.primary; });
  for (const auto& n : holders)
    if (named.size() < copies && std::ranges::find(named, n) == named.end())
      named.push_back(n);
  return named;
}

base::result<std::vector<cluster::node_id>> wanted_copies(const context_ptr& c,
                                                          const exchange_ptr& x,
                                                          const cluster_view& view,
                                                          base::partition_id p) {
  const auto refusal = [&](ec code, const std::string& why) {
    return base::error{
        code, fmt::format("moving partition {}: {}", x->parameter("id").substr(0, 20), why)};
  };
  if (is_alone(c))
    return refusal(ec::conflict, "this node stands alone, so there is no other to move it to");
  const auto at_table = view.seen().table.find(p);
  if (at_table == view.seen().table.end())
    return refusal(ec::not_found, "there is none of that number; `vedette partitions` shows them");
  if (std::ranges::find(view.seen().moving, p) != view.seen().moving.end())
    return refusal(ec::conflict, "it is on its way already; wait until it is there");
  if (!view.seen().reachable)
    return refusal(ec::unavailable,
                   "the coordinator cannot be reached from here, and only there a partition's "
                   "nodes are changed; try again when it is back");
  auto body = json_document::parse(x->request.body, "the body");
  if (!body)
    return body.err();
  std::vector<cluster::node_id> named;
  for (auto& name : texts_at(body->root(), "to"))
    named.push_back({std::move(name)});
  const auto copies = c->node.settings->cluster.copies;
  if (named.empty() || named.size() > copies)
    return refusal(
        ec::invalid_argument,
        fmt::format("the body must be {{\"to\": [NODE, …]}} with 1 to {} nodes", copies));
  for (std::size_t i = 0; i < named.size(); ++i)
    if (std::find(named.begin(), named.begin() + static_cast<std::ptrdiff_t>(i), named[i]) !=
        named.begin() + static_cast<std::ptrdiff_t>(i))
      return refusal(ec::invalid_argument,
                     fmt::format("node {} is named twice", named[i].value.substr(0, 64)));
  for (const auto& n : named) {
    const auto record = view.seen().nodes.find(n);
    if (record == view.seen().nodes.end())
      return refusal(ec::not_found,
                     fmt::format("node {} is not there; name nodes that `vedette nodes` shows",
                                 n.value.substr(0, 64)));
    if (!view.hears(n))
      return refusal(ec::unavailable, fmt::format("node {} cannot be heard from here", n.value));
    if (record->second.draining)
      return refusal(ec::conflict, fmt::format("node {} drains; undrain it first", n.value));
  }
  return filled_up(std::move(named), at_table->second.value, copies);
}

void move(const context_ptr& c, const exchange_ptr& x) {
  if (!may_look(x))
    return;
  const auto text = x->parameter("id");
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) {
    x->refuse({ec::invalid_argument,
               "moving a partition: '" + text.substr(0, 20) + "' is no number of one"});
    return;
  }
  const base::partition_id p{number};
  const auto view = view_of(*c);
  auto to = wanted_copies(c, x, view, p);
  if (!to) {
    x->refuse(to.err());
    return;
  }
  c->node.run([c, x, p, to = *to](caf::event_based_actor* self) {
    const auto one = answer_in_time(
        self, x,
        {ec::timed_out, fmt::format("moving partition {}: the coordinator has not answered yet; "
                                    "look at `vedette partitions`",
                                    p.value)});
    c->node.move(p, to, [one, p, to](const base::status& begun) {
      if (!one->first())
        return;
      if (!begun) {
        one->x->refuse(begun.err());
        return;
      }
      base::json_writer w;
      w.begin_object().member("partition", p.value).key("to").begin_array();
      for (const auto& n : to)
        w.value(n.value);
      w.end_array().end_object();
      one->x->answer(std::string{w.text()}, 202);
    });
  });
}

} // namespace

void add_cluster_routes(route_book& book) {
  using io::http_method;
  book.add(http_method::get, "/v1/nodes", {io::role::viewer},
           {"Nodes of the cluster: state, addresses, build, how many partitions they lead and hold",
            {},
            {}},
           nodes);
  book.add(http_method::get, "/v1/partitions", {io::role::viewer},
           {"Partitions by the table, and what their primaries say", {}, {}}, partitions);
  book.add(http_method::post, "/v1/nodes/{id}/drain", {io::role::admin},
           {"The node hands over what it leads, and its copies where others can take them; until "
            "undrain or its "
            "next start",
            {},
            {}},
           [](const context_ptr& c, const exchange_ptr& x) { set_draining(c, x, true); });
  book.add(http_method::post, "/v1/nodes/{id}/undrain", {io::role::admin},
           {"The node takes part again", {}, {}},
           [](const context_ptr& c, const exchange_ptr& x) { set_draining(c, x, false); });
  book.add(http_method::post, "/v1/partitions/{id}/move", {io::role::admin},
           {"Begins to move a partition's copies",
            {},
            "{to: [node, …]}, its primary first; others stay"},
           move);
}

} // namespace vedette::server
