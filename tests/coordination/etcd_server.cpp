#include "tests/coordination/etcd_server.hpp"

#include "base/assert.hpp"
#include "tests/support/catch.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace vedette::io::testing {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

temp_place::temp_place() {
  root_ = (fs::temp_directory_path() / "vedette-coordination-XXXXXX").string();
  VEDETTE_ASSERT(mkdtemp(root_.data()) != nullptr);
}

temp_place::~temp_place() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string temp_place::path(std::string_view name) const {
  return (fs::path{root_} / name).string();
}

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  VEDETTE_ASSERT(bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  socklen_t size = sizeof at;
  getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(fd);
  return ntohs(at.sin_port);
}

const std::string& etcd_program() {
  static const std::string found = [] {
    const char* path = std::getenv("PATH");
    std::string rest = path == nullptr ? "" : path;
    rest += ':';
    for (std::size_t at = 0, end = 0; (end = rest.find(':', at)) != std::string::npos;
         at = end + 1) {
      const auto program = rest.substr(at, end - at) + "/etcd";
      if (access(program.c_str(), X_OK) == 0)
        return program;
    }
    std::puts("SKIPPED: what needs a running etcd; there is none on PATH (Debian's etcd-server)");
    return std::string{};
  }();
  return found;
}

etcd_server::etcd_server(const etcd_tls* tls)
    : tls_{tls}, port_{free_port()}, peer_port_{free_port()} {
  start();
}

etcd_server::etcd_server(std::uint16_t port, std::uint16_t peer_port)
    : tls_{nullptr}, port_{port}, peer_port_{peer_port} {
  start();
}

etcd_server::~etcd_server() {
  kill_now();
}

std::string etcd_server::url() const {
  return fmt::format("{}://127.0.0.1:{}", tls_ == nullptr ? "http" : "https", port_);
}

void etcd_server::start(bool ready) {
  const auto peer = fmt::format("http://127.0.0.1:{}", peer_port_);
  std::vector<std::string> args{etcd_program(),
                                "--name=t",
                                "--data-dir=" + place_.path("data"),
                                "--listen-client-urls=" + url(),
                                "--advertise-client-urls=" + url(),
                                "--listen-peer-urls=" + peer,
                                "--initial-advertise-peer-urls=" + peer,
                                "--initial-cluster=t=" + peer,
                                "--heartbeat-interval=50",
                                "--election-timeout=500",
                                "--bcrypt-cost=4",
                                "--logger=zap",
                                "--log-level=error"};
  if (tls_ != nullptr) {
    args.push_back("--cert-file=" + tls_->certificate);
    args.push_back("--key-file=" + tls_->key);
    args.push_back("--trusted-ca-file=" + tls_->authority);
    args.emplace_back("--client-cert-auth");
  }
  std::vector<char*> raw;
  for (auto& a : args)
    raw.push_back(a.data());
  raw.push_back(nullptr);
  const auto log = place_.path("log");
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that aborts leaves nothing behind
    const int out = ::open(log.c_str(), O_CREAT | O_APPEND | O_WRONLY, 0600);
    dup2(out, 1);
    dup2(out, 2);
    execv(raw[0], raw.data());
    _exit(127);
  }
  REQUIRE(pid_ > 0);
  // With TLS the test's own certificates decide who is served.
  ready = ready && tls_ == nullptr;
  for (const auto end = std::chrono::steady_clock::now() + 20s;;) {
    if (ready) {
      const auto said = call("/v3/kv/range", R"({"key":"AA=="})");
      if (said.find("header") != std::string::npos ||
          said.find("user name is empty") != std::string::npos)
        return;
    } else {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in at{};
      at.sin_family = AF_INET;
      at.sin_port = htons(port_);
      at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const bool listens = connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
      ::close(fd);
      if (listens)
        return;
    }
    if (std::chrono::steady_clock::now() > end)
      FAIL("etcd does not serve");
    std::this_thread::sleep_for(10ms);
  }
}

void etcd_server::kill_now() {
  if (pid_ <= 0)
    return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void etcd_server::stop() {
  ::kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void etcd_server::pause(bool on) {
  ::kill(pid_, on ? SIGSTOP : SIGCONT);
}

void etcd_server::lose_data() {
  kill_now();
  fs::remove_all(place_.path("data"));
  start();
}

void etcd_server::save_data() {
  stop();
  fs::remove_all(place_.path("saved"));
  fs::copy(place_.path("data"), place_.path("saved"), fs::copy_options::recursive);
  start();
}

void etcd_server::restore_data() {
  kill_now();
  fs::remove_all(place_.path("data"));
  fs::copy(place_.path("saved"), place_.path("data"), fs::copy_options::recursive);
  start();
}

std::string etcd_server::call(const std::string& path, const std::string& body,
                              const std::string& token) const {
  std::string answer;
  CURL* h = curl_easy_init();
  const auto where = url() + path;
  curl_easy_setopt(h, CURLOPT_URL, where.c_str());
  curl_easy_setopt(h, CURLOPT_PROXY, "");
  curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, 2000L);
  if (tls_ != nullptr) {
    curl_easy_setopt(h, CURLOPT_CAINFO, tls_->authority.c_str());
    curl_easy_setopt(h, CURLOPT_SSLCERT, tls_->certificate.c_str());
    curl_easy_setopt(h, CURLOPT_SSLKEY, tls_->key.c_str());
  }
  curl_slist* headers = nullptr;
  if (!token.empty())
    headers = curl_slist_append(headers, ("Authorization: " + token).c_str());
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(
      h, CURLOPT_WRITEFUNCTION,
      +[](char* data, std::size_t size, std::size_t n, void* to) -> std::size_t {
        static_cast<std::string*>(to)->append(data, size * n);
        return size * n;
      });
  curl_easy_setopt(h, CURLOPT_WRITEDATA, static_cast<void*>(&answer));
  curl_easy_perform(h);
  curl_slist_free_all(headers);
  curl_easy_cleanup(h);
  return answer;
}

} // namespace vedette::io::testing
