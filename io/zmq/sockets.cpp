#include "io/zmq/sockets.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

constexpr std::size_t raw_key_bytes = 32;
constexpr std::size_t zap_request_parts = 7;

std::string to_z85(const zmq::message_t& raw) {
  std::array<char, 41> text{};
  if (raw.size() != raw_key_bytes)
    return {};
  zmq_z85_encode(text.data(), raw.data<std::uint8_t>(), raw.size());
  return text.data();
}

} // namespace

bool is_loopback_endpoint(std::string_view endpoint) {
  if (endpoint.starts_with("inproc://") || endpoint.starts_with("ipc://"))
    return true;
  constexpr std::string_view tcp_scheme = "tcp://";
  if (!endpoint.starts_with(tcp_scheme))
    return false;
  const auto address = endpoint.substr(tcp_scheme.size());
  return address.starts_with("127.") || address.starts_with("localhost:") ||
         address.starts_with("[::1]:");
}

base::error bind_error(std::string_view what, std::string_view endpoint, int error_number) {
  ec code = ec::invalid_argument;
  std::string_view advice = "give an endpoint such as tcp://127.0.0.1:8471";
  if (error_number == EADDRINUSE) {
    code = ec::conflict;
    advice = "another process holds the port: stop it or choose another";
  } else if (error_number == EACCES) {
    code = ec::denied;
    advice = "ports below 1024 need a privilege: choose a higher one";
  }
  return {code, fmt::format("listening for {} on {}: {}; {}", what, endpoint,
                            zmq_strerror(error_number), advice)};
}

base::result<std::string> bind_server(zmq::socket_t& socket, std::string_view what,
                                      const std::string& endpoint,
                                      const std::optional<curve_keys>& keys) {
  if (!keys && !is_loopback_endpoint(endpoint))
    return error{
        ec::invalid_argument,
        fmt::format("listening for {} on {}: off loopback a CURVE key is required; make one with "
                    "'vedette keys create'",
                    what, endpoint)};
  try {
    if (keys) {
      socket.set(zmq::sockopt::curve_server, true);
      socket.set(zmq::sockopt::curve_secretkey, keys->secret_key);
      // Without a domain the library lets every key in.
      socket.set(zmq::sockopt::zap_domain, "vedette");
    }
    socket.set(zmq::sockopt::handshake_ivl, 10'000);
    socket.bind(endpoint);
    return socket.get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& e) {
    return bind_error(what, endpoint, e.num());
  }
}

void set_keepalive(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 10);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, 5);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, 3);
}

void set_heartbeat(zmq::socket_t& socket, std::chrono::milliseconds every,
                   std::chrono::milliseconds timeout) {
  socket.set(zmq::sockopt::heartbeat_ivl, static_cast<int>(every.count()));
  socket.set(zmq::sockopt::heartbeat_timeout, static_cast<int>(timeout.count()));
  socket.set(zmq::sockopt::heartbeat_ttl, static_cast<int>(timeout.count()));
}

std::string client_key(zmq::message_t& message) {
  const char* id = zmq_msg_gets(message.handle(), "User-Id");
  return id == nullptr ? std::string{} : std::string{id};
}

doorbell::doorbell() : fd_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
  VEDETTE_ASSERT(fd_ >= 0);
}
doorbell::~doorbell() {
  ::close(fd_);
}

void doorbell::ring() const {
  const std::uint64_t one = 1;
  // It only fails when the counter is full, and then the bell is ringing already.
  [[maybe_unused]] const auto n = ::write(fd_, &one, sizeof one);
}

void doorbell::hush() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto n = ::read(fd_, &count, sizeof count);
}

key_door::key_door(zmq::context_t& context, std::function<bool(std::string_view)> may_enter)
    : socket_{context, zmq::socket_type::rep}, may_enter_{std::move(may_enter)} {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.bind("inproc://zeromq.zap.01");
}

bool key_door::answer() {
  // version, request id, domain, address, routing id, mechanism, credentials
  std::vector<zmq::message_t> parts;
  do {
    parts.emplace_back();
    if (!socket_.recv(parts.back(), zmq::recv_flags::dontwait))
      return true;
  } while (parts.back().more());
  std::string key;
  bool enters = false;
  if (parts.size() == zap_request_parts && parts[5].to_string_view() == "CURVE") {
    key = to_z85(parts[6]);
    enters = !key.empty() && may_enter_(key);
  }
  const auto id = parts.size() > 1 ? parts[1].to_string() : std::string{};
  const std::array<std::string, 6> reply{"1.0",
                                         id,
                                         enters ? "200" : "400",
                                         enters ? "OK" : "unknown key",
                                         enters ? key : std::string{},
                                         ""};
  for (std::size_t i = 0; i < reply.size(); ++i)
    socket_.send(zmq::buffer(reply[i]),
                 i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  return enters;
}

} // namespace vedette::io
