#include "io/zmq/ingest_peers.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace vedette::io {

ingest_peer* ingest_peers::by_route(std::size_t listener, const std::string& routing_id) {
  const auto key = std::pair{listener, routing_id};
  if (const auto known = routes_.find(key); known != routes_.end())
    return peers_.at(known->second).get();
  if (routes_.size() >= limits_.peers_max)
    return nullptr;
  const auto id = next_id_++;
  auto made = std::make_unique<ingest_peer>();
  made->who.peer = peer_id{id};
  made->listener = listener;
  made->routing_id = routing_id;
  routes_.emplace(key, id);
  return peers_.emplace(id, std::move(made)).first->second.get();
}

ingest_peer* ingest_peers::by_id(peer_id id) {
  const auto found = peers_.find(id.value);
  return found == peers_.end() ? nullptr : found->second.get();
}

std::uint32_t ingest_peers::set_credit(ingest_peer& p, std::uint32_t batches) const {
  p.credit = 0;
  return add_credit(p, batches);
}

std::uint32_t ingest_peers::add_credit(ingest_peer& p, std::uint32_t batches) const {
  const auto room = static_cast<std::uint32_t>(limits_.credit_max) - p.credit;
  const auto more = std::min(batches, room);
  p.credit += more;
  return more;
}

bool ingest_peers::take(ingest_peer& p, std::uint64_t session, std::uint64_t sequence,
                        std::size_t bytes) {
  if (p.credit == 0)
    return false;
  --p.credit;
  auto& held = p.waiting[{session, sequence}];
  held.bytes += bytes;
  ++held.times;
  ++waiting_batches_;
  waiting_bytes_ += bytes;
  return true;
}

bool ingest_peers::settle(ingest_peer& p, std::uint64_t session, std::uint64_t sequence) {
  const auto found = p.waiting.find({session, sequence});
  if (found == p.waiting.end())
    return false;
  // A resend of one batch is answered once per copy; the bytes go with the last.
  auto& held = found->second;
  VEDETTE_ASSERT(waiting_batches_ > 0);
  --waiting_batches_;
  if (--held.times == 0) {
    VEDETTE_ASSERT(waiting_bytes_ >= held.bytes);
    waiting_bytes_ -= held.bytes;
    p.waiting.erase(found);
  }
  forget_if_done(p);
  return true;
}

void ingest_peers::left(ingest_peer& p) {
  routes_.erase({p.listener, p.routing_id});
  p.is = ingest_peer::standing::gone;
  p.credit = 0;
  forget_if_done(p);
}

std::vector<ingest_peer*> ingest_peers::all_connected() {
  std::vector<ingest_peer*> out;
  out.reserve(routes_.size());
  for (const auto& [route, id] : routes_)
    out.push_back(peers_.at(id).get());
  return out;
}

void ingest_peers::forget_if_done(ingest_peer& p) {
  if (p.is == ingest_peer::standing::gone && p.waiting.empty())
    peers_.erase(p.who.peer.value);
}

} // namespace vedette::io
