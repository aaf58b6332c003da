// Ingest over HTTP: a body of records in, 200 when they are durable.
#include "base/hash.hpp"
#include "ingest/formats/format.hpp"
#include "nodes/server/api/body_cutter.hpp"
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"

#include <fmt/format.h>

#include <random>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

/// Of bodies whose records are not durable yet; the next one is told to come back.
constexpr std::size_t under_way_max = std::size_t{256} << 20;
/// Longer than a commit ever takes on a working disk; shippers give up after 30 s or more.
constexpr base::duration commit_patience = std::chrono::seconds{10};
constexpr std::size_t source_max = 128;
constexpr std::size_t key_max = 256;

/// Gives its bytes back when the last batch is answered.
class room {
 public:
  room(context_ptr c, std::size_t bytes) : context_{std::move(c)}, bytes_{bytes} {
    before_ = context_->ingest_bytes_under_way.fetch_add(bytes_);
  }
  ~room() { context_->ingest_bytes_under_way -= bytes_; }
  room(const room&) = delete;
  room& operator=(const room&) = delete;
  /// One body always fits, however large.
  [[nodiscard]] bool fits() const { return before_ == 0 || before_ + bytes_ <= under_way_max; }

 private:
  context_ptr context_;
  std::size_t bytes_, before_ = 0;
};

struct delivery_state {
  exchange_ptr x;
  std::shared_ptr<room> held;
  cut_body body;
  base::tenant_id tenant;
  std::string source;
  std::size_t format = ingest::no_format; ///< every format
  std::uint64_t session = 0;
  bool ends = false;
  std::vector<actors::batch_result> results;
  std::size_t left = 0;
  std::optional<base::error> failed;
};
using delivery_ptr = std::shared_ptr<delivery_state>;

void refuse_for_now(const exchange_ptr& x, int status, std::string why) {
  auto r = io::problem_response(status, std::move(why), x->request.path);
  r.headers.set("Retry-After", "1");
  x->out.respond(std::move(r));
}

void answer(const delivery_ptr& d) {
  if (d->failed) {
    refuse_for_now(d->x, 503,
                   "not everything could be made durable; send the body again, with the same "
                   "Idempotency-Key if it has one: " +
                       d->failed->context);
    return;
  }
  actors::batch_result sum;
  for (const auto& r : d->results) {
    sum.accepted += r.accepted;
    sum.duplicate += r.duplicate;
    sum.quarantined += r.quarantined;
    sum.skipped += r.skipped;
  }
  base::json_writer w;
  w.begin_object().member("records", std::uint64_t{d->body.records});
  w.member("accepted", sum.accepted).member("duplicate", sum.duplicate);
  w.member("quarantined", sum.quarantined).member("skipped", sum.skipped);
  w.key("left_out").begin_array();
  for (std::size_t i = 0; i < d->results.size(); ++i) {
    const auto& r = d->results[i];
    if (r.quarantined + r.skipped == 0)
      continue;
    const auto& b = d->body.batches[i];
    w.begin_object()
        .member("from", std::uint64_t{b.first})
        .member("to", std::uint64_t{b.first + b.records.size() - 1});
    w.member("quarantined", r.quarantined).member("skipped", r.skipped).end_object();
  }
  w.end_array().key("refused").begin_array();
  for (const auto& [position, why] : d->body.refused)
    w.begin_object().member("position", std::uint64_t{position}).member("reason", why).end_object();
  w.end_array().end_object();
  d->x->answer(std::string{w.text()});
}

