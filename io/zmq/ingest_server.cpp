#include "io/zmq/ingest_server.hpp"

#include "io/zmq/ingest_peers.hpp"
#include "io/zmq/sockets.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <variant>

namespace vedette::io {
namespace {

using base::ec;
using base::error;
using standing = ingest_peer::standing;
using steady = std::chrono::steady_clock;

/// Messages read from one socket before the others and the answers get their turn.
constexpr int reads_in_a_row = 64;

struct welcome_command {
  peer_id peer;
  std::uint64_t committed_below;
  std::uint32_t credits;
};
struct ack_command {
  peer_id peer;
  schemas::ack_frame done;
};
struct grant_command {
  peer_id peer;
  std::uint32_t credits;
};
struct refuse_command {
  peer_id peer;
  std::uint64_t sequence;
  base::error why;
};
using command = std::variant<welcome_command, ack_command, grant_command, refuse_command>;

/// Source names go into logs and keys: printable ASCII without spaces.
bool good_source(std::string_view source) {
  return !source.empty() &&
         std::all_of(source.begin(), source.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

} // namespace

struct ingest_server::impl {
  impl(ingest_server_settings s, const key_directory* k, ingest_handler& h)
      : settings{std::move(s)}, keys{k}, handler{h}, peers{settings.limits} {}

  // --- starting and stopping -------------------------------------------------------------------

  base::status bind() {
    door.emplace(context, [this](std::string_view key) {
      const auto owner = keys == nullptr ? std::nullopt : keys->find(key);
      return owner && owner->may_send;
    });
    for (const auto& l : settings.listeners) {
      VEDETTE_ASSERT(!l.keys || keys != nullptr);
      auto& socket = sockets.emplace_back(context, zmq::socket_type::router);
      const auto& limits = settings.limits;
      // An answer to a peer that left or does not read must come back as an error.
      socket.set(zmq::sockopt::router_mandatory, true);
      socket.set(zmq::sockopt::rcvhwm, limits.frames_queued_per_peer);
      socket.set(zmq::sockopt::sndhwm, limits.answers_queued_per_peer);
      socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(limits.frame_bytes_max));
      socket.set(zmq::sockopt::linger, 1000);
      set_keepalive(socket);
      auto bound = bind_server(socket, "collectors", l.endpoint, l.keys);
      if (!bound)
        return bound.err();
      endpoints.push_back(std::move(*bound));
    }
    return {};
  }

  void close() {
    sockets.clear();
    door.reset();
  }

  void run() {
    next_probe = steady::now() + settings.limits.probe;
    while (!stopping) {
      try {
        turn();
      } catch (const zmq::error_t& e) {
        if (e.num() != EINTR)
          spdlog::error("ingest over ZeroMQ: {}", e.what());
      }
    }
    run_commands();
    close();
  }

  void turn() {
    const bool reading = !paused && !peers.full();
    std::vector<zmq::pollitem_t> items;
    items.push_back({nullptr, bell.fd(), ZMQ_POLLIN, 0});
    items.push_back({door->socket().handle(), 0, ZMQ_POLLIN, 0});
    if (reading)
      for (auto& socket : sockets)
        items.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_probe - steady::now());
    zmq::poll(items, std::max(left, std::chrono::milliseconds{0}));
    if (items[0].revents != 0)
      bell.hush();
    if (items[1].revents != 0 && !door->answer())
      ++tally.refused_keys;
    run_commands();
    for (std::size_t i = 2; i < items.size(); ++i)
      if (items[i].revents != 0)
        read(i - 2);
    if (steady::now() >= next_probe)
      probe();
    publish_counts();
  }

  // --- from peers ------------------------------------------------------------------------------

  void read(std::size_t listener) {
    for (int i = 0; i < reads_in_a_row && !peers.full(); ++i) {
      zmq::message_t route;
      if (!sockets[listener].recv(route, zmq::recv_flags::dontwait))
        return;
      zmq::message_t body;
      bool whole =
          route.more() && sockets[listener].recv(body, zmq::recv_flags::dontwait).has_value();
      for (bool more = whole && body.more(); more;) {
        // A REQ socket, or something else that is no collector.
        whole = false;
        zmq::message_t rest;
        more = sockets[listener].recv(rest, zmq::recv_flags::dontwait).has_value() && rest.more();
      }
      auto* peer = peers.by_route(listener, route.to_string());
      if (peer == nullptr)
        send_to(listener, route.to_string(),
                schemas::error_frame{ec::unavailable, 0,
                                     "this node has as many collectors as it may; try another"});
      else if (peer->is != standing::banned)
        take(*peer, body, whole);
    }
  }

