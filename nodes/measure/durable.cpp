#include "io/files/text_file.hpp"
#include "io/http/client.hpp"
#include "io/zmq/collector.hpp"
#include "nodes/measure/stages.hpp"
#include "nodes/server/api/json.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace vedette::measure {

namespace {

using namespace std::chrono_literals;

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

/// A node of the measurement's own: its folder and its process, both gone with it.
class node_process {
 public:
  node_process(const std::string& program, std::uint16_t http, std::uint16_t ingest) {
    auto name = (std::filesystem::temp_directory_path() / "vedette-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      return;
    folder_ = name;
    pid_ = ::fork();
    if (pid_ != 0)
      return;
    ::setenv("VEDETTE_HTTP_LISTEN", fmt::format("127.0.0.1:{}", http).c_str(), 1);
    ::setenv("VEDETTE_INGEST_LISTEN", fmt::format("127.0.0.1:{}", ingest).c_str(), 1);
    ::setenv("VEDETTE_ALERTS_LISTEN", "off", 1);
    const int log = ::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT, 0600);
    ::dup2(log, STDERR_FILENO);
    const auto data = folder_ + "/data";
    ::execl(program.c_str(), program.c_str(), "--data-dir", data.c_str(),
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ~node_process() {
    end();
    std::error_code ignored;
    if (!folder_.empty())
      std::filesystem::remove_all(folder_, ignored);
  }
  node_process(const node_process&) = delete;
  node_process& operator=(const node_process&) = delete;

  [[nodiscard]] int pid() const noexcept { return pid_; }
  [[nodiscard]] std::string path(const char* name) const { return folder_ + "/" + name; }

  rusage end() {
    if (pid_ > 0) {
      ::kill(pid_, SIGTERM);
      int status = 0;
      ::wait4(pid_, &status, 0, &used_);
      pid_ = -1;
    }
    return used_;
  }

 private:
  std::string folder_;
  int pid_ = -1;
  rusage used_{};
};

double cpu_of(int pid) {
  auto text = io::read_text(fmt::format("/proc/{}/stat", pid), 4096);
  if (!text)
    return 0;
  // Fields 14 and 15 behind the name, which may hold anything and ends with the last ')'.
  auto rest = text->substr(text->rfind(')') + 2);
  long utime = 0, stime = 0;
  std::sscanf(rest.c_str(), "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &utime, &stime);
  return static_cast<double>(utime + stime) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t written_by(int pid) {
  auto text = io::read_text(fmt::format("/proc/{}/io", pid), 4096);
  if (!text)
    return 0;
  const auto at = text->find("write_bytes: ");
  return at == std::string::npos ? 0 : std::strtoull(text->c_str() + at + 13, nullptr, 10);
}

} // namespace

base::result<durable_stage> durable(const data_set& data, const std::string& program) {
  if (::access(program.c_str(), X_OK) != 0)
    return base::error{base::ec::not_found,
                       fmt::format("starting {}: it is not there; build vedetted", program)};
  const auto http = free_port(), ingest = free_port();
  node_process node{program, http, ingest};
  io::collector_settings settings;
  settings.endpoints = {fmt::format("tcp://127.0.0.1:{}", ingest)};
  settings.source = "bench";
  io::collector collector{settings};
  if (auto ok = collector.connect(30s); !ok)
    return ok.err();
  durable_stage out;
  out.cost = {"durable", 0, data.bytes(), 0};
  const double cpu_before = cpu_of(node.pid());
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::string_view> batch;
  for (std::size_t i = 0; i < data.records.size(); ++i) {
    batch.push_back(
        std::string_view{data.text}.substr(data.records[i].first, data.records[i].second));
    if (batch.size() == 250 || i + 1 == data.records.size()) {
      if (auto ok = collector.send(batch); !ok)
        return ok.err();
      batch.clear();
    }
  }
  if (auto ok = collector.finish(120s); !ok)
    return ok.err();
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  out.cost.events = collector.totals().accepted;
  out.cost.cpu_seconds = cpu_of(node.pid()) - cpu_before;
  out.kernel_bytes = written_by(node.pid());
  auto token = io::read_text(node.path("data/admin.token"), 4096);
  if (!token)
    return token.err();
  while (!token->empty() && token->back() == '\n')
    token->pop_back();
  io::http_client client;
  io::http_call_options call;
  call.headers.set("Authorization", "Bearer " + *token);
  auto status = client.get(fmt::format("http://127.0.0.1:{}/v1/status", http), call);
  if (!status)
    return status.err();
  auto json = server::json_document::parse(status->body, "the node's status");
  if (!json)
    return json.err();
  out.bytes_written = server::number_at(json->root(), "committer.bytes_written");
  out.peak_rss_bytes = static_cast<std::uint64_t>(node.end().ru_maxrss) * 1024;
  return out;
}

} // namespace vedette::measure
