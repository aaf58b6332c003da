#include "tests/processes/cluster.hpp"

#include "tests/processes/final_alerts.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace vedette::test {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(std::string_view text) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    held = held << 8U | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6)
      out += alphabet[held >> static_cast<unsigned>(bits - 6) & 63U];
  }
  if (bits > 0)
    out += alphabet[held << static_cast<unsigned>(6 - bits) & 63U];
  while (out.size() % 4 != 0)
    out += '=';
  return out;
}

std::string from_base64(std::string_view text) {
  const std::string_view known{alphabet};
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const auto at = known.find(c);
    if (at == std::string_view::npos)
      break;
    held = held << 6U | static_cast<std::uint32_t>(at);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(held >> static_cast<unsigned>(bits) & 255U);
    }
  }
  return out;
}

std::string text_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The last lines of a text.
std::string tail(const std::string& text, std::size_t lines) {
  auto at = text.size();
  for (std::size_t n = 0; n <= lines && at != std::string::npos && at > 0; ++n)
    at = text.rfind('\n', at - 1);
  return at == std::string::npos || at == 0 ? text : text.substr(at + 1);
}

/// Texts of the list under `key`, each as the member `inner` of an object or as itself.
std::vector<std::string> texts(const std::string& json, const std::string& key,
                               const std::string& inner) {
  std::vector<std::string> out;
  const auto from = json.find("\"" + key + "\":[");
  if (from == std::string::npos)
    return out;
  const auto list = json.substr(from, json.find(']', from) - from);
  if (!inner.empty()) {
    for (auto at = list.find('{'); at != std::string::npos; at = list.find('{', at + 1))
      out.push_back(member(list.substr(at), inner));
    return out;
  }
  for (auto at = list.find('"', list.find('[')); at != std::string::npos;
       at = list.find('"', list.find('"', at + 1) + 1))
    out.push_back(list.substr(at + 1, list.find('"', at + 1) - at - 1));
  return out;
}

} // namespace

bool cluster::possible() {
  return !io::testing::etcd_program().empty();
}

cluster::cluster(cluster_settings settings) : settings_{std::move(settings)} {
  etcd_ = std::make_unique<io::testing::etcd_server>(free_port(), free_port());
  for (std::size_t n = 0; n < settings_.nodes; ++n)
    make(n);
  for (std::size_t n = 0; n < settings_.nodes; ++n)
    start(n);
  for (std::size_t n = 0; n < settings_.nodes; ++n)
    until_ready(n);
  const auto r = records("/vedette/cluster");
  REQUIRE(!r.empty());
  seed_ = std::strtoull(member(r.front().second, "seed").c_str(), nullptr, 10);
}

cluster::~cluster() {
  const bool failed =
      std::uncaught_exceptions() > 0 || !Catch::getResultCapture().lastAssertionPassed();
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (nodes_[n].paused)
      go_on(n);
    nodes_[n].process.reset();
    if (failed)
      std::fprintf(stderr, "--- what %s said last ---\n%s", nodes_[n].id.c_str(),
                   tail(log(n), 60).c_str());
  }
  const char* keep = std::getenv("KEEP_CLUSTER_LOGS");
  if (!failed || keep == nullptr)
    return;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{files_.path("")})
    if (entry.is_regular_file()) {
      fs::create_directories(keep, ignored);
      fs::copy_file(entry.path(), fs::path{keep} / entry.path().filename(),
                    fs::copy_options::overwrite_existing, ignored);
    }
}

// --- nodes ---

void cluster::make(std::size_t n) {
  node one;
  one.id = "n" + std::to_string(n + 1);
  one.http = free_port();
  one.ingest = free_port();
  one.publish = free_port();
  one.mesh = free_port();
  const auto at = [](std::uint16_t port) { return "\"127.0.0.1:" + std::to_string(port) + "\""; };
  auto coordinator = etcd_->url(), advertised = std::string{};
  if (settings_.can_cut) {
    one.to_mesh = std::make_unique<io::testing::proxy>(one.mesh);
    one.to_etcd = std::make_unique<io::testing::proxy>(etcd_->port());
    coordinator = "http://127.0.0.1:" + std::to_string(one.to_etcd->port());
    advertised = ", advertise: " + at(one.to_mesh->port());
  }
  write_file(files_.path(one.id + ".yaml"),
             "node: {id: " + one.id + ", data_dir: " + data_dir(n) + "}\n" +
                 "http: {listen: " + at(one.http) + "}\ningest: {listen: " + at(one.ingest) +
                 "}\nalerts: {listen: " + at(one.publish) + "}\nmesh: {listen: " + at(one.mesh) +
                 advertised + "}\ncluster: {coordinator: etcd, endpoints: [\"" + coordinator +
                 "\"], found: true, copies: " + std::to_string(settings_.copies) +
                 ", lease: 2s}\nstore: {partitions: " + std::to_string(settings_.partitions) +
                 ", checkpoint_interval: 2s}\n");
  nodes_.push_back(std::move(one));
}