  void take(ingest_peer& peer, zmq::message_t& body, bool whole) {
    if (!whole)
      return ban(peer, {ec::malformed, "a message must be one frame"});
    // Asked anew each time, so that a revoked key ends here.
    const auto owner = owner_of(peer, body);
    if (!owner || !owner->may_send)
      return ban(peer, {ec::denied, "this node does not know the key, or it may not send events"});
    auto frame = schemas::decode_frame(body.to_string_view());
    if (!frame)
      return ban(peer, frame.err());
    tally.bytes += body.size();
    if (auto* hello = std::get_if<schemas::hello_frame>(&*frame))
      return greet(peer, *owner, *hello);
    if (auto* batch = std::get_if<schemas::batch_frame>(&*frame))
      return take_batch(peer, std::move(*batch), body.size());
    if (auto* end = std::get_if<schemas::end_frame>(&*frame))
      return take_end(peer, *end);
    if (!std::holds_alternative<schemas::error_frame>(*frame))
      ban(peer, {ec::malformed, "a collector may send HELLO, BATCH, END and ERROR"});
  }

  std::optional<key_owner> owner_of(const ingest_peer& peer, zmq::message_t& body) const {
    if (!settings.listeners[peer.listener].keys)
      return key_owner{{"local"}, {}, true, true};
    const auto key = client_key(body);
    return key.empty() ? std::nullopt : keys->find(key);
  }

  void greet(ingest_peer& peer, const key_owner& owner, const schemas::hello_frame& hello) {
    if (!good_source(hello.source))
      return ban(
          peer, {ec::invalid_argument, "the source's name must be printable ASCII without spaces"});
    peer.hello_source = hello.source;
    peer.who.tenant = owner.tenant;
    peer.who.source = owner.source.empty() ? hello.source : owner.source + "/" + hello.source;
    peer.who.session = hello.session;
    peer.who.software = hello.software;
    peer.is = standing::introduced;
    peer.credit = 0;
    handler.on_hello(peer.who);
  }

  /// Said back: until then the collector stays, for its connection's end would overtake its END.
  void take_end(ingest_peer& peer, const schemas::end_frame& end) {
    if (peer.is != standing::introduced || end.session != peer.who.session) {
      send(peer, schemas::error_frame{ec::unavailable, 0, "say HELLO first"});
      return;
    }
    handler.on_end(peer.who);
    send(peer, end);
  }

  void take_batch(ingest_peer& peer, schemas::batch_frame batch, std::size_t bytes) {
    // Batches on their way when it was refused; it sends them again after its next HELLO.
    if (peer.is == standing::stranger) {
      send(peer, schemas::error_frame{ec::unavailable, batch.sequence, "say HELLO first"});
      return;
    }
    if (batch.session != peer.who.session || batch.source != peer.hello_source)
      return ban(peer,
                 {ec::malformed, "the batch is not of the session and source that HELLO named"});
    if (!peers.take(peer, batch.session, batch.sequence, bytes))
      return ban(peer, {ec::too_large, "a batch was sent without credit"});
    ++tally.batches;
    batch.source = peer.who.source;
    handler.on_batch(peer.who, std::move(batch));
  }

  /// Ends a connection's say for good. ZeroMQ cannot close one peer's connection, so it is ignored.
  void ban(ingest_peer& peer, base::error why) {
    ++tally.dropped_peers;
    if (why.code == ec::malformed || why.code == ec::unsupported)
      ++tally.bad_frames;
    const bool was_known = peer.is == standing::introduced;
    peer.is = standing::banned;
    peer.credit = 0;
    spdlog::warn("collector {} of tenant '{}': {}", peer.who.source, peer.who.tenant.value,
                 why.context);
    const auto who = peer.who;
    send(peer, schemas::error_frame{why.code, 0, why.context});
    if (was_known)
      handler.on_gone(who, why);
  }

  void left(ingest_peer& peer, const base::error& why) {
    const bool was_known = peer.is == standing::introduced;
    const auto who = peer.who;
    peers.left(peer);
    if (was_known)
      handler.on_gone(who, why);
  }

  // --- to peers --------------------------------------------------------------------------------

  /// 0, or the error number.
  int send_to(std::size_t listener, const std::string& route, const schemas::frame& f) {
    try {
      auto& socket = sockets[listener];
      if (!socket.send(zmq::buffer(route), zmq::send_flags::sndmore | zmq::send_flags::dontwait))
        return EAGAIN;
      const auto bytes = schemas::encode(f);
      return socket.send(zmq::buffer(bytes), zmq::send_flags::dontwait) ? 0 : EAGAIN;
    } catch (const zmq::error_t& e) {
      return e.num();
    }
  }

  /// False when the peer was found gone; `peer` must not be used any more then.
  bool send(ingest_peer& peer, const schemas::frame& f) {
    const int failed = send_to(peer.listener, peer.routing_id, f);
    if (failed == 0)
      return true;
    if (failed == EHOSTUNREACH) {
      left(peer, {ec::unavailable, "the connection is gone"});
      return false;
    }
    if (peer.is == standing::banned)
      return true;
    ++tally.dropped_peers;
    const auto who = peer.who;
    const bool was_known = peer.is == standing::introduced;
    peer.is = standing::banned;
    peer.credit = 0;
    if (was_known)
      handler.on_gone(who, {ec::unavailable, "it does not read its answers"});
    return true;
  }

  void probe() {
    next_probe = steady::now() + settings.limits.probe;
    for (auto* peer : peers.all_connected())
      send(*peer, schemas::credit_frame{0});
  }

