// Splunk's HTTP Event Collector, for shippers that speak it: Vector, Fluent Bit, Logstash, Cribl,
// the OpenTelemetry collector, and the audit streams of GitHub and Okta.
//
// 200 means durable on every copy in sync, which is more than the protocol asks for; so an
// acknowledgement can be asked for at once and is always "true".
#include "nodes/server/api/ingest_delivery.hpp"
#include "nodes/server/api/json.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"
#include "nodes/server/api/shippers/hec_body.hpp"

namespace vedette::server {

namespace {

constexpr std::size_t channel_max = 64;
constexpr std::size_t asked_max = 10'000; ///< acknowledgements in one question

void say(const exchange_ptr& x, int status, int code, std::string_view text) {
  base::json_writer w;
  w.begin_object().member("text", text).member("code", code).end_object();
  x->respond(io::json_response(std::string{w.text()}, status));
}

std::string_view channel_of(const io::http_request& r) {
  const auto header = r.headers.get("X-Splunk-Request-Channel");
  return header.empty() ? io::find(r.query, "channel").value_or("") : header;
}

void take_hec(const context_ptr& c, const exchange_ptr& x, bool raw) {
  const auto tenant = one_tenant_of(x->who, x->request, c->tenants.all());
  const std::string channel{channel_of(x->request)};
  if (!tenant || channel.size() > channel_max) {
    say(x, 400, 7, tenant ? "the channel is at most 64 bytes" : tenant.err().context);
    return;
  }
  if (busy(*c)) {
    say(x, 503, 9, "Server is busy");
    return;
  }
  auto body = raw ? hec_raw(x->request.body) : hec_events(x->request.body);
  if (const auto* p = std::get_if<hec_problem>(&body)) {
    say(x, 400, p->code, p->text);
    return;
  }
  x->request.body = {};
  const auto later = deliver(
      c, origin_of(x->who, *tenant, "hec", channel, {}), std::move(std::get<cut_body>(body)),
      [c, x, acknowledges = !channel.empty()](const base::result<delivered>& done) {
        if (!done) {
          say(x, 503, 9, "Server is busy");
          return;
        }
        base::json_writer w;
        w.begin_object().member("text", "Success").member("code", 0);
        if (acknowledges)
          w.member("ackId", c->hec_acknowledged.fetch_add(1));
        w.end_object();
        x->answer(std::string{w.text()});
      });
  if (later)
    say(x, 503, 9, "Server is busy");
}

/// An id is given only to what is durable; one that this process has not given may be of an earlier
/// one, and is sent again.
void tell_acknowledged(const context_ptr& c, const exchange_ptr& x) {
  const auto doc = json_document::parse(x->request.body, "the question");
  const auto ids = doc ? list_at(doc->root(), "acks") : std::vector<simdjson::dom::element>{};
  if (!doc || ids.size() > asked_max) {
    say(x, 400, 6, "Invalid data format");
    return;
  }
  const auto given = c->hec_acknowledged.load();
  base::json_writer w;
  w.begin_object().key("acks").begin_object();
  for (const auto& id : ids) {
    std::uint64_t n = 0;
    if (id.get(n) == simdjson::SUCCESS)
      w.member(std::to_string(n), n < given);
  }
  w.end_object().end_object();
  x->answer(std::string{w.text()});
}

} // namespace

void add_hec_routes(route_book& book) {
  const auto body_max = book.context()->node.settings->http.body_max.value;
  const route_doc events{"Splunk HEC: events; 200 when they are durable",
                         {{"channel", "names this stream; also as X-Splunk-Request-Channel"},
                          {"tenant", "needed when the token sees several"}},
                         "JSON objects with \"event\", one behind the other; gzip or zstd"};
  const route_doc raw{"Splunk HEC: records as they are; 200 when they are durable", events.query,
                      "records in any envelope, or a text a line; gzip or zstd"};
  for (const char* path :
       {"/services/collector", "/services/collector/event", "/services/collector/event/1.0"})
    book.add(
        io::http_method::post, path, {io::role::collector}, events,
        [](const context_ptr& c, const exchange_ptr& x) { take_hec(c, x, false); }, body_max);
  for (const char* path : {"/services/collector/raw", "/services/collector/raw/1.0"})
    book.add(
        io::http_method::post, path, {io::role::collector}, raw,
        [](const context_ptr& c, const exchange_ptr& x) { take_hec(c, x, true); }, body_max);
  book.add(io::http_method::post, "/services/collector/ack", {io::role::collector},
           {"Splunk HEC: which acknowledgements stand",
            {{"channel", "is not looked at"}},
            "{\"acks\": [0, 1]}"},
           tell_acknowledged);
  for (const char* path : {"/services/collector/health", "/services/collector/health/1.0"})
    book.add(io::http_method::get, path, {}, {"Splunk HEC: whether events are taken", {}, {}},
             [](const context_ptr& c, const exchange_ptr& x) {
               if (busy(*c))
                 say(x, 503, 18, "HEC is unhealthy, queues are full");
               else
                 say(x, 200, 17, "HEC is healthy");
             });
}

} // namespace vedette::server
