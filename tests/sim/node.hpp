// One node: a store that lasts, and a process that comes and goes with its replicas, its controller
// and its lease.
//
// Everything that happens to a process goes through `deliver`, so that nothing reaches a dead one
// and a paused one gets it late. Has its own clock, which runs a little wrong. Owned by the world.
#pragma once

#include "cluster/controller.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/partition_host.hpp"
#include "tests/sim/world.hpp"

#include <deque>
#include <map>
#include <memory>

namespace vedette::sim {

class node {
 public:
  node(world& w, std::size_t index);

  void start();
  void crash();
  void pause(instant length);
  /// Runs `what` on the process, unless it is dead by then.
  void deliver(std::function<void()> what);
  void after(instant delay, std::function<void()> what);

  [[nodiscard]] instant now() const;
  [[nodiscard]] bool up() const noexcept { return up_; }
  [[nodiscard]] bool paused() const;
  [[nodiscard]] bool joined() const noexcept { return joined_; }
  [[nodiscard]] std::uint64_t process() const noexcept { return process_; }
  [[nodiscard]] partition_host* host(base::partition_id p);
  [[nodiscard]] const std::map<base::partition_id, std::unique_ptr<partition_host>>&
  hosts() const noexcept {
    return hosts_;
  }
  /// Whom this node takes for the partition's primary.
  [[nodiscard]] cluster::node_id primary_of(base::partition_id p) const;
  /// Of the rules, as this node has heard.
  [[nodiscard]] base::generation generation_known() const {
    return world_.generation_known(milliseconds{300} * index);
  }

  void received(std::size_t from, const cluster::message& m);
  void swap(const cluster::propose& p, base::partition_id partition);
  void poll();
  /// A write was refused: take no part until the disk works again.
  void store_failed();
  void event_seen(const cluster::watch_event& e, std::uint64_t generation);
  void set_draining(bool on);
  void forget_table();

  const std::size_t index;
  const cluster::node_id id;
  disk store;
  cluster::store_incarnation incarnation;
  std::uint64_t stamp = 0; ///< on the disk, like the images
  /// Holds an old copy, and nobody has found out by the coordinator's memory of it; that memory was
  /// lost before anybody could.
  bool rolled_back = false, found_out_by_nobody = false;
  double clock_rate = 1;
  instant clock_offset{};

 private:
  void join();
  void open_stored();
  /// Makes replicas anew from what the store holds, once it takes writes again.
  void revive();
  void begin(const cluster::snapshot& s);
  void seen(const cluster::snapshot& s);
  void partition_seen(base::partition_id p, cluster::revision at, const cluster::assignment& value);
  void tick();
  void renew();
  void ping();
  void run_controller();
  void answer_swap(std::uint64_t key, base::partition_id partition, std::uint64_t token,
                   cluster::proposal_outcome outcome);
  [[nodiscard]] cluster::node_record record() const;

  world& world_;
  bool up_ = false, joined_ = false, writable_ = true, draining_ = false;
  std::uint64_t process_ = 0, started_stamp_ = 0;
  instant paused_until_{};
  std::deque<std::function<void()>> paused_;
  std::map<base::partition_id, std::unique_ptr<partition_host>> hosts_;
  std::map<base::partition_id, cluster::versioned_assignment> table_;
  std::unique_ptr<cluster::controller> controller_;
  std::uint64_t wanted_version_ = 0;
  std::uint64_t generation_ = 0;
  cluster::revision polled_at_; ///< of the newest whole table that was read
  std::map<std::size_t, instant> heard_;
  std::map<std::uint64_t, bool> open_swaps_;
  std::uint64_t swap_keys_ = 0;
};

} // namespace vedette::sim
