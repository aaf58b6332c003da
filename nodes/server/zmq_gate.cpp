#include "nodes/server/zmq_gate.hpp"

#include "actors/error.hpp"

#include <spdlog/spdlog.h>

namespace vedette::server {

void zmq_gate::on_hello(const io::collector_peer& from) {
  spdlog::debug("collector {} of tenant {} ({}), session {:x}", from.source, from.tenant.value,
                from.software, from.session);
  // What is durable of the session is known partition by partition; a resend is dropped there.
  server_->welcome(from.peer, 1, credit_);
}

void zmq_gate::on_batch(const io::collector_peer& from, schemas::batch_frame batch) {
  actors::raw_batch raw;
  raw.tenant = from.tenant;
  raw.origin = {from.source, batch.session, batch.sequence, 0};
  raw.records = std::move(batch.records);
  raw.memory = std::move(batch.memory);
  raw.received = node_.clock->now();
  const auto session = batch.session, sequence = batch.sequence;
  node_.run([this, peer = from.peer, session, sequence,
             raw = std::move(raw)](caf::event_based_actor* self) mutable {
    const auto& to = node_.ingest_of(raw.tenant, raw.origin.source);
    self->request(to, caf::infinite, std::move(raw))
        .then(
            [this, peer, session, sequence](const actors::batch_result& r) {
              server_->ack(
                  peer, {session, sequence, r.accepted, r.duplicate, r.quarantined, r.skipped, 0});
              server_->grant(peer, 1);
            },
            [this, peer, sequence](const caf::error& e) {
              server_->refuse(peer, sequence, actors::from_caf(e));
            });
  });
}

void zmq_gate::on_end(const io::collector_peer& from) {
  node_.run([this, tenant = from.tenant, source = from.source](caf::event_based_actor* self) {
    self->send(node_.ingest_of(tenant, source), actors::atom::ended::value, tenant.value, source);
  });
}

void zmq_gate::on_gone(const io::collector_peer& from, const base::error& why) {
  spdlog::debug("collector {} of tenant {} is gone: {}", from.source, from.tenant.value,
                base::to_string(why));
}

} // namespace vedette::server
