#include "nodes/measure/node_process.hpp"

#include "io/files/text_file.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace vedette::measure {

namespace {

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

} // namespace

base::result<std::unique_ptr<io::collector>> connect(const std::vector<std::string>& sinks,
                                                     const std::string& source) {
  io::collector_settings settings;
  settings.endpoints = sinks;
  settings.source = source;
  auto out = std::make_unique<io::collector>(settings);
  if (auto ok = out->connect(std::chrono::seconds{30}); !ok)
    return ok.err();
  return out;
}

base::status send_all(io::collector& to, const data_set& data) {
  std::vector<std::string_view> batch;
  for (std::size_t i = 0; i < data.records.size(); ++i) {
    batch.push_back(
        std::string_view{data.text}.substr(data.records[i].first, data.records[i].second));
    if (batch.size() == batch_records || i + 1 == data.records.size()) {
      if (auto ok = to.send(batch); !ok)
        return ok;
      batch.clear();
    }
  }
  return to.finish(std::chrono::seconds{120});
}

base::status node_process::start(const std::string& program) {
  if (::access(program.c_str(), X_OK) != 0)
    return base::error{base::ec::not_found,
                       fmt::format("starting {}: it is not there; build vedetted", program)};
  auto name = (std::filesystem::temp_directory_path() / "vedette-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return base::error{base::ec::io, fmt::format("making {}: not possible", name)};
  folder_ = name;
  http_port_ = free_port();
  ingest_port_ = free_port();
  pid_ = ::fork();
  if (pid_ != 0)
    return {};
  ::setenv("VEDETTE_HTTP_LISTEN", fmt::format("127.0.0.1:{}", http_port_).c_str(), 1);
  ::setenv("VEDETTE_INGEST_LISTEN", fmt::format("127.0.0.1:{}", ingest_port_).c_str(), 1);
  ::setenv("VEDETTE_ALERTS_LISTEN", "off", 1);
  const int log = ::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(log, STDERR_FILENO);
  const auto data = folder_ + "/data";
  ::execl(program.c_str(), program.c_str(), "--data-dir", data.c_str(),
          static_cast<char*>(nullptr));
  ::_exit(127);
}

node_process::~node_process() {
  end();
  std::error_code ignored;
  if (!folder_.empty())
    std::filesystem::remove_all(folder_, ignored);
}

std::string node_process::ingest() const {
  return fmt::format("tcp://127.0.0.1:{}", ingest_port_);
}

std::string node_process::http() const {
  return fmt::format("http://127.0.0.1:{}", http_port_);
}

base::result<std::string> node_process::authorization() const {
  auto token = io::read_text(folder_ + "/data/admin.token", 4096);
  if (!token)
    return token.err();
  while (!token->empty() && token->back() == '\n')
    token->pop_back();
  return "Bearer " + *token;
}

double node_process::cpu_seconds() const {
  auto text = io::read_text(fmt::format("/proc/{}/stat", pid_), 4096);
  if (!text)
    return 0;
  // Fields 14 and 15 behind the name, which may hold anything and ends with the last ')'.
  auto rest = text->substr(text->rfind(')') + 2);
  long utime = 0, stime = 0;
  std::sscanf(rest.c_str(), "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &utime, &stime);
  return static_cast<double>(utime + stime) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t node_process::bytes_written() const {
  auto text = io::read_text(fmt::format("/proc/{}/io", pid_), 4096);
  if (!text)
    return 0;
  const auto at = text->find("write_bytes: ");
  return at == std::string::npos ? 0 : std::strtoull(text->c_str() + at + 13, nullptr, 10);
}

rusage node_process::end() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::wait4(pid_, &status, 0, &used_);
    pid_ = -1;
  }
  return used_;
}

} // namespace vedette::measure
