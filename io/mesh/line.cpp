#include "io/mesh/line.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace vedette::io {
namespace {

/// Frames inside the library: one on its way, one behind it. More would only grow what a break
/// loses; what waits in the outbox is packed better.
constexpr int frames_queued = 2;
/// Control frames are small and must not wait for the thread's next turn.
constexpr int control_frames_queued = 16;
/// A connection that lasted so long was a good one: the next attempt follows at once.
constexpr std::chrono::seconds good_connection{1};

constexpr int watched = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED |
                        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

std::string monitor_name() {
  static std::atomic<std::uint64_t> next{0};
  return fmt::format("inproc://mesh-line-{}", next++);
}

std::string reason(std::uint16_t event) {
  switch (event) {
  case ZMQ_EVENT_CLOSED:
    return "no connection to it can be made";
  case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
    return "it does not know this node's key";
  case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
  case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
    return "the handshake failed: another key than its membership record says, or no mesh there";
  default:
    return "its connection ended";
  }
}

void free_frame(void*, void* hint) {
  delete static_cast<std::string*>(hint);
}

} // namespace

std::string undialable(const mesh_peer& peer, const mesh_settings& settings) {
  if (!peer.address.starts_with("tcp://"))
    return fmt::format("its address '{}' is not tcp://host:port", peer.address);
  if (!settings.keys && !is_loopback_endpoint(peer.address))
    return fmt::format(
        "its address {} is off loopback and this node's mesh has no key; give it one",
        peer.address);
  if (!settings.keys && !peer.public_key.empty())
    return "it asks for CURVE and this node's mesh has no key; give it one";
  if (settings.keys && !is_curve_key(peer.public_key))
    return "its membership record has no valid public key";
  return {};
}

void line::open(zmq::context_t& context, const mesh_peer& peer) {
  socket_.emplace(context, zmq::socket_type::dealer);
  auto& s = *socket_;
  s.set(zmq::sockopt::linger, 0);
  // Without a connection there is no queue: what cannot be sent stays in the outbox.
  s.set(zmq::sockopt::immediate, true);
  s.set(zmq::sockopt::sndhwm, lane_ == lane::control ? control_frames_queued : frames_queued);
  // Nothing is ever said on this connection in the other direction.
  s.set(zmq::sockopt::rcvhwm, 1);
  s.set(zmq::sockopt::maxmsgsize, std::int64_t{1024});
  s.set(zmq::sockopt::reconnect_ivl, -1);
  s.set(zmq::sockopt::handshake_ivl, static_cast<int>(settings_.silence.count()));
  s.set(zmq::sockopt::connect_timeout, static_cast<int>(settings_.connect_timeout.count()));
  if (lane_ == lane::control)
    s.set(zmq::sockopt::tcp_maxrt, static_cast<int>(settings_.silence.count()));
  if (peer.address.find('[') != std::string::npos)
    s.set(zmq::sockopt::ipv6, true);
  if (settings_.keys) {
    s.set(zmq::sockopt::curve_serverkey, peer.public_key);
    s.set(zmq::sockopt::curve_publickey, settings_.keys->public_key);
    s.set(zmq::sockopt::curve_secretkey, settings_.keys->secret_key);
  }
  const auto name = monitor_name();
  if (zmq_socket_monitor(s.handle(), name.c_str(), watched) != 0)
    throw zmq::error_t{};
  monitor_.emplace(context, zmq::socket_type::pair);
  monitor_->set(zmq::sockopt::linger, 0);
  monitor_->connect(name);
  s.connect(peer.address);
}

void line::dial(zmq::context_t& context, const mesh_peer& peer, instant now) {
  if (phase_ != phase::down || now < retry_at_)
    return;
  phase_ = phase::calling;
  failure_.clear();
  began_ = now;
  // The library's own time limit comes first and says why; this one is for what it does not notice.
  deadline_ = now + settings_.connect_timeout + std::chrono::milliseconds{50};
  try {
    open(context, peer);
  } catch (const zmq::error_t& e) {
    // An address it cannot read, or no descriptors left.
    failure_ = fmt::format("dialling {}: {}", peer.address, e.what());
    close();
  }
}

void line::close() noexcept {
  // First of all: an event for a monitor that is gone would hold up the library's own thread.
  if (socket_)
    zmq_socket_monitor(socket_->handle(), nullptr, 0);
  monitor_.reset();
  socket_.reset();
}

void line::hang_up(instant now) {
  if (phase_ == phase::down)
    return;
  if (phase_ == phase::connected && now - up_since_ >= good_connection)
    pause_ = settings_.redial_min;
  close();
  phase_ = phase::down;
  // An attempt that took its time was a pause already.
  retry_at_ = std::max(began_ + pause_, now + settings_.redial_min);
  pause_ = std::min(2 * pause_, settings_.redial_max);
}

void line::hang_up_and_hurry(instant now) {
  hang_up(now);
  pause_ = settings_.redial_min;
  retry_at_ = now;
}

line::news line::look(instant now, std::string& why) {
  auto found = read_events(now, why);
  if (!failure_.empty()) {
    found = news::lost;
    why = std::exchange(failure_, {});
  }
  if (found == news::none && phase_ == phase::calling && now >= deadline_) {
    found = news::lost;
    why = "it does not answer";
  }
  if (found == news::lost)
    hang_up(now);
  return found;
}

line::news line::read_events(instant now, std::string& why) {
  auto found = news::none;
  while (monitor_) {
    zmq::message_t event;
    if (!monitor_->recv(event, zmq::recv_flags::dontwait))
      break;
    zmq::message_t address;
    if (event.more() && !monitor_->recv(address, zmq::recv_flags::dontwait))
      break;
    std::uint16_t kind = 0;
    if (event.size() < sizeof kind)
      continue;
    std::memcpy(&kind, event.data(), sizeof kind);
    if (kind == ZMQ_EVENT_CONNECTED) {
      deadline_ = now + settings_.silence;
    } else if (kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
      phase_ = phase::connected;
      up_since_ = now;
      found = news::connected;
    } else {
      why = reason(kind);
      return news::lost;
    }
  }
  return found;
}

bool line::has_room() {
  return phase_ == phase::connected && (socket_->get(zmq::sockopt::events) & ZMQ_POLLOUT) != 0;
}

bool line::send(std::string frame) {
  auto* kept = new std::string{std::move(frame)};
  zmq::message_t message{kept->data(), kept->size(), free_frame, kept};
  return socket_->send(message, zmq::send_flags::dontwait).has_value();
}

std::optional<line::instant> line::next() const noexcept {
  switch (phase_) {
  case phase::down:
    return retry_at_;
  case phase::calling:
    return deadline_;
  default:
    return std::nullopt;
  }
}

} // namespace vedette::io
