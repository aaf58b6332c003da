// Logs of the OpenTelemetry protocol over HTTP: the OpenTelemetry collector, Alloy, Fluent Bit,
// Vector.
//
// 429 and 503 are what a client sends again; a "partial success" it would not, so there is none.
#include "nodes/server/api/ingest_delivery.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"
#include "nodes/server/api/shippers/otlp_body.hpp"

namespace vedette::server {

namespace {

constexpr const char* protobuf_type = "application/x-protobuf";

void refuse(const exchange_ptr& x, int status, std::string why) {
  x->respond(io::problem_response(status, std::move(why), x->request.path));
}

/// An ExportLogsServiceResponse that says nothing: all was taken.
void say_taken(const exchange_ptr& x, bool protobuf) {
  auto r = io::json_response(protobuf ? "" : "{}");
  if (protobuf)
    r.headers.set("Content-Type", protobuf_type);
  x->out.respond(std::move(r));
}

void take_otlp(const context_ptr& c, const exchange_ptr& x) {
  const auto tenant = one_tenant_of(x->who, x->request, c->tenants.all());
  if (!tenant) {
    refuse(x, 400, tenant.err().context);
    return;
  }
  const auto type = x->request.headers.get("Content-Type");
  const bool protobuf = type.starts_with(protobuf_type);
  if (!protobuf && !type.starts_with("application/json")) {
    refuse(x, 415, "Content-Type must be application/x-protobuf or application/json");
    return;
  }
  if (const auto later = busy(*c)) {
    refuse(x, later->status, later->why);
    return;
  }
  auto body = protobuf ? read_otlp_protobuf(x->request.body) : read_otlp_json(x->request.body);
  if (!body) {
    refuse(x, 400, body.err().context);
    return;
  }
  x->request.body = {};
  const auto later = deliver(c, origin_of(x->who, *tenant, "otlp", {}, {}), std::move(*body),
                             [x, protobuf](const base::result<delivered>& done) {
                               if (done)
                                 say_taken(x, protobuf);
                               else
                                 refuse(x, 503, done.err().context);
                             });
  if (later)
    refuse(x, later->status, later->why);
}

} // namespace

void add_otlp_route(route_book& book) {
  book.add(io::http_method::post, "/v1/logs", {io::role::collector},
           {"OpenTelemetry logs: 200 when all of them are durable",
            {{"tenant", "needed when the token sees several"}},
            "ExportLogsServiceRequest as application/x-protobuf or application/json; gzip or zstd"},
           take_otlp, book.context()->node.settings->http.body_max.value);
}

} // namespace vedette::server
