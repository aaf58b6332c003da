// A real cluster on this machine: one etcd, several nodes as child processes, all on ports of this
// test's own.
//
// What the nodes say is kept, and shown when the test has failed. Only what a test started is ever
// signalled.
#pragma once

#include "tests/coordination/etcd_server.hpp"
#include "tests/coordination/proxy.hpp"
#include "tests/processes/program.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vedette::test {

/// A partition as the coordinator has it.
struct table_row {
  std::string primary;
  std::vector<std::string> replicas, in_sync;
  std::uint64_t epoch = 0;
};

struct cluster_settings {
  std::size_t nodes = 3;
  std::uint32_t partitions = 16;
  std::uint32_t copies = 3;
  bool can_cut = false; ///< puts a proxy before every node's mesh and between it and etcd
  /// Of nodes, by place, whose data shall not lie beside the others'.
  std::map<std::size_t, std::string> data_dirs = {};
  /// Of nodes, by place: variables that only they have.
  std::map<std::size_t, std::vector<std::pair<std::string, std::string>>> environments = {};
};

class cluster {
 public:
  /// Starts etcd and the nodes, and waits until all of them are ready.
  explicit cluster(cluster_settings settings = {});
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  /// False, with one line that says so, when this machine has no etcd.
  [[nodiscard]] static bool possible();

  // --- nodes, by their place from 0 on ---

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] const std::string& id(std::size_t n) const { return nodes_.at(n).id; }
  [[nodiscard]] std::size_t place_of(const std::string& id) const;
  void start(std::size_t n);
  /// The node's API answers. Fails the test after `patience`.
  void until_ready(std::size_t n, std::chrono::seconds patience = std::chrono::seconds{60});
  void kill(std::size_t n);        ///< SIGKILL; gone when it returns
  void tell_to_end(std::size_t n); ///< SIGTERM
  [[nodiscard]] bool has_ended(std::size_t n) { return !nodes_.at(n).process->running(); }
  /// Waits for the end of a node that was told to; its exit code.
  int ended(std::size_t n);
  [[nodiscard]] int pid(std::size_t n) const { return nodes_.at(n).process->pid(); }
  void pause(std::size_t n); ///< SIGSTOP
  void go_on(std::size_t n); ///< SIGCONT
  /// Nothing comes to it from other nodes any more, nor anything from or to the coordinator, and no
  /// connection ends. Only with `can_cut`.
  void cut(std::size_t n);
  void heal(std::size_t n);
  /// What one node sends another is lost, and no connection ends; in one direction. Only with
  /// `can_cut`.
  void cut_way(std::size_t from, std::size_t to);
  void cut_pair(std::size_t a, std::size_t b) {
    cut_way(a, b);
    cut_way(b, a);
  }
  void heal_ways();
  /// The node's network: what it is told, by the coordinator too, comes later by so much, and no
  /// more than so much goes through a connection in either direction. Only with `can_cut`.
  void slow_line(std::size_t n, std::chrono::milliseconds late, std::size_t bytes_per_second);
  /// The coordinator's answers to all nodes come late. Only with `can_cut`.
  void slow_coordinator(std::chrono::milliseconds late);
  void heal_lines();
  void wipe(std::size_t n); ///< of a node that is down: an empty data directory
  std::size_t add();        ///< one node more, started; its place
  [[nodiscard]] bool running(std::size_t n) { return nodes_.at(n).process && !nodes_.at(n).paused; }
  /// What it said since it was first started.
  [[nodiscard]] std::string log(std::size_t n) const;

  [[nodiscard]] io::testing::etcd_server& etcd() { return *etcd_; }

  // --- what the coordinator has; empty when it does not answer ---

  [[nodiscard]] std::map<std::uint32_t, table_row> table() const;
  [[nodiscard]] std::string controller() const;
  [[nodiscard]] std::uint64_t seed() const { return seed_; } ///< of the routing
  /// Waits until every partition has `copies` stores in sync, all on nodes that run.
  [[nodiscard]] bool in_sync(std::size_t copies, std::chrono::seconds patience);

  // --- what a node says ---

  [[nodiscard]] std::string sink(std::size_t n) const;
  [[nodiscard]] std::string server(std::size_t n) const {
    return "http://127.0.0.1:" + std::to_string(nodes_.at(n).http);
  }
  /// All nodes' sinks for `vedette send --to`, this one first.
  [[nodiscard]] std::string sinks_from(std::size_t n) const;
  struct answer {
    int status = 0; ///< 0: none
    std::string body;
  };
  /// With the node's admin token. `headers` end with CRLF each.
  [[nodiscard]] answer call(std::size_t n, const std::string& method, const std::string& path,
                            const std::string& body = {}, const std::string& headers = {}) const;
  /// Final alerts of the tenant as this node lists them; nothing when it does not answer.
  [[nodiscard]] std::optional<std::vector<std::string>>
  alerts(std::size_t n, const std::string& tenant = "local") const;

  [[nodiscard]] std::string path(const std::string& name) const { return files_.path(name); }

 private:
  struct node {
    std::string id;
    std::uint16_t http = 0, ingest = 0, publish = 0, mesh = 0;
    std::unique_ptr<io::testing::proxy> to_mesh, to_etcd;
    std::unique_ptr<child> process;
    std::set<std::size_t> says_nothing_to; ///< places of nodes
    bool paused = false;
    int starts = 0;
  };
  [[nodiscard]] std::vector<std::pair<std::string, std::string>>
  records(const std::string& prefix) const;
  [[nodiscard]] std::string log_path(const node& n, int start) const;
  [[nodiscard]] std::string data_dir(std::size_t n) const;
  void make(std::size_t n);
  void lay_ways();

  cluster_settings settings_;
  scratch files_;
  std::unique_ptr<io::testing::etcd_server> etcd_;
  std::vector<node> nodes_;
  std::uint64_t seed_ = 0;
};

} // namespace vedette::test