std::string cluster::log_path(const node& n, int start) const {
  return files_.path(n.id + "." + std::to_string(start) + ".log");
}

std::string cluster::data_dir(std::size_t n) const {
  const auto elsewhere = settings_.data_dirs.find(n);
  return elsewhere != settings_.data_dirs.end() ? elsewhere->second
                                                : files_.path("n" + std::to_string(n + 1));
}

std::size_t cluster::place_of(const std::string& id) const {
  const auto at = std::ranges::find(nodes_, id, &node::id);
  if (at == nodes_.end())
    throw std::runtime_error{"no node is called '" + id + "'"};
  return static_cast<std::size_t>(at - nodes_.begin());
}

void cluster::start(std::size_t n) {
  auto& one = nodes_.at(n);
  one.process = std::make_unique<child>(
      std::vector<std::string>{program("vedetted"), "--config", files_.path(one.id + ".yaml")},
      log_path(one, ++one.starts), settings_.environments[n]);
}

void cluster::until_ready(std::size_t n, std::chrono::seconds patience) {
  auto& one = nodes_.at(n);
  const bool ready = one.process->says("ready:", patience);
  INFO(one.id << " is not ready; it says\n" << tail(one.process->log(), 20));
  REQUIRE(ready);
}

void cluster::kill(std::size_t n) {
  auto& one = nodes_.at(n);
  one.process->signal(SIGKILL);
  REQUIRE(one.process->wait(10s));
  one.process.reset();
  one.paused = false;
}

void cluster::tell_to_end(std::size_t n) {
  nodes_.at(n).process->signal(SIGTERM);
}

int cluster::ended(std::size_t n) {
  auto& one = nodes_.at(n);
  const auto code = one.process->wait(30s);
  INFO(one.id << " does not end on SIGTERM");
  REQUIRE(code);
  one.process.reset();
  return *code;
}

void cluster::pause(std::size_t n) {
  nodes_.at(n).process->signal(SIGSTOP);
  nodes_.at(n).paused = true;
}

void cluster::go_on(std::size_t n) {
  nodes_.at(n).process->signal(SIGCONT);
  nodes_.at(n).paused = false;
}

void cluster::cut(std::size_t n) {
  nodes_.at(n).to_mesh->set(io::testing::way::hole);
  nodes_.at(n).to_etcd->set(io::testing::way::hole);
}

void cluster::heal(std::size_t n) {
  nodes_.at(n).to_mesh->set(io::testing::way::open);
  nodes_.at(n).to_etcd->set(io::testing::way::open);
}

void cluster::cut_way(std::size_t from, std::size_t to) {
  nodes_.at(from).says_nothing_to.insert(to);
  lay_ways();
}

void cluster::heal_ways() {
  for (auto& n : nodes_)
    n.says_nothing_to.clear();
  lay_ways();
}

/// Either node of a pair may have made the connection, so each way goes through both proxies.
void cluster::lay_ways() {
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    auto& proxy = *nodes_[at].to_mesh;
    proxy.lose_nothing();
    for (std::size_t by = 0; by < nodes_.size(); ++by) {
      const bool said = nodes_[by].says_nothing_to.contains(at);
      const bool told = nodes_[at].says_nothing_to.contains(by);
      if (said || told)
        proxy.lose(pid(by), said, told);
    }
  }
}

void cluster::slow_line(std::size_t n, std::chrono::milliseconds late,
                        std::size_t bytes_per_second) {
  for (std::size_t at = 0; at < nodes_.size(); ++at)
    if (at == n)
      nodes_[at].to_mesh->slow({late, 0ms, bytes_per_second});
    else
      nodes_[at].to_mesh->slow(pid(n), {0ms, late, bytes_per_second});
  nodes_.at(n).to_etcd->slow({0ms, late, bytes_per_second});
}

void cluster::slow_coordinator(std::chrono::milliseconds late) {
  for (auto& n : nodes_)
    n.to_etcd->slow({0ms, late, 0});
}

