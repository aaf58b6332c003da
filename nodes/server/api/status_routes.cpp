// How the cluster and this node are: status, tenants, sources, gaps, health.
#include "nodes/server/api/census.hpp"
#include "nodes/server/api/lists.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"
#include "nodes/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

constexpr std::array source_counts{"records",     "accepted", "duplicate",
                                   "quarantined", "skipped",  "held"};

struct sync_words {
  std::string_view name, risk;
};

sync_words words_of(config::sync_policy p) {
  switch (p) {
  case config::sync_policy::commit:
    return {"commit", "nothing acknowledged is lost when power fails"};
  case config::sync_policy::risk_interval:
    return {"risk_interval",
            "a power failure loses what was acknowledged within store.sync_interval"};
  case config::sync_policy::risk_unsynced:
    return {"risk_unsynced", "a power failure loses what was acknowledged in the last 30 s or so"};
  }
  return {"commit", ""};
}

/// What the cluster said, and who said nothing.
struct census {
  partition_rows rows;
  std::map<cluster::node_id, json_document> ingest;
  std::string committer, responder;
  std::vector<std::string> unreachable;
};

/// Asks every member for its sources, and when wanted for its partitions, and this node's committer
/// and responder.
void take_census(const context_ptr& c, bool everybody, std::function<void(census&)> then) {
  c->node.run([c, everybody, then = std::move(then)](caf::event_based_actor* self) {
    struct round {
      census found;
      std::set<cluster::node_id> silent;
      std::size_t left = 0;
      std::function<void(census&)> then;
      void answered() {
        if (--left > 0)
          return;
        for (const auto& n : silent)
          found.unreachable.push_back("node " + n.value);
        then(found);
      }
    };
    const auto r = std::make_shared<round>();
    r->left = everybody ? 4 : 1;
    r->then = then;
    const auto view = std::make_shared<const cluster_view>(view_of(*c));
    ask_nodes(self, *c, view->members(), actors::node_question::sources, [r](node_answers& said) {
      for (auto& [node, a] : said)
        if (a.said)
          r->found.ingest.emplace(node, std::move(*a.said));
        else
          r->silent.insert(node);
      r->answered();
    });
    if (!everybody)
      return;
    ask_nodes(self, *c, view->primaries(), actors::node_question::partitions,
              [r, view](node_answers& said) {
                r->found.rows = rows_of(*view, said);
                for (const auto& [node, a] : said)
                  if (!a.said)
                    r->silent.insert(node);
                r->answered();
              });
    const auto own = [self, r](const auto& whom, const char* name, std::string census::*to) {
      ask_status(self, whom, [r, name, to](actors::answer a) {
        if (a.ok())
          r->found.*to = std::move(a.json);
        else
          r->found.unreachable.emplace_back(name);
        r->answered();
      });
    };
    own(c->node.committer, "committer", &census::committer);
    own(c->node.responder, "responder", &census::responder);
  });
}

void write_raw(base::json_writer& w, std::string_view name,
               const std::vector<std::string>& elements) {
  w.key(name).begin_array();
  for (const auto& e : elements)
    w.raw(e);
  w.end_array();
}

/// One source, of all nodes it was sent to.
struct source_line {
  std::string tenant, source;
  std::vector<std::string> nodes;
  base::event_time newest, received;
  bool ended = false;
  std::array<std::uint64_t, source_counts.size()> counts{};
};

void add(source_line& to, json_value v, const std::string& node) {
  const auto time = [&](const char* name) {
    return base::parse_rfc3339(text_at(v, name)).value_or(base::event_time{});
  };
  const auto received = time("last_received");
  to.newest = std::max(to.newest, time("newest_event"));
  if (to.nodes.empty() || received >= to.received) {
    to.received = received;
    to.ended = flag_at(v, "ended"); // the node that heard last knows
  }
  to.nodes.push_back(node);
  for (std::size_t i = 0; i < source_counts.size(); ++i)
    to.counts[i] += number_at(v, source_counts[i]);
}

