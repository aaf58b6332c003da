// The right and duty to answer one request, movable to whichever thread knows the answer.
//
// Exactly one of `respond` and `stream` is called once; a responder destroyed unused answers 500,
// so no client waits for an answer that got lost. Everything here is safe from any thread and
// returns without waiting for the network. Bounded: one response is held, a stream holds at most
// `stream_buffer_bytes` not yet sent.
#pragma once

#include "io/http/message.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace vedette::io {

/// A response whose body comes bit by bit (server-sent events). Copies stand for the same stream;
/// when the last one goes away the response ends.
class http_stream {
 public:
  /// Queues `bytes`. False when the client is gone, the server drains, or the client reads so
  /// slowly that `stream_buffer_bytes` are waiting (the connection is then closed): stop writing.
  bool write(std::string bytes);
  /// Ends the response cleanly.
  void close();
  [[nodiscard]] bool is_open() const;
  /// Bytes queued and not yet taken by the operating system.
  [[nodiscard]] std::size_t waiting_bytes() const;
  /// Called once, on a server thread, when the stream has ended for whatever reason. Set it at
  /// once.
  void on_end(std::function<void()> f);

  static constexpr std::size_t stream_buffer_bytes = std::size_t{1} << 20;

  struct sink; ///< the connection's side, in beast_server.cpp
  explicit http_stream(std::shared_ptr<sink> s);

 private:
  std::shared_ptr<sink> sink_;
};

class http_responder {
 public:
  void respond(http_response response);
  /// Sends status and headers now (Transfer-Encoding: chunked). `heartbeat` is written whenever
  /// nothing else was for 15 s, so that dead clients are noticed; empty: never.
  [[nodiscard]] http_stream stream(http_response head, std::string heartbeat = {});

  struct sink;
  explicit http_responder(std::unique_ptr<sink> s);
  http_responder(http_responder&&) noexcept;
  http_responder& operator=(http_responder&&) noexcept;
  ~http_responder();

 private:
  std::unique_ptr<sink> sink_;
};

} // namespace vedette::io
