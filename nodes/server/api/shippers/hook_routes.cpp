// Senders that push: the API server of Kubernetes, Amazon Data Firehose, EventBridge,
// Falcosidekick, Okta. Each is answered as it wants to be, and each token is a collector's.
#include "nodes/server/api/ingest_delivery.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"
#include "nodes/server/api/shippers/firehose_body.hpp"

namespace vedette::server {

namespace {

/// What a sender is told, by the status and why.
using reply = std::function<void(int status, std::string_view why)>;

std::optional<base::tenant_id> tenant_of(const context_ptr& c, const exchange_ptr& x,
                                         const reply& say) {
  auto tenant = one_tenant_of(x->who, x->request, c->tenants.all());
  if (!tenant) {
    say(400, tenant.err().context);
    return {};
  }
  if (const auto later = busy(*c)) {
    say(later->status, later->why);
    return {};
  }
  return std::move(*tenant);
}

void send_on(const context_ptr& c, const exchange_ptr& x, delivery_origin origin, cut_body body,
             const reply& say) {
  x->request.body = {};
  const auto later =
      deliver(c, std::move(origin), std::move(body), [say](const base::result<delivered>& done) {
        if (done)
          say(200, {});
        else
          say(503, done.err().context);
      });
  if (later)
    say(later->status, later->why);
}

void take_hook(const context_ptr& c, const exchange_ptr& x, const char* door,
               const std::vector<std::string>& unwrap) {
  const reply say = [x](int status, std::string_view why) {
    if (status == 200) {
      x->answer("{}");
      return;
    }
    x->respond(io::problem_response(status, std::string{why}, x->request.path));
  };
  const auto tenant = tenant_of(c, x, say);
  if (!tenant)
    return;
  auto body = cut(x->request.body, unwrap);
  if (!body) {
    say(body.err().code == base::ec::too_large ? 413 : 400, body.err().context);
    return;
  }
  send_on(c, x, origin_of(x->who, *tenant, door, {}, {}), std::move(*body), say);
}

/// Wants its request's id back, also with an error.
void take_firehose(const context_ptr& c, const exchange_ptr& x) {
  const std::string header{x->request.headers.get("X-Amz-Firehose-Request-Id")};
  const reply say = [c, x, header](int status, std::string_view why) {
    const auto now = c->node.clock->now().time_since_epoch();
    base::json_writer w;
    w.begin_object().member("requestId", header);
    w.member("timestamp", std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    if (!why.empty())
      w.member("errorMessage", why);
    w.end_object();
    x->respond(io::json_response(std::string{w.text()}, status));
  };
  const auto tenant = tenant_of(c, x, say);
  if (!tenant)
    return;
  auto body = read_firehose(x->request.body, c->node.settings->http.body_max.value);
  if (!body || body->request != header) {
    say(body || body.err().code == base::ec::malformed ? 400 : 413,
        body ? "X-Amz-Firehose-Request-Id is not the body's requestId" : body.err().context);
    return;
  }
  send_on(c, x, origin_of(x->who, *tenant, "firehose", {}, header), std::move(body->records), say);
}

/// Asked once, when the hook is made: whoever knows the token repeats what it is told.
void prove_okta(const context_ptr&, const exchange_ptr& x) {
  const auto challenge = x->request.headers.get("X-Okta-Verification-Challenge");
  if (challenge.empty()) {
    x->refuse({base::ec::invalid_argument, "there is no X-Okta-Verification-Challenge to answer"});
    return;
  }
  base::json_writer w;
  w.begin_object().member("verification", challenge).end_object();
  x->answer(std::string{w.text()});
}

} // namespace

void add_hook_routes(route_book& book) {
  const auto body_max = book.context()->node.settings->http.body_max.value;
  const std::vector<std::pair<std::string, std::string>> query{
      {"tenant", "needed when the token sees several"}};
  const auto add = [&](const char* path, const char* summary, api_handler handler) {
    book.add(io::http_method::post, path, {io::role::collector},
             {summary, query, "as its sender makes it; gzip or zstd"}, std::move(handler),
             body_max);
  };
  add("/v1/hooks/k8s", "Kubernetes' audit webhook: 200 when all events are durable",
      [](const context_ptr& c, const exchange_ptr& x) { take_hook(c, x, "k8s", {}); });
  add("/v1/hooks/eventbridge", "EventBridge API destination: 200 when the event is durable",
      [](const context_ptr& c, const exchange_ptr& x) { take_hook(c, x, "eventbridge", {}); });
  add("/v1/hooks/falco", "Falcosidekick: 200 when the alert is durable",
      [](const context_ptr& c, const exchange_ptr& x) { take_hook(c, x, "falco", {}); });
  add("/v1/hooks/okta", "Okta event hook: 200 when all events are durable",
      [](const context_ptr& c, const exchange_ptr& x) {
        take_hook(c, x, "okta", {"/data/events"});
      });
  add("/v1/hooks/firehose",
      "Amazon Data Firehose: 200 when all records are durable, once a request", take_firehose);
  book.add(io::http_method::get, "/v1/hooks/okta", {io::role::collector},
           {"Okta's challenge when a hook is made", {}, {}}, prove_okta);
}

} // namespace vedette::server
