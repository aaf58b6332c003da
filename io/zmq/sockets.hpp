// What the sockets of this folder share: endpoints, CURVE and heartbeat options, a wake-up that
// poll can wait for, and the door that lets client keys in (ZAP, RFC 27). For io/zmq and io/mesh
// only.
#pragma once

#include "io/zmq/curve_keys.hpp"
#include "io/zmq/key_directory.hpp"

#include "base/result.hpp"

#include <zmq.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::io {

/// Loopback means ipc, inproc, or TCP to 127/8, ::1 or localhost.
[[nodiscard]] bool is_loopback_endpoint(std::string_view endpoint);

/// "tcp://…: address already in use; …" with the fitting code.
[[nodiscard]] base::error bind_error(std::string_view what, std::string_view endpoint,
                                     int error_number);

/// Makes `socket` the server end: CURVE with these keys, or plain on loopback only (else
/// invalid_argument); binds; gives the endpoint as bound.
[[nodiscard]] base::result<std::string> bind_server(zmq::socket_t& socket, std::string_view what,
                                                    const std::string& endpoint,
                                                    const std::optional<curve_keys>& keys);

/// Lets the kernel notice, within 25 s, that the other machine is gone. For sockets whose receive
/// queue is bounded: libzmq 4.3.4 ends the process when its own heartbeat is due on a connection
/// that was lost while that queue was full.
void set_keepalive(zmq::socket_t& socket);

/// For sockets whose receive queue never fills.
void set_heartbeat(zmq::socket_t& socket, std::chrono::milliseconds every,
                   std::chrono::milliseconds timeout);

/// The client key (Z85) of the connection a message came in by; empty on plain connections.
[[nodiscard]] std::string client_key(zmq::message_t& message);

/// An eventfd: `ring` from any thread makes `fd` readable until `hush`.
class doorbell {
 public:
  doorbell();
  ~doorbell();
  doorbell(const doorbell&) = delete;
  doorbell& operator=(const doorbell&) = delete;

  void ring() const;
  void hush() const;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

/// Answers the library's question, once per CURVE handshake, whether a client key may come in. Must
/// exist before the first CURVE socket of its context binds.
class key_door {
 public:
  /// `may_enter` gets the key in Z85.
  key_door(zmq::context_t& context, std::function<bool(std::string_view)> may_enter);

  [[nodiscard]] zmq::socket_ref socket() { return socket_; }
  /// Answers one waiting question; false when it was refused.
  bool answer();

 private:
  zmq::socket_t socket_;
  std::function<bool(std::string_view)> may_enter_;
};

} // namespace vedette::io