void cluster::heal_lines() {
  for (auto& n : nodes_) {
    n.to_mesh->hurry();
    n.to_etcd->hurry();
  }
}

void cluster::wipe(std::size_t n) {
  REQUIRE(!nodes_.at(n).process);
  fs::remove_all(data_dir(n));
}

std::size_t cluster::add() {
  const auto n = nodes_.size();
  make(n);
  start(n);
  until_ready(n);
  return n;
}

std::string cluster::log(std::size_t n) const {
  std::string out;
  for (int start = 1; start <= nodes_.at(n).starts; ++start)
    out += "(start " + std::to_string(start) + ")\n" + text_of(log_path(nodes_[n], start));
  return out;
}

// --- the coordinator ---

std::vector<std::pair<std::string, std::string>> cluster::records(const std::string& prefix) const {
  auto end = prefix;
  ++end.back();
  const auto said = etcd_->call("/v3/kv/range", "{\"key\":\"" + to_base64(prefix) +
                                                    "\",\"range_end\":\"" + to_base64(end) + "\"}");
  std::vector<std::pair<std::string, std::string>> out;
  for (auto at = said.find("{\"key\":"); at != std::string::npos;
       at = said.find("{\"key\":", at + 1)) {
    const auto one = said.substr(at, said.find('}', at) - at);
    out.emplace_back(from_base64(member(one, "key")).substr(prefix.size()),
                     from_base64(member(one, "value")));
  }
  return out;
}

std::map<std::uint32_t, table_row> cluster::table() const {
  std::map<std::uint32_t, table_row> out;
  for (const auto& [name, value] : records("/vedette/partitions/"))
    out[static_cast<std::uint32_t>(std::stoul(name))] = {
        member(value, "primary"), texts(value, "replicas", ""), texts(value, "in_sync", "node"),
        std::strtoull(member(value, "epoch").c_str(), nullptr, 10)};
  return out;
}

std::string cluster::controller() const {
  const auto r = records("/vedette/controller");
  return r.empty() ? std::string{} : r.front().second;
}

bool cluster::in_sync(std::size_t copies, std::chrono::seconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto rows = table();
    const bool all = !rows.empty() && std::ranges::all_of(rows, [&](const auto& row) {
      return row.second.in_sync.size() >= copies &&
             std::ranges::all_of(row.second.in_sync,
                                 [&](const std::string& who) { return running(place_of(who)); });
    });
    if (all)
      return true;
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(50ms);
  }
}

// --- what a node says ---

std::string cluster::sink(std::size_t n) const {
  return "tcp://127.0.0.1:" + std::to_string(nodes_.at(n).ingest);
}

std::string cluster::sinks_from(std::size_t n) const {
  auto out = sink(n);
  for (std::size_t more = 1; more < nodes_.size(); ++more)
    out += "," + sink((n + more) % nodes_.size());
  return out;
}

cluster::answer cluster::call(std::size_t n, const std::string& method, const std::string& path,
                              const std::string& body, const std::string& headers) const {
  const auto& one = nodes_.at(n);
  auto token = text_of(fs::path{data_dir(n)} / "admin.token");
  while (!token.empty() && token.back() == '\n')
    token.pop_back();
  const auto bytes = http_exchange(
      one.http, method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(one.http) +
                    "\r\nAuthorization: Bearer " + token + "\r\nConnection: close\r\n" + headers +
                    (body.empty() ? std::string{}
                                  : "Content-Type: application/json\r\nContent-Length: " +
                                        std::to_string(body.size()) + "\r\n") +
                    "\r\n" + body);
  if (!bytes.starts_with("HTTP/1.1 "))
    return {};
  const auto head = bytes.find("\r\n\r\n");
  return {std::atoi(bytes.c_str() + 9),
          head == std::string::npos ? std::string{} : bytes.substr(head + 4)};
}

std::optional<std::vector<std::string>> cluster::alerts(std::size_t n,
                                                        const std::string& tenant) const {
  const auto& one = nodes_.at(n);
  const auto listed = run({program("vedette"), "alerts", "list", "-o", "json", "--limit", "100000",
                           "--tenant", tenant, "--data-dir", data_dir(n), "--server",
                           "http://127.0.0.1:" + std::to_string(one.http)});
  if (listed.code != 0)
    return std::nullopt;
  return final_alerts(listed.out);
}

} // namespace vedette::test