/// Those whose tenant the caller sees, by tenant and name.
std::vector<source_line> sources_of(const census& all,
                                    const std::vector<base::tenant_id>& tenants) {
  std::map<std::pair<std::string, std::string>, source_line> found;
  for (const auto& [node, doc] : all.ingest)
    for (const auto actor : list_at(doc.root(), "items"))
      for (const auto v : list_at(actor, "sources")) {
        auto tenant = text_at(v, "tenant"), source = text_at(v, "source");
        if (!std::binary_search(tenants.begin(), tenants.end(), base::tenant_id{tenant}))
          continue;
        auto& line = found[{tenant, source}];
        line.tenant = std::move(tenant);
        line.source = std::move(source);
        add(line, v, node.value);
      }
  std::vector<source_line> out;
  for (auto& [key, line] : found)
    out.push_back(std::move(line));
  return out;
}

void write_source(base::json_writer& w, const source_line& s) {
  w.begin_object().member("tenant", s.tenant).member("source", s.source).array("nodes", s.nodes);
  w.member("newest_event", base::format_rfc3339(s.newest));
  w.member("last_received", base::format_rfc3339(s.received)).member("ended", s.ended);
  for (std::size_t i = 0; i < source_counts.size(); ++i)
    w.member(source_counts[i], s.counts[i]);
  w.end_object();
}

/// A tenant that sends and that nobody configured is known to its ingest actor first.
std::optional<std::vector<base::tenant_id>> scope_of(const context_ptr& c, const exchange_ptr& x) {
  if (auto ok = check_query(x->request, {"tenant"}); !ok) {
    x->refuse(ok.err());
    return std::nullopt;
  }
  auto tenants = tenants_of(x->who, x->request, c->tenants.all());
  if (!tenants) {
    x->refuse(tenants.err());
    return std::nullopt;
  }
  return std::move(*tenants);
}

void write_node(base::json_writer& w, const api_context& c) {
  const auto up = c.node.clock->monotonic() - c.started;
  w.key("node").begin_object();
  w.member("id", c.node.cluster().self.id.value)
      .member("version", version())
      .member("commit", commit());
  w.member("uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(up).count());
  w.member("ready", c.node.ready && c.node.ready());
  w.member("time", base::format_rfc3339(
                       std::chrono::floor<std::chrono::milliseconds>(c.node.clock->now())));
  w.end_object();
}

void write_content(base::json_writer& w, const parts& n) {
  const auto content = n.content();
  w.key("content").begin_object();
  w.member("generation", content->number.value).member("hash", content->hash);
  w.member("since",
           base::format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(content->made)));
  w.member("rules", std::uint64_t{content->rules->rules().size()});
  w.member("playbooks", std::uint64_t{content->playbooks->playbooks.size()});
  w.end_object();
}

void status(const context_ptr& c, const exchange_ptr& x) {
  const auto tenants = scope_of(c, x);
  if (!tenants)
    return;
  const bool everybody = x->who.all_tenants;
  take_census(c, everybody, [c, x, tenants = *tenants, everybody](census& all) {
    base::json_writer w;
    w.begin_object();
    write_node(w, *c);
    const auto sync = words_of(c->node.settings->store.sync);
    w.key("store").begin_object().member("sync", sync.name).member("risk", sync.risk);
    w.member("incarnation", fmt::format("{:016x}", c->node.store->incarnation())).end_object();
    write_content(w, c->node);
    w.key("lists");
    describe(lists_of(c->node.content()->book.get()), w);
    w.key("sources").begin_array();
    for (const auto& s : sources_of(all, tenants))
      write_source(w, s);
    w.end_array();
    if (everybody) {
      w.key("cluster");
      view_of(*c).describe_short(w);
      write_raw(w, "partitions", all.rows.events);
      write_raw(w, "tenant_partitions", all.rows.tenants);
      if (!all.committer.empty())
        w.key("committer").raw(all.committer);
      if (!all.responder.empty())
        w.key("responder").raw(all.responder);
    }
    w.array("unreachable", all.unreachable);
    w.end_object();
    x->answer(std::string{w.text()});
  });
}

