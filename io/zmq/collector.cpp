#include "io/zmq/collector.hpp"

#include "io/zmq/greeting.hpp"
#include "io/zmq/sockets.hpp"

#include "base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>

namespace vedette::io {
namespace {

using base::ec;
using base::error;
using steady = std::chrono::steady_clock;

// For a greeting that a node owes to whoever connects; a node too busy to send it is asked again
// with the next connection.
constexpr std::chrono::milliseconds greeting_patience{1000};

constexpr const char* monitor_endpoint = "inproc://vedette.collector.monitor";

std::uint64_t random_session() {
  std::random_device source;
  const auto session = (std::uint64_t{source()} << 32U) | source();
  return session == 0 ? 1 : session;
}

struct sent_batch {
  std::string frame;
  std::size_t records = 0;
  std::uint64_t sent_on = 0; ///< the connection it was last sent on; 0: none yet
};

/// Errors of the node that trying again cannot mend.
bool is_final(ec code) {
  switch (code) {
  case ec::denied:
  case ec::invalid_argument:
  case ec::malformed:
  case ec::too_large:
  case ec::unsupported:
    return true;
  default:
    return false;
  }
}

} // namespace

struct collector::impl {
  explicit impl(collector_settings s) : settings{std::move(s)} {}

  base::status check() const {
    if (settings.endpoints.empty())
      return error{ec::invalid_argument, "sending events: no endpoint was given"};
    if (settings.source.empty() || settings.source.size() > 256)
      return error{ec::invalid_argument,
                   "sending events: the source's name must have 1 to 256 characters"};
    if (settings.keys && settings.keys->server_key.empty())
      return error{ec::invalid_argument,
                   "sending events: the key file names no server-key; make it again with "
                   "'vedette keys create'"};
    return {};
  }

  const std::string& endpoint() const {
    return settings.endpoints[tried % settings.endpoints.size()];
  }

