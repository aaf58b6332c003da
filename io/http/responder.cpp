#include "io/http/responder.hpp"

#include "io/http/problem.hpp"
#include "io/http/responder_sink.hpp"

#include "base/assert.hpp"

#include <utility>

namespace vedette::io {

http_stream::http_stream(std::shared_ptr<sink> s) : sink_{std::move(s)} {
  VEDETTE_ASSERT(sink_);
}
bool http_stream::write(std::string bytes) {
  return sink_->write(std::move(bytes));
}
void http_stream::close() {
  sink_->close();
}
bool http_stream::is_open() const {
  return sink_->is_open();
}
std::size_t http_stream::waiting_bytes() const {
  return sink_->waiting_bytes();
}
void http_stream::on_end(std::function<void()> f) {
  sink_->on_end(std::move(f));
}

http_responder::http_responder(std::unique_ptr<sink> s) : sink_{std::move(s)} {}
http_responder::http_responder(http_responder&&) noexcept = default;

http_responder& http_responder::operator=(http_responder&& other) noexcept {
  // Swapped, so that an answer still owed by this one is given when `other` goes.
  std::swap(sink_, other.sink_);
  return *this;
}

http_responder::~http_responder() {
  if (sink_)
    sink_->respond(problem_response(500, "the node gave no answer; its log may say why"));
}

void http_responder::respond(http_response response) {
  VEDETTE_ASSERT(sink_);
  std::exchange(sink_, nullptr)->respond(std::move(response));
}

http_stream http_responder::stream(http_response head, std::string heartbeat) {
  VEDETTE_ASSERT(sink_);
  return http_stream{std::exchange(sink_, nullptr)->stream(std::move(head), std::move(heartbeat))};
}

} // namespace vedette::io
