// One client connection: reads a request, has it judged and handled, writes the answer, again.
//
// Lives on its own strand, so none of its members needs a lock. Holds one request and one response
// at a time; each wait has a deadline from http_limits. Used by beast_server.cpp with a plain and
// with a TLS stream.
#pragma once

#include "io/http/beast_core.hpp"
#include "io/http/beast_message.hpp"
#include "io/http/beast_stream.hpp"
#include "io/http/problem.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>

namespace vedette::io {

template <class Stream>
class connection final : public connection_base,
                         public std::enable_shared_from_this<connection<Stream>> {
  static constexpr bool is_tls = !std::is_same_v<Stream, beast::tcp_stream>;
  using clock = std::chrono::steady_clock;
  using error_code = beast::error_code;

 public:
  template <class... Args>
  explicit connection(std::shared_ptr<server_core> core, tcp::socket socket, Args&... tls)
      : core_{std::move(core)}, stream_{std::move(socket), tls...}, timer_{stream_.get_executor()} {
    // Reads into a fresh flat_buffer would be of 512 bytes.
    buffer_.reserve(read_bytes);
  }
  ~connection() override {
    drop_body();
    end_stream();
    core_->leave(this);
  }

  void start() {
    error_code ignored;
    const auto from = socket().remote_endpoint(ignored);
    if (!ignored)
      peer_ = to_ip(from.address());
    core_->hand_over(stream_.get_executor(),
                     [self = this->shared_from_this()] { self->handshake(); });
  }
  void drain() override {
    core_->hand_over(stream_.get_executor(), [self = this->shared_from_this()] {
      if (self->queue_)
        self->queue_->close();
      if (self->idle_)
        self->close_now();
    });
  }
  void cut() override {
    core_->hand_over(stream_.get_executor(),
                     [self = this->shared_from_this()] { self->close_now(); });
  }

 private:
  static constexpr std::size_t read_bytes = 65536;
  static constexpr std::size_t lingering_bytes_max = std::size_t{1} << 20;

  // --- coming in -------------------------------------------------------------------------------

  void handshake() {
    if constexpr (is_tls) {
      lowest().expires_after(limits().header_time);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code failed) {
                                if (!failed)
                                  self->wait_for_request(self->limits().header_time);
                              });
    } else {
      wait_for_request(limits().header_time);
    }
  }

  void wait_for_request(std::chrono::milliseconds patience) {
    if (core_->draining)
      return close_now();
    if (buffer_.size() > 0)
      return read_header();
    idle_ = true;
    lowest().expires_after(patience);
    stream_.async_read_some(buffer_.prepare(read_bytes),
                            [self = this->shared_from_this()](error_code failed, std::size_t got) {
                              self->idle_ = false;
                              if (failed)
                                return self->close_now();
                              self->buffer_.commit(got);
                              self->read_header();
                            });
  }

  void read_header() {
    started_ = clock::now();
    pattern_ = {};
    method_ = http_method::other;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits().header_bytes_max));
    // The route decides, once it is known.
    parser_->body_limit(boost::none);
    lowest().expires_after(limits().header_time);
    bhttp::async_read_header(stream_, buffer_, *parser_,
                             [self = this->shared_from_this()](error_code failed, std::size_t) {
                               self->on_header(failed);
                             });
  }

  void on_header(error_code failed) {
    if (failed == bhttp::error::header_limit)
      return refuse(problem_response(431, "the request's header is too long"));
    if (failed &&
        failed.category() == bhttp::make_error_code(bhttp::error::end_of_stream).category() &&
        failed != bhttp::error::end_of_stream && failed != bhttp::error::partial_message)
      return refuse(
          problem_response(400, "this is not a request in HTTP/1.1: " + failed.message()));
    if (failed)
      return close_now();
    const auto& head = parser_->get();
    keep_alive_ = head.keep_alive();
    head_only_ = head.method() == bhttp::verb::head;
    version_ = head.version();
    method_ = method_of(head.method());
    auto request = to_request(head, peer_, is_tls);
    if (!request)
      return refuse(problem_response(400, "the request's target is unreadable"));
    const auto length = parser_->content_length();
    auto verdict = core_->gate.admit(*request, raw_path(head),
                                     length ? std::optional<std::uint64_t>{*length} : std::nullopt);
    if (auto* refusal = std::get_if<http_response>(&verdict)) {
      // What was not read would be taken for the next request.
      const bool has_body = !parser_->is_done() && (length.value_or(0) > 0 || parser_->chunked());
      return has_body ? refuse(std::move(*refusal)) : send(std::move(*refusal));
    }
    const auto& in = std::get<admitted>(verdict);
    to_ = in.to;
    pattern_ = to_->pattern;
    call_.emplace(http_call{std::move(*request), in.who});
    if (parser_->is_done())
      return dispatch();
    parser_->body_limit(to_->options.body_bytes_max);
    if (!hold_body(length ? static_cast<std::size_t>(*length) : 0))
      return refuse_busy();
    body_started_ = clock::now();
    if (beast::iequals(head[bhttp::field::expect], "100-continue"))
      return write_continue();
    read_body();
  }

  void write_continue() {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    lowest().expires_after(limits().header_time);
    asio::async_write(stream_, asio::buffer(go_on.data(), go_on.size()),
                      [self = this->shared_from_this()](error_code failed, std::size_t) {
                        if (failed)
                          return self->close_now();
                        self->read_body();
                      });
  }

  void read_body() {
    // A client may be slow, but each byte buys it only so much time: dripping does not help.
    const auto earned = std::chrono::milliseconds{parser_->get().body().size() * 1000 /
                                                  limits().bytes_per_second_min};
    lowest().expires_at(body_started_ + limits().body_grace + earned);
    bhttp::async_read_some(stream_, buffer_, *parser_,
                           [self = this->shared_from_this()](error_code failed, std::size_t) {
                             self->on_body(failed);
                           });
  }

  void on_body(error_code failed) {
    if (failed == bhttp::error::body_limit)
      return refuse(
          problem_response(413, "the body is larger than this call takes; send it in parts"));
    if (failed)
      return close_now();
    const auto have = parser_->get().body().size();
    if (have > held_ && !hold_body(have - held_))
      return refuse_busy();
    if (!parser_->is_done())
      return read_body();
    call_->request.body = std::move(parser_->get().body());
    dispatch();
  }

  bool hold_body(std::size_t more) {
    if (!core_->take_body_bytes(more))
      return false;
    held_ += more;
    return true;
  }
  void drop_body() { core_->give_body_bytes(std::exchange(held_, 0)); }

  // --- being handled ---------------------------------------------------------------------------

  class answer final : public http_responder::sink {
   public:
    explicit answer(std::shared_ptr<connection> to) : to_{std::move(to)} {}
    void respond(http_response response) override {
      to_->core_->hand_over(
          to_->stream_.get_executor(),
          [to = to_, r = std::move(response)]() mutable { to->send(std::move(r)); });
    }
    std::shared_ptr<http_stream::sink> stream(http_response head, std::string heartbeat) override {
      const std::weak_ptr<connection> weak = to_;
      const auto ask = [weak](void (connection::*what)()) {
        if (const auto c = weak.lock())
          c->core_->hand_over(c->stream_.get_executor(), [c, what] { (c.get()->*what)(); });
      };
      auto queue = std::make_shared<stream_queue>([ask] { ask(&connection::pump_stream); },
                                                  [ask] { ask(&connection::close_now); });
      to_->core_->hand_over(to_->stream_.get_executor(), [to = to_, queue, h = std::move(head),
                                                          beat = std::move(heartbeat)]() mutable {
        to->start_stream(std::move(queue), std::move(h), std::move(beat));
      });
      return std::make_shared<stream_handle>(std::move(queue));
    }

   private:
    std::shared_ptr<connection> to_;
  };

  void dispatch() {
    // How long the handler takes is its business; nothing is read meanwhile.
    lowest().expires_never();
    auto responder =
        std::make_shared<http_responder>(std::make_unique<answer>(this->shared_from_this()));
    auto job = [route = to_, call = std::make_shared<http_call>(std::move(*call_)), responder] {
      if (auto unpacked = unpack_body(call->request, route->options); !unpacked)
        return responder->respond(problem_response(unpacked.err(), call->request.path));
      route->handler(std::move(*call), std::move(*responder));
    };
    call_.reset();
    if (!core_->hooks.run)
      return job();
    if (!core_->hooks.run(std::move(job))) {
      auto busy =
          problem_response(503, "this node has more requests under way than it may; try again");
      busy.headers.set("Retry-After", "1");
      responder->respond(std::move(busy));
    }
  }

  // --- going out -------------------------------------------------------------------------------

  void refuse_busy() {
    auto out = problem_response(503, "this node holds as many request bodies as it may; try again");
    out.headers.set("Retry-After", "1");
    refuse(std::move(out));
  }
  /// Answers and closes, because what is left of the request will not be read.
  void refuse(http_response response) {
    keep_alive_ = false;
    send(std::move(response));
  }

  void send(http_response response) {
    if (core_->draining)
      keep_alive_ = false;
    status_ = response.status;
    const auto size = response.body.size();
    out_.emplace(to_wire(std::move(response), version_, keep_alive_, head_only_));
    lowest().expires_after(limits().write_grace +
                           std::chrono::milliseconds{size * 1000 / limits().bytes_per_second_min});
    bhttp::async_write(stream_, *out_,
                       [self = this->shared_from_this()](error_code failed, std::size_t) {
                         self->on_sent(failed);
                       });
  }

  void on_sent(error_code failed) {
    tell_done();
    drop_body();
    out_.reset();
    if (failed)
      return close_now();
    if (!keep_alive_)
      return close_gently();
    parser_.reset();
    wait_for_request(limits().idle_time);
  }

  void tell_done() {
    if (core_->hooks.done)
      core_->hooks.done({pattern_, method_, status_, clock::now() - started_});
  }

  // --- streaming -------------------------------------------------------------------------------

  void start_stream(std::shared_ptr<stream_queue> queue, http_response head,
                    std::string heartbeat) {
    if (head_only_ || version_ < 11 || core_->draining) {
      queue->end();
      if (!head_only_)
        head = core_->draining ? problem_response(503, "this node is shutting down; ask another")
                               : problem_response(505, "streams need HTTP/1.1");
      return refuse(std::move(head));
    }
    queue_ = std::move(queue);
    heartbeat_ = std::move(heartbeat);
    status_ = head.status;
    drop_body();
    stream_head_.emplace(to_stream_head(head));
    stream_writer_.emplace(*stream_head_);
    // From here on one read and one write are under way at once, and over TLS the read may write
    // too; the stream's own deadline cannot be moved then, so writes get a timer of their own.
    lowest().expires_never();
    watch_client();
    write_with_deadline();
    bhttp::async_write_header(stream_, *stream_writer_,
                              [self = this->shared_from_this()](error_code failed, std::size_t) {
                                self->on_piece_written(failed);
                              });
  }

  /// A client that leaves is noticed by reading; whatever else it sends is ignored.
  void watch_client() {
    stream_.async_read_some(asio::buffer(ignored_),
                            [self = this->shared_from_this()](error_code failed, std::size_t) {
                              if (failed)
                                return self->close_now();
                              if (self->queue_)
                                self->watch_client();
                            });
  }

  void write_with_deadline() {
    writing_ = true;
    timer_.expires_after(limits().write_grace);
    timer_.async_wait([self = this->shared_from_this()](error_code cancelled) {
      if (!cancelled && self->writing_)
        self->close_now();
    });
  }

  void pump_stream() {
    if (!queue_ || writing_)
      return;
    piece_ = queue_->take();
    if (piece_.empty()) {
      if (queue_->finished())
        write_last();
      else
        arm_heartbeat();
      return;
    }
    taken_ = true;
    write_piece();
  }

  void write_piece() {
    write_with_deadline();
    asio::async_write(stream_, bhttp::make_chunk(asio::buffer(piece_)),
                      [self = this->shared_from_this()](error_code failed, std::size_t) {
                        self->on_piece_written(failed);
                      });
  }

  void on_piece_written(error_code failed) {
    writing_ = false;
    if (!queue_)
      return;
    if (std::exchange(taken_, false))
      queue_->taken_is_written();
    if (failed)
      return close_now();
    pump_stream();
  }

  void arm_heartbeat() {
    if (heartbeat_.empty())
      return;
    timer_.expires_after(limits().heartbeat);
    timer_.async_wait([self = this->shared_from_this()](error_code cancelled) {
      if (cancelled || !self->queue_ || self->writing_)
        return;
      self->piece_ = self->heartbeat_;
      self->write_piece();
    });
  }

  void write_last() {
    write_with_deadline();
    asio::async_write(
        stream_, bhttp::make_chunk_last(),
        [self = this->shared_from_this()](error_code, std::size_t) { self->close_now(); });
  }

  void end_stream() {
    timer_.cancel();
    if (auto queue = std::exchange(queue_, nullptr)) {
      tell_done();
      queue->end();
    }
  }

  // --- going away ------------------------------------------------------------------------------

  /// Closing with unread bytes makes the system send a reset that can overtake our answer, so the
  /// rest is read for a moment, bounded in time and bytes.
  void close_gently() {
    if constexpr (is_tls) {
      lowest().expires_after(std::chrono::seconds{2});
      stream_.async_shutdown([self = this->shared_from_this()](error_code) { self->close_now(); });
    } else {
      error_code ignored;
      socket().shutdown(tcp::socket::shutdown_send, ignored);
      lowest().expires_after(std::chrono::seconds{2});
      linger();
    }
  }
  void linger() {
    stream_.async_read_some(asio::buffer(ignored_),
                            [self = this->shared_from_this()](error_code failed, std::size_t got) {
                              self->lingered_ += got;
                              if (failed || self->lingered_ > lingering_bytes_max)
                                return self->close_now();
                              self->linger();
                            });
  }
  void close_now() {
    error_code ignored;
    socket().shutdown(tcp::socket::shutdown_both, ignored);
    lowest().cancel();
    lowest().close();
    end_stream();
  }

  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }
  tcp::socket& socket() { return lowest().socket(); }
  const http_limits& limits() const { return core_->settings.limits; }

  std::shared_ptr<server_core> core_;
  Stream stream_;
  asio::steady_timer timer_; ///< of streams: deadline of a write, or the next heartbeat
  beast::flat_buffer buffer_;
  base::ip_address peer_;

  std::optional<bhttp::request_parser<bhttp::string_body>> parser_;
  std::optional<http_call> call_;
  const route* to_ = nullptr;
  std::string_view pattern_; ///< the route's, which outlives us
  http_method method_ = http_method::other;
  bool idle_ = false;
  bool keep_alive_ = false;
  bool head_only_ = false;
  unsigned version_ = 11;
  std::size_t held_ = 0; ///< body bytes counted with the core
  clock::time_point started_;
  clock::time_point body_started_;

  std::optional<wire_response> out_;
  int status_ = 0;

  std::shared_ptr<stream_queue> queue_;
  std::optional<bhttp::response<bhttp::empty_body>> stream_head_;
  std::optional<bhttp::response_serializer<bhttp::empty_body>> stream_writer_;
  std::string piece_;
  std::string heartbeat_;
  bool writing_ = false;
  bool taken_ = false;
  std::array<char, 4096> ignored_{};
  std::size_t lingered_ = 0;
};

} // namespace vedette::io
