// What the tests of nodes share: a store in memory, a node of test actors that answer what they are
// told to, and a caller that goes through the router as a request would.
#pragma once

#include "io/clock/manual_clock.hpp"
#include "io/http/responder_sink.hpp"
#include "io/http/router.hpp"
#include "nodes/server/api/api.hpp"
#include "nodes/server/api/body_cutter.hpp"
#include "nodes/server/api/json.hpp"
#include "nodes/server/api/local_records.hpp"
#include "state/memory/memory_store.hpp"
#include "tests/support/catch.hpp"

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace vedette::server::testing {

class temp_folder {
 public:
  temp_folder();
  ~temp_folder();
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;
  [[nodiscard]] std::string path(const std::string& name) const { return (root_ / name).string(); }

 private:
  std::filesystem::path root_;
};

template <class T>
std::string why(const T& outcome) {
  return outcome ? std::string{} : base::to_string(outcome.err());
}

/// What one tenant's aggregator would say.
struct tenant_script {
  std::vector<std::string> alerts, incidents; ///< elements of the lists, in order
  std::map<std::string, std::string> by_id;   ///< of alerts, incidents and actions alike
  std::string counts = R"({"exact_from":0,"rules":[],"counts":[]})"; ///< what trends are made from
  bool silent = false;                                               ///< it never answers
};

/// A node whose actors are scripts. Everything that is asked is written down.
class scripted_node {
 public:
  scripted_node();
  ~scripted_node();
  scripted_node(const scripted_node&) = delete;
  scripted_node& operator=(const scripted_node&) = delete;

  /// Goes through the router with the rights of `who` and waits for the answer, 10 s at most.
  [[nodiscard]] io::http_response call(const io::principal& who, io::http_method method,
                                       const std::string& target, std::string body = {},
                                       const io::http_headers& headers = {});
  [[nodiscard]] io::http_response get(const io::principal& who, const std::string& target) {
    return call(who, io::http_method::get, target);
  }

  std::map<std::string, tenant_script> tenants;
  /// What this node knows of its cluster; alone at first, with two partitions and one of tenants.
  membership::view cluster;
  io::mesh_counts mesh;
  clock_report clocks;
  /// What nodes say to one question; without an entry a node never answers, unless it is this one.
  std::map<std::pair<std::string, actors::node_question>, actors::answer> node_says;
  base::status move_outcome;
  base::result<base::epoch> recover_outcome{base::epoch{4}};
  /// Called when the table is claimed, before that is answered.
  std::function<void()> on_claim;
  base::result<std::uint64_t> claim_outcome{std::uint64_t{2}};
  base::status put_outcome; ///< of a table
  actors::batch_result ingest_answer;
  bool ingest_fails = false;
  std::shared_ptr<const ingest::mapping_set> mappings; ///< of the content in force
  bool ready = true;

  struct record {
    std::vector<std::string> tenants_asked;    ///< of aggregators and detectors
    std::vector<respond::alert_filter> ranges; ///< of questions about trends
    std::vector<respond::operator_command> commands;
    std::vector<actors::raw_batch> batches;
    std::vector<std::string> ended; ///< sources
    std::vector<std::pair<std::string, actors::node_question>> nodes_asked;
    std::vector<std::pair<std::uint32_t, std::vector<std::string>>> moves;
    std::vector<std::pair<std::uint32_t, cluster::member>> recoveries;
    std::vector<std::string> repairs; ///< claims, seals and puts, in order
    std::map<base::partition_id, cluster::assignment> table;
  };
  [[nodiscard]] record told() const;

  io::manual_clock clock;
  config::settings settings;
  std::shared_ptr<state::store> store = state::make_memory_store();
  io::metrics metrics;
  parts node;
  token_store tokens{local_tokens(store), clock};
  key_store keys{local_keys(store), clock, "server"};
  io::http_router router;

 private:
  mutable std::mutex mutex_;
  record told_;
  caf::actor_system_config caf_config_;
  std::unique_ptr<caf::actor_system> system_;
};

[[nodiscard]] io::principal someone(std::vector<io::role> roles, std::vector<std::string> tenants);
[[nodiscard]] io::principal everyone(std::vector<io::role> roles);
/// A collector of tenant acme.
[[nodiscard]] io::principal a_sender();
/// A request with that bearer token.
[[nodiscard]] io::http_request bearing(const std::string& token);
[[nodiscard]] std::vector<std::string> records_of(const cut_body& body);
[[nodiscard]] json_document json_of(const io::http_response& r);

} // namespace vedette::server::testing
