// How the node is: status, partitions, tenants, sources, gaps, metrics, health.
#include "nodes/server/api/json.hpp"
#include "nodes/server/api/lists.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"
#include "nodes/version.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

struct sync_words {
  std::string_view name, risk;
};

sync_words words_of(config::sync_policy p) {
  switch (p) {
  case config::sync_policy::commit: return {"commit", "nothing acknowledged is lost when power fails"};
  case config::sync_policy::risk_interval:
    return {"risk_interval", "a power failure loses what was acknowledged within store.sync_interval"};
  case config::sync_policy::risk_unsynced:
    return {"risk_unsynced", "a power failure loses what was acknowledged in the last 30 s or so"};
  }
  return {"commit", ""};
}

/// Everybody's status, and who did not say.
struct census {
  std::vector<std::string> partitions, tenant_partitions, ingest;
  std::string committer, responder;
  std::vector<std::string> unreachable;
};

/// Asks the ingest actors, and everybody else too when wanted.
void take_census(const context_ptr& c, bool everybody, std::function<void(census&)> then) {
  c->node.run([c, everybody, then = std::move(then)](caf::event_based_actor* self) {
    const auto& n = c->node;
    const auto ingest = n.ingest.size();
    const auto detectors = everybody ? n.detectors.size() : 0;
    const auto aggregators = everybody ? n.aggregators.size() : 0;
    const auto count = ingest + detectors + aggregators + (everybody ? 2 : 0);
    auto all = gathering::of(count, [=](gathering::all& answers) {
      census out;
      std::size_t i = 0;
      const auto next = [&](const char* kind, std::size_t number) {
        auto& a = answers[i++];
        if (a.ok())
          return std::move(a.json);
        out.unreachable.push_back(fmt::format("{} {}", kind, number));
        return std::string{};
      };
      const auto several = [&](std::vector<std::string>& to, const char* kind, std::size_t many) {
        for (std::size_t k = 0; k < many; ++k)
          if (auto json = next(kind, k); !json.empty())
            to.push_back(std::move(json));
      };
      several(out.ingest, "ingest", ingest);
      several(out.partitions, "partition", detectors);
      several(out.tenant_partitions, "tenant partition", aggregators);
      if (everybody) {
        out.committer = next("committer", 0);
        out.responder = next("responder", 0);
      }
      then(out);
    });
    std::size_t i = 0;
    for (const auto& a : n.ingest)
      ask_status(self, a, all->slot(i++));
    if (!everybody)
      return;
    for (const auto& d : n.detectors)
      ask_status(self, d, all->slot(i++));
    for (const auto& [id, a] : n.aggregators)
      ask_status(self, a, all->slot(i++));
    ask_status(self, n.committer, all->slot(i++));
    ask_status(self, n.responder, all->slot(i));
  });
}

void write_raw(base::json_writer& w, std::string_view name, const std::vector<std::string>& elements) {
  w.key(name).begin_array();
  for (const auto& e : elements)
    w.raw(e);
  w.end_array();
}

/// One source of an ingest actor's status, if the caller sees its tenant.
struct source_line {
  std::string tenant, source, json;
  base::event_time newest, received;
  bool ended = false;
};