void tenants(const context_ptr& c, const exchange_ptr& x) {
  const auto names = scope_of(c, x);
  if (!names)
    return;
  take_census(c, false, [c, x, names = *names](census& all) {
    const auto sources = sources_of(all, names);
    base::json_writer w;
    w.begin_object().key("items").begin_array();
    for (const auto& t : names) {
      std::uint64_t count = 0;
      base::event_time last;
      for (const auto& s : sources)
        if (s.tenant == t.value) {
          ++count;
          last = std::max(last, s.received);
        }
      w.begin_object().member("tenant", t.value);
      w.member("configured", c->node.content()->tenants.contains(t.value)).member("sources", count);
      if (count > 0)
        w.member("last_received", base::format_rfc3339(last));
      w.member("partition", c->node.routing.home_of(t.value).value);
      w.end_object();
    }
    w.end_array().array("unreachable", all.unreachable).end_object();
    x->answer(std::string{w.text()});
  });
}

void list_sources(const context_ptr& c, const exchange_ptr& x) {
  const auto names = scope_of(c, x);
  if (!names)
    return;
  take_census(c, false, [x, names = *names](census& all) {
    base::json_writer w;
    w.begin_object().key("items").begin_array();
    for (const auto& s : sources_of(all, names))
      write_source(w, s);
    w.end_array().array("unreachable", all.unreachable).end_object();
    x->answer(std::string{w.text()});
  });
}

std::int64_t seconds_between(base::event_time from, base::event_time to) {
  return std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
}

void gaps(const context_ptr& c, const exchange_ptr& x) {
  const auto names = scope_of(c, x);
  if (!names)
    return;
  take_census(c, false, [c, x, names = *names](census& all) {
    const auto now = c->node.clock->now();
    const auto& limits = c->node.settings->detect;
    base::json_writer w;
    w.begin_object().key("items").begin_array();
    for (const auto& s : sources_of(all, names)) {
      const bool silent = !s.ended && s.received + limits.source_silence < now;
      const bool late = s.newest + limits.lateness < s.received;
      w.begin_object().member("tenant", s.tenant).member("source", s.source);
      w.member("event_time", base::format_rfc3339(s.newest))
          .member("received", base::format_rfc3339(s.received));
      w.member("behind_seconds", seconds_between(s.newest, s.received));
      w.member("silent_seconds", s.ended ? std::int64_t{0} : seconds_between(s.received, now));
      w.member("state", s.ended ? "ended" : silent ? "silent" : late ? "late" : "in time");
      w.end_object();
    }
    w.end_array().key("lists");
    describe(lists_of(c->node.content()->book.get()), w);
    w.array("unreachable", all.unreachable).end_object();
    x->answer(std::string{w.text()});
  });
}

} // namespace

void add_status_routes(route_book& book) {
  using io::http_method;
  const std::vector<std::pair<std::string, std::string>> tenant{{"tenant", "only this tenant"}};
  book.add(http_method::get, "/v1/status", {io::role::viewer},
           {"This node: build, store, content, lists; sources; cluster and partitions for those "
            "who see all tenants",
            tenant,
            {}},
           status);
  book.add(http_method::get, "/v1/tenants", {io::role::viewer},
           {"Tenants the token sees", tenant, {}}, tenants);
  book.add(http_method::get, "/v1/sources", {io::role::viewer},
           {"What sends, and how much", tenant, {}}, list_sources);
  book.add(http_method::get, "/v1/gaps", {io::role::viewer},
           {"Per source how late and how silent it is; lists that are missing", tenant, {}}, gaps);
  book.add(http_method::get, "/healthz", {}, {"200 while the process lives", {}, {}},
           [](const context_ptr&, const exchange_ptr& x) {
             x->out.respond(io::text_response("alive\n"));
           });
  book.add(http_method::get, "/readyz", {},
           {"200 while the node takes input, 503 while it starts or drains", {}, {}},
           [](const context_ptr& c, const exchange_ptr& x) {
             if (c->node.ready && c->node.ready())
               x->out.respond(io::text_response("ready\n"));
             else
               x->refuse({base::ec::unavailable, "this node is starting or draining"});
           });
}

} // namespace vedette::server
