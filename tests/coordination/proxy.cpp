#include "tests/coordination/proxy.hpp"

#include "base/assert.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vedette::io::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto n = ::send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

} // namespace

struct proxy::pair {
  int client = -1, server = -1;

  pair(int c, int s) : client{c}, server{s} {
    const int on = 1;
    for (const int fd : {client, server})
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~pair() {
    ::close(client);
    ::close(server);
  }
  pair(const pair&) = delete;
  pair& operator=(const pair&) = delete;

  /// False when the pair is over.
  [[nodiscard]] bool forward(int from, int to, bool lose) const {
    char bytes[65536];
    const auto n = ::recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n <= 0)
      return n < 0 && (errno == EAGAIN || errno == EINTR);
    return !lose && send_all(to, bytes, static_cast<std::size_t>(n));
  }
};

proxy::proxy(std::uint16_t target)
    : target_{target}, listening_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  auto at = loopback(0);
  VEDETTE_ASSERT(bind(listening_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  VEDETTE_ASSERT(listen(listening_, 64) == 0);
  socklen_t size = sizeof at;
  getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &size);
  port_ = ntohs(at.sin_port);
  thread_ = std::thread{[this] { run(); }};
}

proxy::~proxy() {
  stop_ = true;
  thread_.join();
  ::close(listening_);
}

void proxy::set(way w) {
  way_ = w;
  turn();
}

void proxy::drop() {
  drop_ = true;
  turn();
}

/// Until the thread has looked twice: once may have begun before.
void proxy::turn() {
  for (const auto until = turns_ + 2; turns_ < until;)
    std::this_thread::yield();
}

void proxy::run() {
  while (!stop_) {
    ++turns_;
    const auto now = way_.load();
    if (drop_.exchange(false) || now == way::refusing)
      pairs_.clear();
    std::vector<pollfd> watched{{listening_, POLLIN, 0}};
    if (now != way::hole)
      for (const auto& p : pairs_) {
        watched.push_back({p->client, POLLIN, 0});
        watched.push_back({p->server, POLLIN, 0});
      }
    if (::poll(watched.data(), watched.size(), 2) <= 0)
      continue;
    for (std::size_t i = 1; i < watched.size(); i += 2) {
      auto& p = pairs_[(i - 1) / 2];
      if ((watched[i].revents != 0 && !p->forward(p->client, p->server, false)) ||
          (watched[i + 1].revents != 0 &&
           !p->forward(p->server, p->client, now == way::losing_answers)))
        p.reset();
    }
    std::erase(pairs_, nullptr);
    if (watched[0].revents == 0)
      continue;
    const int client = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto at = loopback(target_);
    auto made = std::make_unique<pair>(client, server);
    if (connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0)
      pairs_.push_back(std::move(made));
  }
}

} // namespace vedette::io::testing
