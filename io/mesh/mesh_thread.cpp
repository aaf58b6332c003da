#include "io/mesh/mesh_thread.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace vedette::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Per connection, inside the library: no peer makes us hold more frames that we did not read.
constexpr int frames_queued_per_connection = 4;
/// Seconds, and probes: finds inbound connections that nobody holds any more. Not by the library's
/// own heartbeats, which with short queues like these end in a failed assertion inside libzmq 4.3.4
/// (its issues 3937 and 4364).
constexpr int keepalive_after = 10, keepalive_every = 5, keepalive_probes = 3;
constexpr milliseconds idle{1000};

std::uint64_t drawn_process() {
  std::random_device chance;
  std::uint64_t out = 0;
  while (out == 0)
    out = std::uint64_t{chance()} << 32U | chance();
  return out;
}

} // namespace

mesh_thread::mesh_thread(mesh_settings settings, mesh_hooks hooks)
    : settings_{std::move(settings)}, hooks_{std::move(hooks)}, box_{settings_.queue_bytes_max} {
  const auto good_name = [](const std::string& name) {
    return !name.empty() && name.size() <= schemas::mesh_name_bytes_max;
  };
  VEDETTE_ASSERT(good_name(settings_.self.value) && good_name(settings_.cluster_id));
  VEDETTE_ASSERT(hooks_.received && hooks_.liveness);
  if (settings_.process == 0)
    settings_.process = drawn_process();
}

base::status mesh_thread::start() {
  VEDETTE_ASSERT(!thread_.joinable() && !stopping_);
  auto bound = bind();
  if (!bound) {
    close();
    return bound;
  }
  spdlog::info("mesh: node {} listens on {}{}", settings_.self.value, endpoint_,
               settings_.keys ? "" : " without keys");
  thread_ = std::thread{[this] { run(); }};
  return {};
}

void mesh_thread::stop() {
  if (!thread_.joinable())
    return;
  stopping_ = true;
  bell_.ring();
  thread_.join();
}

void mesh_thread::set_peers(std::vector<mesh_peer> peers) {
  {
    const std::lock_guard hold{mutex_};
    new_peers_ = std::move(peers);
  }
  bell_.ring();
}

bool mesh_thread::send(const cluster::node_id& to, lane l, std::string payload) {
  const auto [queued, wake] = box_.put(to, l, std::move(payload));
  if (wake)
    bell_.ring();
  return queued;
}

mesh_counts mesh_thread::counts() {
  mesh_counts out;
  {
    const std::lock_guard hold{mutex_};
    out = shown_;
  }
  for (auto& p : out.peers) {
    const auto lost = p.lanes;
    box_.count(p.node, p.lanes);
    for (std::size_t i = 0; i < lost.size(); ++i)
      p.lanes[i].dropped += lost[i].dropped;
  }
  return out;
}

base::status mesh_thread::bind() {
  try {
    door_.emplace(context_, [this](std::string_view key) { return is_key_of_a_peer(key); });
    router_.emplace(context_, zmq::socket_type::router);
    router_->set(zmq::sockopt::linger, 0);
    router_->set(zmq::sockopt::rcvhwm, frames_queued_per_connection);
    router_->set(zmq::sockopt::maxmsgsize,
                 static_cast<std::int64_t>(schemas::mesh_frame_bytes_max));
    if (settings_.listen.find('[') != std::string::npos)
      router_->set(zmq::sockopt::ipv6, true);
    router_->set(zmq::sockopt::tcp_keepalive, 1);
    router_->set(zmq::sockopt::tcp_keepalive_idle, keepalive_after);
    router_->set(zmq::sockopt::tcp_keepalive_intvl, keepalive_every);
    router_->set(zmq::sockopt::tcp_keepalive_cnt, keepalive_probes);
  } catch (const zmq::error_t& e) {
    return base::error{base::ec::io, fmt::format("starting the mesh: {}", e.what())};
  }
  auto bound = bind_server(*router_, "other nodes", settings_.listen, settings_.keys);
  if (!bound)
    return bound.err();
  endpoint_ = std::move(*bound);
  return {};
}

void mesh_thread::close() {
  links_.clear();
  router_.reset();
  door_.reset();
}

void mesh_thread::run() {
  woke_ = steady_clock::now();
  while (!stopping_) {
    try {
      turn();
    } catch (const zmq::error_t& e) {
      if (e.num() != EINTR)
        log_.say(refusal::broken, steady_clock::now(), e.what());
    }
  }
  close();
}

void mesh_thread::turn() {
  wait();
  take_new_peers();
  look_at_lines();
  read_frames();
  const auto now = steady_clock::now();
  dial(now);
  judge(now);
  send_waiting(now);
  show_counts();
}

void mesh_thread::wait() {
  const auto now = steady_clock::now();
  const auto until = what_to_wait_for(now);
  const auto left = std::chrono::ceil<milliseconds>(until - now);
  zmq::poll(items_, std::max(left, milliseconds{0}));
  const auto busy = now - std::exchange(woke_, steady_clock::now());
  const auto late = std::max(woke_ - std::max(until, now), steady_clock::duration{0});
  // While a hook was slow or the whole process stood still, what the others said was not read:
  // that silence was our own.
  if (const auto away = busy + late; away > settings_.heartbeat)
    for (auto& [name, l] : links_)
      l.watch.held_up(away);
  if (items_[0].revents != 0)
    bell_.hush();
  if (items_[1].revents != 0 && !door_->answer())
    ++refused_.refused_keys;
}

mesh_thread::instant mesh_thread::what_to_wait_for(instant now) {
  items_.clear();
  items_.push_back({nullptr, bell_.fd(), ZMQ_POLLIN, 0});
  items_.push_back({door_->socket().handle(), 0, ZMQ_POLLIN, 0});
  items_.push_back({router_->handle(), 0, ZMQ_POLLIN, 0});
  auto until = now + idle;
  const auto sooner = [&](const std::optional<instant>& t) {
    if (t)
      until = std::min(until, *t);
  };
  for (auto& [name, l] : links_) {
    sooner(l.watch.next());
    if (l.is_up())
      sooner(l.speak_at);
    for (auto& one : l.lines) {
      if (may_dial(l, one))
        sooner(one.next());
      if (auto* monitor = one.monitor_handle())
        items_.push_back({monitor, 0, ZMQ_POLLIN, 0});
      if (one.is() == line::phase::connected && box_.waiting(l.peer.node, one.which()))
        items_.push_back({one.socket_handle(), 0, ZMQ_POLLOUT, 0});
    }
  }
  return until;
}

void mesh_thread::show_counts() {
  const std::lock_guard hold{mutex_};
  shown_.refused = refused_;
  shown_.peers.resize(links_.size());
  auto out = shown_.peers.begin();
  for (auto& [name, l] : links_) {
    l.counts.alive = l.told_alive;
    l.counts.process = l.watch.process();
    l.counts.last_heard = l.watch.last_heard();
    l.counts.clock = l.clock.reading(time().monotonic());
    *out++ = l.counts;
  }
}

} // namespace vedette::io
