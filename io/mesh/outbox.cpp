#include "io/mesh/outbox.hpp"

#include <utility>

namespace vedette::io {
namespace {

/// A pointer in the list and the padding to whole words.
constexpr std::size_t bytes_around = 16;

constexpr std::size_t weight(const std::string& message) noexcept {
  return message.size() + bytes_around;
}

constexpr std::size_t at(lane l) noexcept {
  return static_cast<std::size_t>(l);
}

} // namespace

outbox::verdict outbox::put(const cluster::node_id& to, lane l, std::string payload) {
  const std::lock_guard hold{mutex_};
  const auto found = peers_.find(to);
  if (found == peers_.end())
    return {};
  auto& q = found->second.by_lane[at(l)];
  const auto size = weight(payload);
  const bool fits = q.messages.empty() || q.bytes + size <= bytes_max_[at(l)];
  if (!found->second.open || !fits || payload.size() > schemas::mesh_message_bytes_max) {
    ++q.dropped;
    return {};
  }
  // Whoever puts behind another message knows that the thread was woken for that one.
  const bool first = q.messages.empty();
  q.bytes += size;
  q.messages.push_back(std::move(payload));
  return {true, first};
}

void outbox::add(const cluster::node_id& peer) {
  const std::lock_guard hold{mutex_};
  peers_.try_emplace(peer);
}

void outbox::remove(const cluster::node_id& peer) {
  const std::lock_guard hold{mutex_};
  peers_.erase(peer);
}

void outbox::open(const cluster::node_id& peer) {
  const std::lock_guard hold{mutex_};
  peers_[peer].open = true;
}

void outbox::close(const cluster::node_id& peer) {
  // Freed outside: senders should not wait for 64 MiB to be given back.
  std::array<std::deque<std::string>, schemas::mesh_lanes> gone;
  const std::lock_guard hold{mutex_};
  const auto found = peers_.find(peer);
  if (found == peers_.end())
    return;
  found->second.open = false;
  for (std::size_t i = 0; i < schemas::mesh_lanes; ++i) {
    auto& q = found->second.by_lane[i];
    q.dropped += q.messages.size();
    q.bytes = 0;
    gone[i] = std::exchange(q.messages, {});
  }
}

bool outbox::waiting(const cluster::node_id& peer, lane l) const {
  const std::lock_guard hold{mutex_};
  const auto found = peers_.find(peer);
  return found != peers_.end() && !found->second.by_lane[at(l)].messages.empty();
}

std::vector<std::string> outbox::take(const cluster::node_id& peer, lane l, std::size_t bytes_max) {
  std::vector<std::string> out;
  const std::lock_guard hold{mutex_};
  const auto found = peers_.find(peer);
  if (found == peers_.end())
    return out;
  auto& q = found->second.by_lane[at(l)];
  for (std::size_t taken = 0; !q.messages.empty() && out.size() < schemas::mesh_frame_messages_max;
       out.push_back(std::move(q.messages.front())), q.messages.pop_front()) {
    const auto size = weight(q.messages.front());
    if (!out.empty() && taken + size > bytes_max)
      break;
    taken += size;
    q.bytes -= size;
  }
  return out;
}

void outbox::count(const cluster::node_id& peer,
                   std::array<mesh_lane_counts, schemas::mesh_lanes>& into) const {
  const std::lock_guard hold{mutex_};
  const auto found = peers_.find(peer);
  if (found == peers_.end())
    return;
  for (std::size_t i = 0; i < schemas::mesh_lanes; ++i) {
    const auto& q = found->second.by_lane[i];
    into[i].queued_bytes = q.bytes;
    into[i].queued_messages = q.messages.size();
    into[i].dropped = q.dropped;
  }
}

} // namespace vedette::io
