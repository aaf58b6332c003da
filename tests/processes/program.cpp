#include "tests/processes/program.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace vedette::test {

namespace {

using namespace std::chrono_literals;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

int start(const std::vector<std::string>& words, const std::filesystem::path& out,
          const std::filesystem::path& err,
          const std::vector<std::pair<std::string, std::string>>& environment) {
  const int pid = fork();
  if (pid != 0)
    return pid;
  const auto to = [](const std::filesystem::path& path, int fd) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(file, fd);
  };
  to(out, STDOUT_FILENO);
  to(err, STDERR_FILENO);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  for (const auto& [name, value] : environment)
    setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> args;
  for (const auto& w : words)
    args.push_back(const_cast<char*>(w.c_str()));
  args.push_back(nullptr);
  execv(args[0], args.data());
  _exit(127);
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The most memory a process ever had; 0 when it is gone. What wait4() tells is no such figure: it
/// holds what the child was before it became the program, a copy of the test.
std::uint64_t peak_rss_of(int pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string word; in >> word;)
    if (word == "VmHWM:") {
      std::uint64_t kilobytes = 0;
      in >> kilobytes;
      return kilobytes * 1024;
    }
  return 0;
}

} // namespace

std::string program(const std::string& name) {
  const char* folder = std::getenv("VEDETTE_BIN_DIR");
  if (folder == nullptr)
    throw std::runtime_error{"VEDETTE_BIN_DIR is not set: run the tests with ctest or ./dev test"};
  return std::string{folder} + "/" + name;
}

std::uint64_t from_environment(const char* name, std::uint64_t usual) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : usual;
}

std::optional<std::filesystem::path> shared_data() {
  std::filesystem::path where;
  if (const char* given = std::getenv("VEDETTE_SHARED_DATA"))
    where = given;
  else if (const char* source = std::getenv("VEDETTE_SOURCE_DIR"))
    where = std::filesystem::path{source} / ".." / "shared" / "data";
  if (!where.empty() && std::filesystem::is_directory(where))
    return where;
  return std::nullopt;
}

finished run(const std::vector<std::string>& words, std::chrono::seconds patience,
             const std::vector<std::pair<std::string, std::string>>& environment) {
  const scratch files;
  const int pid = start(words, files.path("out"), files.path("err"), environment);
  const auto until = std::chrono::steady_clock::now() + patience;
  int status = 0;
  std::uint64_t peak = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (const auto now = peak_rss_of(pid); now > 0)
      peak = now; // the last, not the largest: before exec it is the test's own
    if (std::chrono::steady_clock::now() > until) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      break;
    }
    std::this_thread::sleep_for(5ms);
  }
  return {code_of(status), read_file(files.path("out")), read_file(files.path("err")), peak};
}

child::child(const std::vector<std::string>& words, std::filesystem::path log,
             const std::vector<std::pair<std::string, std::string>>& environment)
    : log_{std::move(log)} {
  pid_ = start(words, log_, log_, environment);
}

child::~child() {
  if (running()) {
    signal(SIGKILL);
    (void)wait(10s);
  }
}

void child::signal(int number) const {
  if (pid_ > 0 && !code_)
    kill(pid_, number);
}

std::uint64_t child::peak_rss_bytes() const {
  return peak_rss_of(pid_);
}

std::optional<int> child::wait(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!code_) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_)
      code_ = code_of(status);
    else if (std::chrono::steady_clock::now() > until)
      return std::nullopt;
    else
      std::this_thread::sleep_for(2ms);
  }
  return code_;
}

bool child::running() {
  return !wait(0ms);
}

std::string child::log() const {
  return read_file(log_);
}

bool child::says(const std::string& text, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (log().find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > until || !running())
      return log().find(text) != std::string::npos;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

scratch::scratch() {
  auto name = (std::filesystem::temp_directory_path() / "vedette-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::runtime_error{"cannot make a folder for the test"};
  folder_ = name;
}

scratch::~scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::unique_ptr<small_disk> small_disk::make(const std::string& folder, std::size_t megabytes) {
  std::filesystem::create_directories(folder);
  const auto options = "size=" + std::to_string(megabytes) + "m";
  if (mount("none", folder.c_str(), "tmpfs", 0, options.c_str()) != 0)
    return nullptr;
  return std::unique_ptr<small_disk>{new small_disk{folder}};
}

small_disk::~small_disk() {
  umount2(folder_.c_str(), MNT_DETACH);
}

bool small_disk::grow(std::size_t megabytes) const {
  const auto options = "size=" + std::to_string(megabytes) + "m";
  return mount("none", folder_.c_str(), "tmpfs", MS_REMOUNT, options.c_str()) == 0;
}

disk_filler::disk_filler(std::string path) : path_{std::move(path)} {
  std::ofstream out{path_, std::ios::binary};
  const std::string piece(4096, 'x');
  while (out.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush())
    ;
}

disk_filler::~disk_filler() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

std::uint16_t free_port() {
  // Other tests of this machine begin elsewhere.
  static std::uint16_t next = static_cast<std::uint16_t>(15'000 + getpid() % 1'500 * 10);
  for (int tried = 0; tried < 5'000; ++tried) {
    next = next >= 31'900 ? std::uint16_t{15'000} : static_cast<std::uint16_t>(next + 1);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(next);
    const bool taken = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0;
    close(fd);
    if (!taken)
      return next;
  }
  throw std::runtime_error{"no free port between 15000 and 31900"};
}

std::string http_exchange(std::uint16_t port, const std::string& bytes) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const timeval patience{30, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::string out;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    // A server may answer and close before it has read everything.
    for (std::size_t at = 0; at < bytes.size();) {
      const auto n = send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (n <= 0)
        break;
      at += static_cast<std::size_t>(n);
    }
    char buffer[4096];
    for (auto n = recv(fd, buffer, sizeof buffer, 0); n > 0; n = recv(fd, buffer, sizeof buffer, 0))
      out.append(buffer, static_cast<std::size_t>(n));
  }
  close(fd);
  return out;
}

int http_status(std::uint16_t port, const std::string& path) {
  const auto answer =
      http_exchange(port, "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                              "\r\nConnection: close\r\n\r\n");
  return answer.starts_with("HTTP/1.1 ") ? std::atoi(answer.c_str() + 9) : 0;
}

std::vector<std::pair<std::string, std::string>> node_address::environment() const {
  const auto at = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  return {{"VEDETTE_HTTP_LISTEN", at(http)},
          {"VEDETTE_INGEST_LISTEN", at(ingest)},
          {"VEDETTE_ALERTS_LISTEN", at(alerts)}};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out{path, std::ios::binary};
  out << text;
}

std::string member(const std::string& line, const std::string& name) {
  const auto key = "\"" + name + "\":\"";
  const auto at = line.find(key);
  if (at == std::string::npos)
    return {};
  const auto from = at + key.size();
  return line.substr(from, line.find('"', from) - from);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    if (!line.empty())
      out.push_back(line);
  return out;
}

} // namespace vedette::test