std::vector<source_line> sources_of(const census& all, const std::vector<base::tenant_id>& tenants) {
  std::vector<source_line> out;
  for (const auto& text : all.ingest) {
    auto doc = json_document::parse(text, "an ingest actor's status");
    if (!doc)
      continue;
    for (const auto v : list_at(doc->root(), "sources")) {
      source_line s;
      s.tenant = text_at(v, "tenant");
      if (!std::binary_search(tenants.begin(), tenants.end(), base::tenant_id{s.tenant}))
        continue;
      s.source = text_at(v, "source");
      s.json = to_text(v);
      s.newest = base::parse_rfc3339(text_at(v, "newest_event")).value_or(base::event_time{});
      s.received = base::parse_rfc3339(text_at(v, "last_received")).value_or(base::event_time{});
      s.ended = flag_at(v, "ended");
      out.push_back(std::move(s));
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.tenant != b.tenant ? a.tenant < b.tenant : a.source < b.source;
  });
  return out;
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

/// The configured name, else the host's.
std::string node_id(const api_context& c) {
  if (!c.node.settings->node.id.empty())
    return c.node.settings->node.id;
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "node";
}

void write_node(base::json_writer& w, const api_context& c) {
  const auto up = c.node.clock->monotonic() - c.started;
  w.key("node").begin_object();
  w.member("id", node_id(c)).member("version", version()).member("commit", commit());
  w.member("uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(up).count());
  w.member("ready", c.node.ready && c.node.ready());
  w.member("time", base::format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(c.node.clock->now())));
  w.end_object();
}

void write_content(base::json_writer& w, const parts& n) {
  const auto content = n.content();
  w.key("content").begin_object();
  w.member("generation", content->number.value).member("hash", content->hash);
  w.member("since", base::format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(content->made)));
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
      w.raw(s.json);
    w.end_array();
    if (everybody) {
      write_raw(w, "partitions", all.partitions);
      write_raw(w, "tenant_partitions", all.tenant_partitions);
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

void partitions(const context_ptr& c, const exchange_ptr& x) {
  if (!sees_the_node(x))
    return;
  take_census(c, true, [x](census& all) {
    base::json_writer w;
    w.begin_object();
    write_raw(w, "items", all.partitions);
    write_raw(w, "tenant_partitions", all.tenant_partitions);
    w.array("unreachable", all.unreachable);
    w.end_object();
    x->answer(std::string{w.text()});
  });
}

void nodes(const context_ptr& c, const exchange_ptr& x) {
  if (!sees_the_node(x))
    return;
  base::json_writer w;
  w.begin_object().key("items").begin_array().begin_object();
  w.member("id", node_id(*c)).member("version", version()).member("commit", commit());
  w.member("ready", c->node.ready && c->node.ready()).member("state", "standalone");
  w.member("partitions", std::uint64_t{c->node.detectors.size()});
  w.end_object().end_array().end_object();
  x->answer(std::string{w.text()});
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

void sources(const context_ptr& c, const exchange_ptr& x) {
  const auto names = scope_of(c, x);
  if (!names)
    return;
  take_census(c, false, [x, names = *names](census& all) {
    base::json_writer w;
    w.begin_object().key("items").begin_array();
    for (const auto& s : sources_of(all, names))
      w.raw(s.json);
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
      w.member("event_time", base::format_rfc3339(s.newest)).member("received", base::format_rfc3339(s.received));
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
           {"This node: build, store, content, lists, sources; partitions for those who see all tenants", tenant, {}},
           status);
  book.add(http_method::get, "/v1/partitions", {io::role::viewer}, {"Partitions and how far they are", {}, {}},
           partitions);
  book.add(http_method::get, "/v1/nodes", {io::role::viewer}, {"Nodes of the cluster", {}, {}}, nodes);
  book.add(http_method::get, "/v1/tenants", {io::role::viewer}, {"Tenants the token sees", tenant, {}}, tenants);
  book.add(http_method::get, "/v1/sources", {io::role::viewer}, {"What sends, and how much", tenant, {}}, sources);
  book.add(http_method::get, "/v1/gaps", {io::role::viewer},
           {"Per source how late and how silent it is; lists that are missing", tenant, {}}, gaps);
  book.add(http_method::get, "/metrics", {io::role::viewer}, {"Prometheus text, of all tenants together", {}, {}},
           [](const context_ptr& c, const exchange_ptr& x) {
             if (!sees_the_node(x))
               return;
             io::http_response r;
             r.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
             r.body = c->node.metrics != nullptr ? c->node.metrics->text() : std::string{};
             x->out.respond(std::move(r));
           });
  book.add(http_method::get, "/healthz", {}, {"200 while the process lives", {}, {}},
           [](const context_ptr&, const exchange_ptr& x) { x->out.respond(io::text_response("alive\n")); });
  book.add(http_method::get, "/readyz", {}, {"200 while the node takes input, 503 while it starts or drains", {}, {}},
           [](const context_ptr& c, const exchange_ptr& x) {
             if (c->node.ready && c->node.ready())
               x->out.respond(io::text_response("ready\n"));
             else
               x->refuse({base::ec::unavailable, "this node is starting or draining"});
           });
}

} // namespace vedette::server