  void run_commands() {
    std::deque<command> now;
    {
      const std::lock_guard hold{mutex};
      now.swap(commands);
    }
    for (const auto& c : now)
      std::visit([this](const auto& one) { run_one(one); }, c);
  }

  void run_one(const welcome_command& c) {
    auto* peer = peers.by_id(c.peer);
    if (peer == nullptr || peer->is != standing::introduced)
      return;
    if (!send(*peer, schemas::hello_frame{peer->hello_source, peer->who.session, c.committed_below,
                                          "vedetted"}))
      return;
    // A HELLO said again on the same connection finds batches of it still under way.
    const auto under_way =
        static_cast<std::uint32_t>(std::min<std::size_t>(peer->waiting.size(), c.credits));
    send(*peer, schemas::credit_frame{peers.set_credit(*peer, c.credits - under_way)});
  }
  void run_one(const ack_command& c) {
    auto* peer = peers.by_id(c.peer);
    if (peer == nullptr)
      return;
    // Kept aside: settling the last batch of a peer that left forgets it.
    const bool answers = peer->is == standing::introduced && peer->who.session == c.done.session;
    const auto pending = static_cast<std::uint32_t>(peer->waiting.size());
    if (!peers.settle(*peer, c.done.session, c.done.sequence) || !answers)
      return;
    auto done = c.done;
    done.pending = pending > 0 ? pending - 1 : 0;
    send(*peer, done);
  }
  void run_one(const grant_command& c) {
    auto* peer = peers.by_id(c.peer);
    if (peer == nullptr || peer->is != standing::introduced)
      return;
    if (const auto more = peers.add_credit(*peer, c.credits); more > 0)
      send(*peer, schemas::credit_frame{more});
  }
  void run_one(const refuse_command& c) {
    auto* peer = peers.by_id(c.peer);
    if (peer == nullptr)
      return;
    const auto session = peer->who.session;
    const bool introduced = peer->is == standing::introduced;
    if (introduced) {
      peer->is = standing::stranger;
      peer->credit = 0;
      if (!send(*peer, schemas::error_frame{c.why.code, c.sequence, c.why.context}))
        peer = peers.by_id(c.peer);
    }
    if (peer != nullptr)
      peers.settle(*peer, session, c.sequence);
  }

  void publish_counts() {
    tally.peers = peers.connected();
    tally.waiting_batches = peers.waiting_batches();
    tally.waiting_bytes = peers.waiting_bytes();
    const std::lock_guard hold{mutex};
    shown = tally;
  }

  void put(command c) {
    {
      const std::lock_guard hold{mutex};
      commands.push_back(std::move(c));
    }
    bell.ring();
  }

  const ingest_server_settings settings;
  const key_directory* const keys;
  ingest_handler& handler;
  zmq::context_t context{1};
  std::optional<key_door> door;
  std::vector<zmq::socket_t> sockets; ///< one per listener
  std::vector<std::string> endpoints;
  ingest_peers peers;
  ingest_counts tally;
  steady::time_point next_probe;
  doorbell bell;
  std::atomic<bool> stopping{false};
  std::atomic<bool> paused{false};
  std::thread thread;

  std::mutex mutex;
  /// Bounded by what is waiting (one answer per batch) plus one welcome per HELLO and the grants.
  std::deque<command> commands;
  ingest_counts shown;
};

ingest_server::ingest_server(ingest_server_settings settings, const key_directory* keys,
                             ingest_handler& handler)
    : impl_{std::make_unique<impl>(std::move(settings), keys, handler)} {}
ingest_server::~ingest_server() {
  stop();
}

base::status ingest_server::start() {
  VEDETTE_ASSERT(!impl_->thread.joinable() && !impl_->stopping);
  auto bound = impl_->bind();
  if (!bound) {
    impl_->close();
    return bound;
  }
  impl_->thread = std::thread{[this] { impl_->run(); }};
  return {};
}

std::vector<std::string> ingest_server::endpoints() const {
  return impl_->endpoints;
}

ingest_counts ingest_server::counts() const {
  const std::lock_guard hold{impl_->mutex};
  return impl_->shown;
}

void ingest_server::welcome(peer_id peer, std::uint64_t committed_below, std::uint32_t credits) {
  impl_->put(welcome_command{peer, committed_below, credits});
}
void ingest_server::ack(peer_id peer, const schemas::ack_frame& done) {
  impl_->put(ack_command{peer, done});
}
void ingest_server::grant(peer_id peer, std::uint32_t credits) {
  impl_->put(grant_command{peer, credits});
}
void ingest_server::refuse(peer_id peer, std::uint64_t sequence, base::error why) {
  impl_->put(refuse_command{peer, sequence, std::move(why)});
}

void ingest_server::pause() {
  impl_->paused = true;
  impl_->bell.ring();
}

void ingest_server::stop() {
  if (!impl_->thread.joinable())
    return;
  impl_->stopping = true;
  impl_->bell.ring();
  impl_->thread.join();
}

} // namespace vedette::io
