// A whole cluster in one process, out of one seed: nodes, network, disks, coordinator, collectors,
// the clouds that actions reach, and what goes wrong with all of them.
//
// `run` plays one seed: load under faults, then healing, then quiet, and says what was violated.
// Everything is deterministic in the options. Called by tests/sim/runner.cpp.
#pragma once

#include "cluster/rebalancer.hpp"
#include "cluster/replica_options.hpp"
#include "tests/sim/checker.hpp"
#include "tests/sim/clock.hpp"
#include "tests/sim/coordinator.hpp"
#include "tests/sim/coverage.hpp"
#include "tests/sim/fold.hpp"
#include "tests/support/random.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vedette::sim {

class node;
class collector;
namespace real {
class truth;
}

/// Protocols known to be wrong; the checker must catch each.
struct defects {
  cluster::protocol_defects protocol;
  bool promotes_out_of_sync = false;
  bool running_count_outbox = false;
  bool folds_before_commit = false;
};

struct options {
  std::uint64_t seed = 1;
  bool trace = false;
  instant faulty = seconds{20}; ///< of virtual time under faults
  instant heal_max = seconds{60};
  /// The protocol's own alarms count as violations; off, only the checker's eyes do.
  bool alarms_count = true;
  /// Detectors and aggregators as a node has them, instead of the model of their folds.
  bool real_folds = false;
  defects wrong;
};

struct outcome {
  std::optional<std::string> violation;
  coverage covered;
  std::uint64_t steps = 0;
  std::size_t events = 0, alerts = 0;
  instant healed_in{};
};

[[nodiscard]] outcome run(const options& o);

/// How bad this seed's world is; drawn once.
struct weather {
  double loss = 0, doubled = 0, answer_lost = 0, late_swap = 0;
  bool reorders = false;
  instant delay_max{};
  instant between_faults{};
  bool crashes = false, wipes = false, pauses = false, cuts = false, disks = false,
       coordinator = false, coordinator_wipe = false, moves = false, drains = false, rot = false;
  /// The table begins empty; the controller places copies by itself, with a short patience.
  bool fresh = false, places = false;
};

class world {
 public:
  explicit world(const options& o);
  ~world();
  [[nodiscard]] outcome play();

  // --- for the nodes and collectors ---

  /// A primary began to serve: a good moment to lose it.
  void began_to_serve(std::size_t n);
  /// So is the moment at which a controller's swap is on its way.
  void sent_as_controller(std::size_t n);

  void hit(mark m) noexcept { covered.hit(m); }
  template <class... Args>
  void trace(fmt::format_string<Args...> format, Args&&... args) {
    if (opts.trace)
      fmt::print("{:>9.3f} {}\n", static_cast<double>(time.now().count()) / 1e9,
                 fmt::format(format, std::forward<Args>(args)...));
  }
  [[nodiscard]] instant uniform(instant low, instant high);
  [[nodiscard]] instant delay();
  [[nodiscard]] bool cut(std::size_t from, std::size_t to) const {
    return cuts_[from * nodes.size() + to] > 0;
  }
  /// Between nodes: lost, doubled, late or out of order as the weather is.
  void send(std::size_t from, const cluster::node_id& to, std::function<void(node&)> delivered);
  /// To the coordinator and back; the answer runs on the node, if at all.
  using answer = std::function<void()>;
  void ask(std::size_t from, std::function<answer()> question, bool may_be_late = false);
  [[nodiscard]] std::uint64_t keep(checkpoint state);
  [[nodiscard]] checkpoint kept(std::uint64_t key) const { return kept_.at(key); }
  void call_cloud(alert_id action, std::size_t from, std::function<void()> done);
  /// Of the rules, as somebody knows it who hears of a change so much later.
  [[nodiscard]] base::generation generation_known(instant later) const;

  [[nodiscard]] node& node_of(const cluster::node_id& id);
  [[nodiscard]] base::partition_id detector_of(std::uint32_t identity) const {
    return {identity % detectors};
  }
  [[nodiscard]] base::partition_id aggregator_of(alert_id alert) const {
    return {detectors + static_cast<std::uint32_t>(alert % aggregators)};
  }
  [[nodiscard]] std::uint32_t partitions() const noexcept { return detectors + aggregators; }
  [[nodiscard]] cluster::placement_rules rules() const;

  options opts;
  clock time;
  test::random chance;
  coverage covered;
  checker check;
  weather sky;
  coordinator etcd;
  std::uint32_t detectors = 2, aggregators = 1;
  std::size_t copies = 3;
  cluster::replica_limits limits;
  std::vector<std::unique_ptr<node>> nodes;
  std::vector<std::unique_ptr<collector>> collectors;
  std::unique_ptr<real::truth> real; ///< null: the model
  std::map<base::partition_id, std::vector<cluster::node_id>> wanted;
  std::uint64_t wanted_version = 0;
  std::uint64_t incarnations = 100;
  event_id next_event = 0;
  bool healing = false, generating = true;
  const std::string cluster_id = "simulated";

 private:
  void draw_weather();
  void found_cluster();
  void cause_fault();
  void cause_node_fault(std::size_t n);
  void crash_when_busy(std::size_t n, int tries);
  void crash_now(std::size_t n);
  void cause_network_fault(std::size_t n);
  void cause_coordinator_fault();
  void ask_for_a_move();
  [[nodiscard]] bool may_lose_store(std::size_t n) const;
  void heal();
  void rot_one();
  /// Empty when all is as it should be at rest.
  [[nodiscard]] std::string unrest() const;
  void rebuild_table();
  void final_check();

  std::vector<int> cuts_;
  std::vector<int> coordinator_cut_;
  std::vector<instant> last_arrival_;
  std::map<std::uint64_t, checkpoint> kept_;
  std::map<alert_id, std::uint32_t> in_effect_;
  std::vector<instant> generations_; ///< when the next one is in force; empty in the model
  instant last_wipe_{};
  bool rebuilding_ = false;
  bool claimed_ = false; ///< the table that is rebuilt was begun, empty, before the seals
};

} // namespace vedette::sim
