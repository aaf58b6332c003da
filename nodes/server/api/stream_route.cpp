// GET /v1/alerts/stream: server-sent events from the moment of the call, or from Last-Event-ID on.
#include "nodes/server/api/alert_stream.hpp"
#include "nodes/server/api/json.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;
using stream_ptr = std::shared_ptr<alert_stream>;

struct catch_up {
  context_ptr context;
  stream_ptr stream;
  stream_position left; ///< tenants still to be asked, and from where
  stream_filter filter;
};

/// Page by page, tenant by tenant. A tenant that does not answer is left to the client, which finds
/// its number unchanged and may ask again.
void go_on(caf::event_based_actor* self, const std::shared_ptr<catch_up>& u) {
  if (u->left.empty()) {
    u->stream->caught_up();
    return;
  }
  const auto [tenant, after] = *u->left.begin();
  actors::tenant_query q;
  q.tenant = {tenant};
  q.alerts.after = after;
  q.alerts.limit = page_max;
  q.alerts.min_severity = u->filter.min_severity;
  q.alerts.rule = u->filter.rule;
  ask(
      self, u->context->node.aggregator_of(q.tenant), patience,
      [self, u, tenant = tenant](const actors::answer& a) {
        std::size_t found = 0;
        std::uint64_t last = 0;
        auto doc = a.ok() ? json_document::parse(a.json, "an aggregator's answer")
                          : base::result<json_document>{a.problem};
        if (doc)
          for (const auto v : list_of(doc->root())) {
            last = number_at(v, "number");
            if (const auto alert = at(v, "alert"))
              u->stream->take_old(tenant, last, to_text(*alert));
            ++found;
          }
        if (found < page_max)
          u->left.erase(tenant);
        else
          u->left[tenant] = last;
        go_on(self, u);
      },
      std::move(q));
}

void stream_alerts(const context_ptr& c, const exchange_ptr& x) {
  auto ok = check_query(x->request, {"tenant", "severity", "rule", "after"});
  auto tenants = tenants_of(x->who, x->request, c->tenants.all());
  auto filter = alert_filter_of(x->request);
  if (!ok || !tenants || !filter) {
    x->refuse(!ok ? ok.err() : !tenants ? tenants.err() : filter.err());
    return;
  }
  stream_filter wanted;
  wanted.min_severity = filter->min_severity;
  wanted.rule = filter->rule;
  // A caller of one tenant counts by plain numbers, whether it named the tenant or not.
  if (io::find(x->request.query, "tenant") || (!x->who.all_tenants && tenants->size() == 1))
    wanted.tenant = tenants->front();
  auto from = parse_position(x->request.headers.get("Last-Event-ID"), wanted.tenant);
  if (from && from->empty() && filter->after > 0 && wanted.tenant)
    from->emplace(wanted.tenant->value, filter->after);
  if (!from) {
    x->refuse({base::ec::invalid_argument, "Last-Event-ID: not an id that this stream gave out"});
    return;
  }
  // What a client claims to have heard must not widen what it sees.
  std::erase_if(*from, [&](const auto& p) {
    return wanted.tenant ? p.first != wanted.tenant->value : !x->who.sees({p.first});
  });

  io::http_response head;
  head.headers.set("Content-Type", "text/event-stream");
  head.headers.set("Cache-Control", "no-store");
  auto out = x->out.stream(std::move(head), ": still here\n\n");
  auto stream = std::make_shared<alert_stream>(out, x->who, wanted, !from->empty());
  const auto id =
      c->node.subscribe([stream](const respond::published_alert& p) { stream->take(p); });
  out.on_end([c, id] { c->node.unsubscribe(id); });
  if (from->empty())
    return;
  auto u = std::make_shared<catch_up>(
      catch_up{c, std::move(stream), std::move(*from), std::move(wanted)});
  c->node.run([u](caf::event_based_actor* self) { go_on(self, u); });
}

} // namespace

void add_stream_route(route_book& book) {
  book.add(io::http_method::get, "/v1/alerts/stream", {io::role::viewer},
           {"Alerts as they change, as server-sent events; honours Last-Event-ID",
            {{"tenant", "only this tenant; ids are then plain numbers"},
             {"severity", "this or worse"},
             {"rule", "of this rule"},
             {"after", "with a tenant: begin behind this number"}},
            {}},
           stream_alerts);
}

} // namespace vedette::server
