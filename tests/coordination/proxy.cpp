#include "tests/coordination/proxy.hpp"

#include "base/assert.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace vedette::io::testing {
namespace {

sockaddr_in loopback_address(std::uint16_t port) {
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

/// Whether that process has an open connection from this port of the loopback.
bool has_port(int pid, std::uint16_t port) {
  std::ifstream table{"/proc/net/tcp"};
  std::string line, inode;
  char wanted[16];
  std::snprintf(wanted, sizeof wanted, "0100007F:%04X", port);
  while (inode.empty() && std::getline(table, line)) {
    std::istringstream in{line};
    std::string slot, local, skip;
    in >> slot >> local;
    if (local != wanted)
      continue;
    for (int i = 0; i < 7; ++i)
      in >> skip;
    in >> inode;
  }
  if (inode.empty())
    return false;
  std::error_code gone;
  const auto of = "/proc/" + std::to_string(pid) + "/fd";
  for (std::filesystem::directory_iterator at{of, gone}, end; !gone && at != end;
       at.increment(gone))
    if (std::filesystem::read_symlink(at->path(), gone) == "socket:[" + inode + "]")
      return true;
  return false;
}

} // namespace

struct proxy::pair {
  int client = -1, server = -1;
  std::uint16_t port = 0; ///< the client's
  bool said_is_lost = false, told_is_lost = false;

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
  auto at = loopback_address(0);
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

void proxy::lose(int pid, bool said, bool told) {
  {
    const std::lock_guard hold{mutex_};
    std::erase_if(losses_, [pid](const loss& l) { return l.pid == pid; });
    losses_.push_back({pid, said, told});
  }
  judge_ = true;
  turn();
}

void proxy::lose_nothing() {
  {
    const std::lock_guard hold{mutex_};
    losses_.clear();
  }
  judge_ = true;
  turn();
}

proxy::loss proxy::loss_of(std::uint16_t port) const {
  const std::lock_guard hold{mutex_};
  for (const auto& l : losses_)
    if (has_port(l.pid, port))
      return l;
  return {0, false, false};
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
    if (judge_.exchange(false))
      for (const auto& p : pairs_) {
        const auto l = loss_of(p->port);
        p->said_is_lost = l.said;
        p->told_is_lost = l.told;
      }
    std::vector<pollfd> watched{{listening_, POLLIN, 0}};
    if (now != way::hole)
      for (const auto& p : pairs_) { // a negative one is not looked at
        watched.push_back({p->said_is_lost ? -1 : p->client, POLLIN, 0});
        watched.push_back({p->told_is_lost ? -1 : p->server, POLLIN, 0});
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
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const int client = accept4(listening_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto at = loopback_address(target_);
    auto made = std::make_unique<pair>(client, server);
    made->port = ntohs(from.sin_port);
    const auto l = loss_of(made->port);
    made->said_is_lost = l.said;
    made->told_is_lost = l.told;
    if (connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0)
      pairs_.push_back(std::move(made));
  }
}

} // namespace vedette::io::testing
