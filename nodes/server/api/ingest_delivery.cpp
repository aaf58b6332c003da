#include "nodes/server/api/ingest_delivery.hpp"

#include "base/hash.hpp"

#include <random>

namespace vedette::server {

namespace {

/// Longer than a commit ever takes on a working disk; shippers give up after 30 s or more.
constexpr base::duration commit_patience = std::chrono::seconds{10};

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
  [[nodiscard]] bool fits() const { return before_ == 0 || before_ + bytes_ <= ingest_bytes_max; }

 private:
  context_ptr context_;
  std::size_t bytes_, before_ = 0;
};

struct delivery_state {
  std::shared_ptr<room> held;
  delivery_origin origin;
  delivered out;
  std::size_t left = 0;
  std::optional<base::error> failed;
  std::function<void(base::result<delivered>)> then;
};
using delivery_ptr = std::shared_ptr<delivery_state>;

void send_batches(caf::event_based_actor* self, const context_ptr& c, const delivery_ptr& d) {
  if (c->tenants.note(d->origin.tenant))
    c->tenants.remember(d->origin.tenant);
  const auto& to = c->node.ingest_of(d->origin.tenant, d->origin.source);
  const auto finish = [self, c, d] {
    if (--d->left > 0)
      return;
    if (!d->failed && d->origin.ends)
      self->send(c->node.ingest_of(d->origin.tenant, d->origin.source), actors::atom::ended::value,
                 d->origin.tenant.value, d->origin.source);
    if (d->failed)
      d->then(*d->failed);
    else
      d->then(std::move(d->out));
  };
  const auto& batches = d->out.body.batches;
  d->left = batches.size();
  d->out.results.resize(d->left);
  if (d->left == 0) {
    d->left = 1;
    finish();
    return;
  }
  for (std::size_t i = 0; i < batches.size(); ++i) {
    actors::raw_batch raw;
    raw.tenant = d->origin.tenant;
    raw.origin = {d->origin.source, d->origin.session, i + 1, 0};
    raw.records = batches[i].records;
    raw.memory = d->out.body.memory;
    raw.received = c->node.clock->now();
    raw.only = d->origin.only;
    raw.has_credit = false;
    self->request(to, commit_patience, std::move(raw))
        .then(
            [d, i, finish](const actors::batch_result& r) {
              d->out.results[i] = r;
              finish();
            },
            [d, finish](const caf::error& e) {
              d->failed = actors::from_caf(e);
              finish();
            });
  }
}

std::uint64_t session_of(std::string_view once) {
  if (!once.empty())
    return base::hash64(once) | 1U;
  std::random_device dice;
  return (std::uint64_t{dice()} << 32U | dice()) | 1U;
}

} // namespace

delivery_origin origin_of(const io::principal& who, base::tenant_id tenant, std::string_view door,
                          std::string_view name, std::string_view once) {
  delivery_origin out{std::move(tenant), "http/" + who.name, session_of(once), false, {}};
  for (const auto part : {door, name})
    if (!part.empty())
      out.source.append("/").append(part);
  return out;
}

std::optional<not_now> busy(const api_context& c) {
  if (c.node.ready && !c.node.ready())
    return not_now{503, "this node is starting or draining"};
  if (c.ingest_bytes_under_way >= ingest_bytes_max)
    return not_now{429, "too much is waiting to become durable"};
  return {};
}

std::optional<not_now> deliver(const context_ptr& c, delivery_origin origin, cut_body body,
                               std::function<void(base::result<delivered>)> then) {
  if (auto later = busy(*c))
    return later;
  // A view, a length and their part of a batch are kept of each record beside its bytes.
  auto held = std::make_shared<room>(c, body.memory->size() + 64 * body.records);
  if (!held->fits())
    return not_now{429, "too much is waiting to become durable"};
  auto d = std::make_shared<delivery_state>();
  d->held = std::move(held);
  d->origin = std::move(origin);
  d->out.body = std::move(body);
  d->then = std::move(then);
  c->node.run([c, d](caf::event_based_actor* self) { send_batches(self, c, d); });
  return {};
}

} // namespace vedette::server
