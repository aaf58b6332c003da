#include "io/http/beast_connection.hpp"
#include "io/http/server.hpp"

#include "base/ip_address.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <thread>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

base::error listen_error(const http_server_settings& s, const beast::error_code& why) {
  ec code = ec::io;
  std::string_view advice = "check http.address";
  if (why == asio::error::address_in_use) {
    code = ec::conflict;
    advice = "another process holds the port: stop it or choose another";
  } else if (why == asio::error::access_denied) {
    code = ec::denied;
    advice = "ports below 1024 need a privilege: choose a higher one";
  }
  return error{code, fmt::format("listening for HTTP on {}:{}: {}; {}", s.address, s.port,
                                 why.message(), advice)};
}

} // namespace

struct http_server::impl : std::enable_shared_from_this<http_server::impl> {
  impl(http_server_settings s, http_router r, http_hooks h)
      : core{std::make_shared<server_core>(std::move(s), std::move(r), std::move(h))},
        acceptor{core->io}, pause{core->io} {}

  base::status set_up_tls() {
    const auto& s = core->settings;
    if (s.certificate_file.empty() != s.key_file.empty())
      return error{ec::invalid_argument,
                   "starting HTTPS: give both a certificate and its key, or neither"};
    if (s.certificate_file.empty())
      return {};
    tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    beast::error_code failed;
    tls->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, failed);
    tls->use_certificate_chain_file(s.certificate_file, failed);
    if (failed)
      return error{ec::unreadable,
                   fmt::format("reading the certificate {}: {}; it must be a PEM chain, the "
                               "node's own first",
                               s.certificate_file, failed.message())};
    tls->use_private_key_file(s.key_file, asio::ssl::context::pem, failed);
    if (failed)
      return error{ec::unreadable,
                   fmt::format("reading the key {}: {}; it must be the PEM key of that "
                               "certificate",
                               s.key_file, failed.message())};
    return {};
  }

  base::status listen() {
    const auto& s = core->settings;
    beast::error_code failed;
    const auto address = asio::ip::make_address(s.address, failed);
    if (failed)
      return error{ec::invalid_argument,
                   fmt::format("listening for HTTP on '{}': not an IP address", s.address)};
    if (!address.is_loopback() && !tls)
      return error{
          ec::invalid_argument,
          fmt::format(
              "listening for HTTP on {}: off loopback tokens must not travel in the clear; set "
              "http.tls.certificate and http.tls.key",
              s.address)};
    const tcp::endpoint where{address, s.port};
    acceptor.open(where.protocol(), failed);
    if (!failed)
      acceptor.set_option(asio::socket_base::reuse_address{true}, failed);
    if (!failed)
      acceptor.bind(where, failed);
    if (!failed)
      acceptor.listen(asio::socket_base::max_listen_connections, failed);
    if (failed)
      return listen_error(s, failed);
    bound_port = acceptor.local_endpoint(failed).port();
    return {};
  }

  void accept() {
    acceptor.async_accept(
        asio::make_strand(core->io),
        [self = shared_from_this()](beast::error_code failed, tcp::socket socket) {
          self->on_accept(failed, std::move(socket));
        });
  }

  void on_accept(beast::error_code failed, tcp::socket socket) {
    if (core->draining)
      return;
    if (failed) {
      // Out of descriptors, most likely: accepting again at once would spin.
      spdlog::warn("accepting an HTTP connection: {}", failed.message());
      pause.expires_after(std::chrono::milliseconds{100});
      pause.async_wait([self = shared_from_this()](beast::error_code cancelled) {
        if (!cancelled && !self->core->draining)
          self->accept();
      });
      return;
    }
    if (core->size() < core->settings.limits.connections_max)
      open(std::move(socket));
    accept();
  }

  void open(tcp::socket socket) {
    beast::error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    socket.set_option(asio::socket_base::keep_alive{true}, ignored);
    if (tls) {
      auto c = std::make_shared<connection<beast::ssl_stream<beast::tcp_stream>>>(
          core, std::move(socket), *tls);
      core->enter(c);
      c->start();
    } else {
      auto c = std::make_shared<connection<beast::tcp_stream>>(core, std::move(socket));
      core->enter(c);
      c->start();
    }
  }

  void run() {
    for (;;) {
      try {
        core->io.run();
        return;
      } catch (const std::exception& e) {
        // A handler that throws breaks its contract; the connection is lost, the node is not.
        spdlog::error("an HTTP handler threw: {}", e.what());
      }
    }
  }

  void stop_accepting() {
    core->draining = true;
    asio::post(core->io, [self = shared_from_this()] {
      beast::error_code ignored;
      self->acceptor.close(ignored);
      self->pause.cancel();
    });
    for (const auto& c : core->all())
      c->drain();
  }

  std::shared_ptr<server_core> core;
  std::unique_ptr<asio::ssl::context> tls;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::uint16_t bound_port = 0;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;
};

http_server::http_server(http_server_settings settings, http_router router, http_hooks hooks) {
  beast::error_code ignored;
  const auto address = asio::ip::make_address(settings.address, ignored);
  settings.hosts.loopback = !ignored && address.is_loopback();
  const bool asks_token = std::any_of(router.routes().begin(), router.routes().end(),
                                      [](const route& r) { return !r.options.roles.empty(); });
  VEDETTE_ASSERT(!asks_token || hooks.authenticate);
  VEDETTE_ASSERT(settings.threads > 0);
  impl_ = std::make_shared<impl>(std::move(settings), std::move(router), std::move(hooks));
}

http_server::~http_server() {
  stop();
}

base::status http_server::start() {
  VEDETTE_ASSERT(impl_->threads.empty() && !impl_->core->draining);
  if (auto done = impl_->set_up_tls(); !done)
    return done;
  if (auto done = impl_->listen(); !done)
    return done;
  impl_->work.emplace(impl_->core->io.get_executor());
  impl_->accept();
  for (int i = 0; i < impl_->core->settings.threads; ++i)
    impl_->threads.emplace_back([self = impl_] { self->run(); });
  return {};
}

std::uint16_t http_server::port() const {
  return impl_->bound_port;
}
std::size_t http_server::connections() const {
  return impl_->core->size();
}

bool http_server::drain(std::chrono::milliseconds patience) {
  if (impl_->threads.empty())
    return true;
  impl_->stop_accepting();
  return impl_->core->wait_until_none(patience);
}

void http_server::stop() {
  if (impl_->threads.empty())
    return;
  impl_->stop_accepting();
  for (const auto& c : impl_->core->all())
    c->cut();
  impl_->core->refuse_handing_over();
  impl_->work.reset();
  for (auto& t : impl_->threads)
    t.join();
  impl_->threads.clear();
}

} // namespace vedette::io
