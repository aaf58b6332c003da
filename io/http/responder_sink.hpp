// The connection's side of a responder: what the server implements and responder.cpp calls, so that
// handlers and their tests see nothing of the library underneath. Private to this folder.
#pragma once

#include "io/http/responder.hpp"

#include <functional>
#include <memory>
#include <string>

namespace vedette::io {

/// Destroying it ends the stream.
struct http_stream::sink {
  sink() = default;
  virtual ~sink() = default;
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;

  virtual bool write(std::string bytes) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  [[nodiscard]] virtual std::size_t waiting_bytes() const = 0;
  virtual void on_end(std::function<void()> f) = 0;
};

struct http_responder::sink {
  sink() = default;
  virtual ~sink() = default;
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;

  virtual void respond(http_response response) = 0;
  virtual std::shared_ptr<http_stream::sink> stream(http_response head, std::string heartbeat) = 0;
};

} // namespace vedette::io
