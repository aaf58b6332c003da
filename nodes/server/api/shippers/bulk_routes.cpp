// Elasticsearch's _bulk, for shippers that speak it: Filebeat, Logstash, Vector, Fluent Bit,
// rsyslog.
//
// Documents are records for the detectors; nothing is indexed and nothing can be searched here. An
// item is "created" once it is durable, also when it is a duplicate or ends in quarantine: a client
// would send a refused one for ever, or lose it.
#include "nodes/server/api/ingest_delivery.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"
#include "nodes/server/api/shippers/bulk_body.hpp"

namespace vedette::server {

namespace {

/// Whose protocol it is: official clients go on only when an answer says so, and when the version
/// is one that they know.
constexpr const char* spoken_version = "8.11.0";

void respond(const exchange_ptr& x, std::string json, int status = 200) {
  auto r = io::json_response(std::move(json), status);
  r.headers.set("X-Elastic-Product", "Elasticsearch");
  x->respond(std::move(r));
}

void refuse(const exchange_ptr& x, int status, const char* type, std::string_view reason) {
  base::json_writer w;
  w.begin_object().key("error").begin_object();
  w.member("type", type).member("reason", reason).end_object();
  w.member("status", status).end_object();
  respond(x, std::string{w.text()}, status);
}

void answer_bulk(const exchange_ptr& x, const std::vector<bulk_item>& items, base::duration took) {
  const bool errors = std::ranges::any_of(items, [](const auto& i) { return !i.taken; });
  base::json_writer w;
  w.begin_object();
  w.member("took", std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  w.member("errors", errors).key("items").begin_array();
  for (const auto& i : items) {
    w.begin_object().key(i.action).begin_object().member("_index", i.index);
    if (!i.id.empty())
      w.member("_id", i.id);
    if (i.taken) {
      w.member("result", "created").member("status", 201);
    } else {
      w.member("status", 400).key("error").begin_object();
      w.member("type", "illegal_argument_exception");
      w.member("reason", "records are only added here: create or index").end_object();
    }
    w.end_object().end_object();
  }
  w.end_array().end_object();
  respond(x, std::string{w.text()});
}

void take_bulk(const context_ptr& c, const exchange_ptr& x) {
  const auto tenant = one_tenant_of(x->who, x->request, c->tenants.all());
  if (!tenant) {
    refuse(x, 400, "illegal_argument_exception", tenant.err().context);
    return;
  }
  if (const auto later = busy(*c)) {
    refuse(x, later->status, "es_rejected_execution_exception", later->why);
    return;
  }
  auto body = read_bulk(x->request.body, x->parameter("index"));
  if (!body) {
    refuse(x, body.err().code == base::ec::too_large ? 413 : 400, "illegal_argument_exception",
           body.err().context);
    return;
  }
  x->request.body = {};
  const auto began = c->node.clock->monotonic();
  const auto later =
      deliver(c, origin_of(x->who, *tenant, "bulk", {}, {}), std::move(body->records),
              [c, x, began, items = std::move(body->items)](const base::result<delivered>& done) {
                if (done)
                  answer_bulk(x, items, c->node.clock->monotonic() - began);
                else
                  refuse(x, 503, "es_rejected_execution_exception", done.err().context);
              });
  if (later)
    refuse(x, later->status, "es_rejected_execution_exception", later->why);
}

void introduce(const context_ptr& c, const exchange_ptr& x) {
  base::json_writer w;
  w.begin_object()
      .member("name", c->node.settings->node.id.empty() ? std::string{"vedette"}
                                                        : c->node.settings->node.id)
      .member("cluster_name", "vedette");
  w.key("version").begin_object().member("number", spoken_version);
  w.member("build_flavor", "default").end_object();
  w.member("tagline", "Vedette takes records by _bulk; nothing is indexed here").end_object();
  respond(x, std::string{w.text()});
}

} // namespace

void add_bulk_routes(route_book& book) {
  const auto body_max = book.context()->node.settings->http.body_max.value;
  const route_doc doc{"Elasticsearch _bulk: 200 when all documents are durable, a status each",
                      {{"tenant", "needed when the token sees several"}},
                      "newline-delimited actions (create, index) and documents; gzip or zstd"};
  for (const auto method : {io::http_method::post, io::http_method::put})
    for (const char* path : {"/_bulk", "/{index}/_bulk"})
      book.add(method, path, {io::role::collector}, doc, take_bulk, body_max);
  book.add(io::http_method::get, "/", {io::role::collector, io::role::viewer},
           {"Elasticsearch: which protocol is spoken", {}, {}}, introduce);
}

} // namespace vedette::server
