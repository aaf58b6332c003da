#include "tests/coordination/proxy.hpp"

#include "base/assert.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>
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

/// One direction of a connection: what came and is not due yet.
struct flow {
  using steady = std::chrono::steady_clock;
  struct piece {
    steady::time_point due;
    std::string bytes;
  };

  std::chrono::milliseconds delay{0};
  std::size_t bytes_per_second = 0;
  std::deque<piece> held;
  std::size_t held_bytes = 0;
  steady::time_point line_free{}; ///< the last byte has left the sender's end

  [[nodiscard]] bool is_slow() const { return delay.count() > 0 || bytes_per_second > 0; }
  /// What fits on the line, and a little that waits before it.
  [[nodiscard]] bool has_room() const {
    constexpr std::size_t at_least = std::size_t{256} << 10;
    const auto on_line =
        bytes_per_second * static_cast<std::size_t>(delay.count() + 100) / std::size_t{1000};
    return held_bytes < std::max(at_least, on_line);
  }
  void take(std::string bytes, steady::time_point now) {
    line_free = std::max(line_free, now);
    if (bytes_per_second > 0)
      line_free += std::chrono::microseconds{bytes.size() * 1'000'000 / bytes_per_second};
    held_bytes += bytes.size();
    held.push_back({line_free + delay, std::move(bytes)});
  }
  /// False when the other side is gone.
  bool give(int to, steady::time_point now) {
    while (!held.empty() && (held.front().due <= now || !is_slow())) {
      if (!send_all(to, held.front().bytes.data(), held.front().bytes.size()))
        return false;
      held_bytes -= held.front().bytes.size();
      held.pop_front();
    }
    return true;
  }
};

struct proxy::pair {
  int client = -1, server = -1;
  std::uint16_t port = 0; ///< the client's
  bool said_is_lost = false, told_is_lost = false;
  flow said, told;

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
  [[nodiscard]] static bool forward(int from, int to, flow& by, bool lose) {
    char bytes[65536];
    const auto n = ::recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n <= 0)
      return n < 0 && (errno == EAGAIN || errno == EINTR);
    if (lose)
      return false;
    if (!by.is_slow() && by.held.empty())
      return send_all(to, bytes, static_cast<std::size_t>(n));
    by.take(std::string(bytes, static_cast<std::size_t>(n)), flow::steady::now());
    return true;
  }
  [[nodiscard]] bool give_due() {
    const auto now = flow::steady::now();
    return said.give(server, now) && told.give(client, now);
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

void proxy::slow(int pid, pace p) {
  {
    const std::lock_guard hold{mutex_};
    std::erase_if(slow_, [pid](const slowness& s) { return s.pid == pid; });
    slow_.push_back({pid, p});
  }
  judge_ = true;
  turn();
}

void proxy::hurry() {
  {
    const std::lock_guard hold{mutex_};
    slow_.clear();
  }
  judge_ = true;
  turn();
}

pace proxy::pace_of(std::uint16_t port) const {
  const std::lock_guard hold{mutex_};
  for (const auto& s : slow_)
    if (s.pid == 0 || has_port(s.pid, port))
      return s.how;
  return {};
}

void proxy::judge(pair& p) const {
  const auto l = loss_of(p.port);
  p.said_is_lost = l.said;
  p.told_is_lost = l.told;
  const auto how = pace_of(p.port);
  p.said.delay = how.said;
  p.told.delay = how.told;
  p.said.bytes_per_second = p.told.bytes_per_second = how.bytes_per_second;
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
      for (const auto& p : pairs_)
        judge(*p);
    std::vector<pollfd> watched{{listening_, POLLIN, 0}};
    if (now != way::hole)
      for (const auto& p : pairs_) { // a negative one is not looked at
        watched.push_back({p->said_is_lost || !p->said.has_room() ? -1 : p->client, POLLIN, 0});
        watched.push_back({p->told_is_lost || !p->told.has_room() ? -1 : p->server, POLLIN, 0});
      }
    const bool any = ::poll(watched.data(), watched.size(), 2) > 0;
    for (std::size_t i = 1; i < watched.size(); i += 2) {
      auto& p = pairs_[(i - 1) / 2];
      if (!p->give_due() ||
          (watched[i].revents != 0 && !pair::forward(p->client, p->server, p->said, false)) ||
          (watched[i + 1].revents != 0 &&
           !pair::forward(p->server, p->client, p->told, now == way::losing_answers)))
        p.reset();
    }
    std::erase(pairs_, nullptr);
    if (!any || watched[0].revents == 0)
      continue;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const int client = accept4(listening_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto at = loopback_address(target_);
    auto made = std::make_unique<pair>(client, server);
    made->port = ntohs(from.sin_port);
    judge(*made);
    if (connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0)
      pairs_.push_back(std::move(made));
  }
}

} // namespace vedette::io::testing