  base::status open() {
    try {
      socket.emplace(context, zmq::socket_type::dealer);
      // Nothing is queued for a connection that is not there: what was not sent is ours to keep.
      socket->set(zmq::sockopt::immediate, true);
      socket->set(zmq::sockopt::linger, 0);
      socket->set(zmq::sockopt::reconnect_ivl, 100);
      socket->set(zmq::sockopt::reconnect_ivl_max, 1000);
      set_heartbeat(*socket, std::chrono::milliseconds{2000}, std::chrono::milliseconds{10'000});
      if (settings.keys) {
        socket->set(zmq::sockopt::curve_serverkey, settings.keys->server_key);
        socket->set(zmq::sockopt::curve_publickey, settings.keys->public_key);
        socket->set(zmq::sockopt::curve_secretkey, settings.keys->secret_key);
      }
      const auto name = fmt::format("{}.{}", monitor_endpoint, ++opened);
      if (zmq_socket_monitor(socket->handle(), name.c_str(),
                             ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                 ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED) !=
          0)
        return error{ec::io, fmt::format("sending events: {}", zmq_strerror(zmq_errno()))};
      monitor.emplace(context, zmq::socket_type::pair);
      monitor->set(zmq::sockopt::linger, 0);
      monitor->connect(name);
      socket->connect(endpoint());
    } catch (const zmq::error_t& e) {
      return error{ec::invalid_argument,
                   fmt::format("sending events to {}: {}; give an endpoint such as "
                               "tcp://host:8471",
                               endpoint(), e.what())};
    }
    connected = false;
    known_here = false;
    looked.reset();
    lose_welcome();
    return {};
  }

  // --- one turn --------------------------------------------------------------------------------

  base::status pump(std::chrono::milliseconds wait) {
    VEDETTE_ASSERT(socket);
    if (failed)
      return *failed;
    try {
      flush();
      zmq::pollitem_t items[] = {{socket->handle(), 0, ZMQ_POLLIN, 0},
                                 {monitor->handle(), 0, ZMQ_POLLIN, 0}};
      zmq::poll(items, 2, wait);
      if (items[1].revents != 0)
        read_monitor();
      if (items[0].revents != 0)
        read_answers();
      keep_asking();
      flush();
    } catch (const zmq::error_t& e) {
      if (e.num() != EINTR)
        failed = error{ec::io, fmt::format("sending events to {}: {}", endpoint(), e.what())};
    }
    if (failed)
      return *failed;
    return {};
  }

  error other_mechanism() const {
    return {ec::denied,
            settings.keys
                ? fmt::format("sending events to {}: this endpoint takes no keys, whoever sends "
                              "there is tenant local; let ingest.listen name an address beyond "
                              "loopback, or leave the key out",
                              endpoint())
                : fmt::format("sending events to {}: the node wants a key; make one with 'vedette "
                              "keys create' and name it with --key-file",
                              endpoint())};
  }

  /// A connection ended in its handshake, and nothing said why. Once per `retry_after`, and not at
  /// a node with which there was a handshake: that one is only starting again.
  void look_at_greeting() {
    const auto now = steady::now();
    if (failed || known_here || (looked && now - *looked < settings.retry_after))
      return;
    looked = now;
    const auto spoken = spoken_mechanism(context, endpoint(), greeting_patience);
    if (spoken && *spoken == (settings.keys ? "NULL" : "CURVE"))
      failed = other_mechanism();
  }

  void read_monitor() {
    bool unexplained = false;
    zmq::message_t event;
    zmq::message_t address;
    while (monitor->recv(event, zmq::recv_flags::dontwait)) {
      std::uint16_t what = 0;
      std::uint32_t detail = 0;
      std::memcpy(&what, event.data(), sizeof what);
      std::memcpy(&detail, event.data<char>() + sizeof what, sizeof detail);
      if (event.more())
        (void)monitor->recv(address, zmq::recv_flags::dontwait);
      if (what == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
        failed =
            error{ec::denied, fmt::format("sending events to {}: the node does not know this key; "
                                          "register it with 'vedette keys create'",
                                          endpoint())};
      // One side speaks CURVE and the other does not; that does not change by waiting.
      if (what == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL &&
          detail == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
        failed = other_mechanism();
      unexplained |= what == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
      connected = what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
      lose_welcome();
      if (connected) {
        known_here = true;
        ++connection;
        say_hello();
      }
    }
    if (unexplained && !connected)
      look_at_greeting();
  }

  void read_answers() {
    zmq::message_t message;
    while (!failed && socket->recv(message, zmq::recv_flags::dontwait)) {
      auto frame = schemas::decode_frame(message.to_string_view());
      if (!frame) {
        failed = error{frame.err().code,
                       fmt::format("sending events to {}: its answer is unreadable: {}", endpoint(),
                                   frame.err().context)};
        return;
      }
      last_heard = steady::now();
      std::visit([this](const auto& f) { hear(f); }, *frame);
    }
  }

  void hear(const schemas::hello_frame& f) {
    if (f.session != session || !asked)
      return;
    asked = false;
    welcomed = true;
    credit = 0;
    tries_in_vain = 0;
    ++totals.hellos;
    while (!waiting.empty() && waiting.begin()->first < f.committed_below) {
      // Durable, but its acknowledgement got lost and with it the figures.
      totals.confirmed += waiting.begin()->second.records;
      drop(waiting.begin());
    }
    // What went out on this very connection has arrived or will: a node that is slow to acknowledge
    // must not get everything again on top.
    for (const auto& [sequence, batch] : waiting)
      if (refused || batch.sent_on != connection)
        unsent.insert(sequence);
    refused = false;
  }
  void hear(const schemas::credit_frame& f) {
    // Credit of before the last HELLO was forfeited by it.
    if (welcomed)
      credit += f.batches;
  }
  void hear(const schemas::ack_frame& f) {
    const auto found = f.session == session ? waiting.find(f.sequence) : waiting.end();
    if (found == waiting.end())
      return;
    totals.accepted += f.accepted;
    totals.duplicate += f.duplicate;
    totals.quarantined += f.quarantined;
    totals.skipped += f.skipped;
    drop(found);
  }
  void hear(const schemas::error_frame& f) {
    if (is_final(f.code)) {
      failed = error{f.code,
                     fmt::format("sending events to {}: the node refused: {}", endpoint(), f.text)};
      return;
    }
    // It may have dropped what was on its way.
    refused = true;
    refusal = f.text;
    lose_welcome();
  }
  void hear(const schemas::batch_frame&) {}
  void hear(const schemas::end_frame& f) {
    ended |= ending && end_sent && waiting.empty() && f.session == session;
  }

  void drop(std::map<std::uint64_t, sent_batch>::iterator at) {
    waiting_bytes -= at->second.frame.size();
    unsent.erase(at->first);
    ++totals.acknowledged;
    waiting.erase(at);
  }

  void lose_welcome() {
    welcomed = false;
    end_sent = false;
    asked = false;
    credit = 0;
    last_asked = steady::now();
  }

  void say_hello() {
    lose_welcome();
    const auto hello =
        schemas::encode(schemas::hello_frame{settings.source, session, 0, settings.software});
    asked = socket->send(zmq::buffer(hello), zmq::send_flags::dontwait).has_value();
  }

  /// For the end of a message: why the node took nothing, if it said so.
  std::string said() const { return refusal.empty() ? "" : "; the node says: " + refusal; }

  /// Says HELLO again after silence; a node that stays silent is left for the next one.
  void keep_asking() {
    if (failed)
      return;
    const auto now = steady::now();
    const bool owed = !welcomed || !waiting.empty() || ending;
    if (!owed) {
      last_heard = now;
      return;
    }
    if (now - last_heard > settings.give_up_after) {
      failed = error{
          ec::unavailable,
          fmt::format(
              "sending events to {}: nothing heard for {} s; is the node running?", endpoint(),
              std::chrono::duration_cast<std::chrono::seconds>(settings.give_up_after).count())};
      return;
    }
    // Whoever was refused is told nothing more before it asks again, though it goes on hearing that
    // the node is there.
    if (now - (welcomed ? std::max(last_heard, last_asked) : last_asked) < settings.retry_after)
      return;
    ++tries_in_vain;
    if (tries_in_vain >= 2 && settings.endpoints.size() > 1) {
      ++tried;
      tries_in_vain = 0;
      if (auto opened_again = open(); !opened_again)
        failed = opened_again.err();
      return;
    }
    if (connected)
      say_hello();
    else
      last_asked = now;
  }

  void flush() {
    while (welcomed && credit > 0 && !unsent.empty()) {
      const auto sequence = *unsent.begin();
      auto& batch = waiting.at(sequence);
      if (!socket->send(zmq::buffer(batch.frame), zmq::send_flags::dontwait))
        return;
      unsent.erase(unsent.begin());
      --credit;
      if (std::exchange(batch.sent_on, connection) != 0)
        ++totals.resent;
    }
    flush_end();
  }

  /// Once to whoever welcomed us last: with its connection it forgets who ended.
  void flush_end() {
    if (!ending || ended || end_sent || !welcomed || !waiting.empty())
      return;
    const auto end = schemas::encode(schemas::end_frame{settings.source, session});
    end_sent = socket->send(zmq::buffer(end), zmq::send_flags::dontwait).has_value();
  }

  bool too_much_waiting(std::size_t more) const {
    // One batch must always fit, whatever its size.
    return !waiting.empty() && (waiting.size() >= settings.batches_waiting_max ||
                                waiting_bytes + more > settings.bytes_waiting_max);
  }

  collector_settings settings;
  collector_totals totals;
  std::uint64_t session = random_session();
  zmq::context_t context{1};
  std::optional<zmq::socket_t> socket;
  std::optional<zmq::socket_t> monitor;
  std::uint64_t opened = 0;
  std::size_t tried = 0; ///< endpoints given up on
  int tries_in_vain = 0;
  std::uint64_t connection = 0; ///< how many there were
  bool refused = false;         ///< the node said ERROR since its last welcome
  std::string refusal;          ///< what it said last
  bool connected = false;
  bool known_here = false;                  ///< this endpoint has done a handshake since `open`
  std::optional<steady::time_point> looked; ///< when its greeting was looked at last
  bool asked = false;                       ///< HELLO sent, not answered
  bool welcomed = false;                    ///< HELLO answered on this connection
  bool ending = false;                      ///< nothing more comes in this session
  bool end_sent = false;                    ///< since the last welcome
  bool ended = false;                       ///< the node has said that it knows
  std::uint64_t credit = 0;
  steady::time_point last_heard = steady::now();
  steady::time_point last_asked = steady::now();
  std::uint64_t next_sequence = 1;
  std::map<std::uint64_t, sent_batch> waiting; ///< not acknowledged
  std::set<std::uint64_t> unsent;              ///< of those, not sent since the last HELLO
  std::size_t waiting_bytes = 0;
  std::optional<base::error> failed;
};

collector::collector(collector_settings settings)
    : impl_{std::make_unique<impl>(std::move(settings))} {}
collector::~collector() = default;

base::status collector::connect(std::chrono::milliseconds patience) {
  VEDETTE_ASSERT(!impl_->socket);
  if (auto fine = impl_->check(); !fine)
    return fine;
  if (auto opened = impl_->open(); !opened)
    return opened;
  const auto deadline = steady::now() + patience;
  while (!impl_->welcomed) {
    if (auto done = impl_->pump(std::chrono::milliseconds{20}); !done)
      return done;
    if (steady::now() > deadline && !impl_->welcomed)
      return error{ec::unavailable,
                   fmt::format("connecting to {}: no answer within {} ms; is the node running, and "
                               "is its key the server-key of the key file?",
                               impl_->endpoint(), patience.count())};
  }
  return {};
}

base::status collector::send(std::span<const std::string_view> records) {
  auto& c = *impl_;
  VEDETTE_ASSERT(!records.empty() && records.size() <= base::limits::batch_events);
  schemas::batch_frame batch;
  batch.source = c.settings.source;
  batch.session = c.session;
  batch.sequence = c.next_sequence++;
  batch.records.assign(records.begin(), records.end());
  sent_batch made{schemas::encode(batch), records.size()};
  while (c.too_much_waiting(made.frame.size()))
    if (auto done = c.pump(std::chrono::milliseconds{100}); !done)
      return done;
  // Who owed us nothing was silent by right.
  if (c.waiting.empty() && c.welcomed)
    c.last_heard = steady::now();
  c.ending = c.ended = false;
  ++c.totals.batches;
  c.totals.records += records.size();
  c.totals.bytes += made.frame.size();
  c.waiting_bytes += made.frame.size();
  c.unsent.insert(batch.sequence);
  c.waiting.emplace(batch.sequence, std::move(made));
  return c.pump(std::chrono::milliseconds{0});
}

base::status collector::pump(std::chrono::milliseconds wait) {
  return impl_->pump(wait);
}

void collector::begin(std::uint64_t session) {
  auto& c = *impl_;
  VEDETTE_ASSERT(c.waiting.empty() && session != 0);
  c.session = session;
  c.ending = c.ended = false;
  c.next_sequence = 1;
  c.last_heard = steady::now();
  if (c.connected)
    c.say_hello();
}

base::status collector::finish(std::chrono::milliseconds patience) {
  auto& c = *impl_;
  const auto deadline = steady::now() + patience;
  c.ending = true;
  c.ended = c.end_sent = false;
  // Who owed us nothing was silent by right.
  if (c.waiting.empty() && c.welcomed)
    c.last_heard = steady::now();
  std::optional<steady::time_point> acknowledged;
  while (!c.ended) {
    if (c.waiting.empty() && !acknowledged)
      acknowledged = steady::now();
    // A node that is draining hears nothing more, and all is durable.
    if (c.welcomed && acknowledged && steady::now() - *acknowledged > c.settings.end_patience)
      break;
    if (auto done = c.pump(std::chrono::milliseconds{50}); !done)
      return done;
    if (steady::now() > deadline && !c.waiting.empty())
      return error{ec::timed_out,
                   fmt::format("sending events to {}: {} batches are not acknowledged after {} ms; "
                               "they may or may not have arrived, send again{}",
                               c.endpoint(), c.waiting.size(), patience.count(), c.said())};
    if (steady::now() > deadline)
      return error{ec::timed_out,
                   fmt::format("sending events to {}: could not say that the source has ended",
                               c.endpoint())};
  }
  c.ending = false;
  return {};
}

const collector_totals& collector::totals() const {
  return impl_->totals;
}
std::size_t collector::waiting() const {
  return impl_->waiting.size();
}
std::uint64_t collector::session() const {
  return impl_->session;
}

} // namespace vedette::io