void deliver(caf::event_based_actor* self, const context_ptr& c, const delivery_ptr& d) {
  if (c->tenants.note(d->tenant))
    c->tenants.remember(d->tenant);
  const auto& to = c->node.ingest_of(d->tenant, d->source);
  const auto finish = [self, c, d] {
    if (--d->left > 0)
      return;
    if (!d->failed && d->ends)
      self->send(c->node.ingest_of(d->tenant, d->source), actors::atom::ended::value,
                 d->tenant.value, d->source);
    answer(d);
  };
  d->left = d->body.batches.size();
  d->results.resize(d->left);
  if (d->left == 0) {
    d->left = 1;
    finish();
    return;
  }
  for (std::size_t i = 0; i < d->body.batches.size(); ++i) {
    actors::raw_batch raw;
    raw.tenant = d->tenant;
    raw.origin = {d->source, d->session, i + 1, 0};
    raw.records = d->body.batches[i].records;
    raw.memory = d->body.memory;
    raw.received = c->node.clock->now();
    raw.format = d->format;
    self->request(to, commit_patience, std::move(raw))
        .then(
            [d, i, finish](const actors::batch_result& r) {
              d->results[i] = r;
              finish();
            },
            [d, finish](const caf::error& e) {
              d->failed = actors::from_caf(e);
              finish();
            });
  }
}

std::uint64_t session_of(std::string_view idempotency_key) {
  if (!idempotency_key.empty())
    return base::hash64(idempotency_key) | 1U;
  std::random_device dice;
  return (std::uint64_t{dice()} << 32U | dice()) | 1U;
}

void take(const context_ptr& c, const exchange_ptr& x, std::size_t format) {
  auto tenant = one_tenant_of(x->who, x->request, c->tenants.all());
  const std::string source{io::find(x->request.query, "source").value_or("")};
  const auto key = x->request.headers.get("Idempotency-Key");
  if (auto ok = check_query(x->request, {"tenant", "source", "end"}); !ok)
    tenant = ok.err();
  else if (source.size() > source_max || key.size() > key_max)
    tenant = base::error{
        base::ec::invalid_argument,
        fmt::format("?source= is at most {} bytes, Idempotency-Key {}", source_max, key_max)};
  if (!tenant) {
    x->refuse(tenant.err());
    return;
  }
  if (c->node.ready && !c->node.ready()) {
    refuse_for_now(x, 503, "this node is starting or draining");
    return;
  }
  auto held = std::make_shared<room>(c, x->request.body.size());
  if (!held->fits()) {
    refuse_for_now(x, 429, "too much is waiting to become durable");
    return;
  }
  auto body = cut(x->request.body, c->node.settings->ingest.unwrap);
  if (!body) {
    x->refuse(body.err());
    return;
  }
  auto d = std::make_shared<delivery_state>();
  d->held = std::move(held);
  d->body = std::move(*body);
  d->tenant = std::move(*tenant);
  d->source = "http/" + x->who.name + (source.empty() ? "" : "/" + source);
  d->format = format;
  d->session = session_of(key);
  d->ends = io::find(x->request.query, "end") == "true";
  d->x = x;
  x->request.body = {};
  c->node.run([c, d](caf::event_based_actor* self) { deliver(self, c, d); });
}

} // namespace

void add_ingest_routes(route_book& book) {
  const auto add = [&](std::string_view name, std::string says) {
    book.add(
        io::http_method::post, fmt::format("/v1/ingest/{}", name), {io::role::collector},
        {std::move(says) +
             " in any envelope; 200 when they are durable, with counts of those left out",
         {{"tenant", "needed when the token sees several"},
          {"source", "names this stream among those of the token"},
          {"end", "true: the stream has ended with this body"}},
         "JSON, or one record a line; gzip or zstd by Content-Encoding. Header Idempotency-Key: "
         "the same body "
         "under the same key counts once"},
        [format = ingest::format_named(name)](const context_ptr& c, const exchange_ptr& x) {
          take(c, x, format);
        },
        book.context()->node.settings->http.body_max.value);
  };
  add("auto", "Records of any format");
  for (const auto& format : ingest::formats())
    add(format.name, fmt::format("Records of the format {}; others are quarantined", format.name));
}

} // namespace vedette::server
