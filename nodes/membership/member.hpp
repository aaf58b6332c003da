// The membership without its thread: what to ask the coordinator next, and what its answers mean.
//
// Steps through open, judge, join, initial table and watch, then follows the view, and steps again
// when the session or the coordinator is lost. Remembers the table and the nodes, what was asked
// and not answered yet (bounded by the coordinator), and this store's identity. Driven by
// membership.cpp on one thread; only `snapshot` and `heard_at` may come from others.
#pragma once

#include "cluster/controller.hpp"
#include "nodes/membership/membership.hpp"

#include <mutex>
#include <set>
#include <unordered_map>

namespace vedette::membership {

class member {
 public:
  member(membership_args args, membership_hooks hooks);

  // --- by the thread ---

  void begin();
  void handle(io::coordinator_event& e);
  /// After events, and at every tick.
  void tick();
  /// Of `start`: nothing while it is not decided.
  [[nodiscard]] const std::optional<base::status>& started() const noexcept { return started_; }
  void leave();
  [[nodiscard]] bool left() const noexcept { return left_; }
  [[nodiscard]] io::coordinator& coordinator() noexcept { return *args_.coordinator; }

  void propose(base::partition_id partition, const cluster::propose& what);
  void reread(base::partition_id partition);
  void peer_liveness(const cluster::node_id& reporter, const cluster::node_id& about, bool alive);
  void set_writable(bool on);
  void set_draining(bool on);
  /// Leads nothing while another can, nor the cluster. `lost`: share of the last seconds, 0..1.
  void set_starved(bool on, double lost);
  void put_document(const cluster::document_swap& what, std::function<void(base::status)> done);
  void move(base::partition_id partition, const std::vector<cluster::node_id>& copies,
            std::function<void(base::status)> done);
  void recover(base::partition_id partition, const cluster::member& survivor,
               cluster::revision base, std::function<void(base::result<base::epoch>)> done);

  void claim_table(std::uint64_t seen, std::function<void(base::result<std::uint64_t>)> done);
  void put_table(std::uint64_t generation,
                 const std::map<base::partition_id, cluster::assignment>& table,
                 std::function<void(base::status)> done);

  // --- any thread ---

  [[nodiscard]] view snapshot() const;
  [[nodiscard]] std::optional<base::duration> heard_at() const {
    return args_.coordinator->heard_at();
  }

 private:
  enum class step : std::uint8_t { open, judge, join, initial, watch, view, in };
  enum class author : std::uint8_t { proposal, office, initial, move, recovery, rebuild };
  struct swapping {
    author by = author::proposal;
    cluster::swap_request request;
    std::function<void(base::status)> done; ///< of what was asked for
    std::vector<cluster::node_id> copies;   ///< of a move
    int tries = 0;
  };

  // member.cpp: one step after the other
  [[nodiscard]] base::duration now() const { return args_.time->monotonic(); }
  void enter(step s);
  void ask();
  void failed(const base::error& why);
  void lose(const std::string& why);
  void say_ended(const std::string& why);
  void set_state(standing s, std::string why);
  [[nodiscard]] io::open_request open_request() const;
  void opened(const cluster::cluster_record& record, cluster::revision at);
  [[nodiscard]] base::status may_claim(std::uint64_t seen) const;
  void claimed(base::result<std::uint64_t> outcome);
  void judged(const io::store_read& read);
  void redraw();
  void joined(const io::node_joined& j);
  void put_initial();
  void count_stamp();
  void write_record();

  // member_table.cpp: what is seen, and what is swapped
  void view_began(io::view_began& v);
  [[nodiscard]] base::status judge(const cluster::snapshot& s) const;
  void view_changed(const cluster::watch_event& e);
  void take(base::partition_id partition, cluster::revision at, const cluster::assignment& value);
  void document_seen(const std::string& name, const cluster::versioned_document& d);
  void document_put(io::document_put& done);
  void controller_seen(const cluster::controller_event& e);
  void swap(swapping what);
  void swapped(io::swap_done& done);
  void read(io::partition_read& r);
  void settled(swapping& what, cluster::swap_answer answer, const std::string& why);
  void try_move(swapping what);
  /// Of the table before, when it was made anew: what is still asked is answered here.
  void give_up_asked();
  void read_again();
  void run_controller();
  [[nodiscard]] bool another_is_fit() const;

  membership_args args_;
  membership_hooks hooks_;
  identity id_;
  std::optional<cluster::controller> controller_;

  step step_ = step::open;
  io::call_id awaited_ = 0; ///< the answer this step waits for
  base::duration next_at_{}, began_at_{};
  std::optional<base::status> started_;
  bool watching_ = false, session_ = false, leaving_ = false, left_ = false, ended_said_ = false;
  bool record_dirty_ = false, nodes_dirty_ = false, stamp_failed_ = false;
  io::call_id leave_call_ = 0, record_call_ = 0, campaign_call_ = 0;
  base::duration stamp_at_{}, record_at_{}, read_at_{};
  std::string last_failure_;
  std::size_t initial_left_ = 0;
  std::unordered_map<io::call_id, swapping> swaps_, settling_;
  struct putting {
    cluster::document_swap what;
    std::function<void(base::status)> done;
  };
  std::unordered_map<io::call_id, putting> putting_;
  std::unordered_map<io::call_id, base::partition_id> reading_;
  std::set<base::partition_id> to_read_; ///< whose read failed
  base::epoch highest_;
  bool was_in_office_ = false;
  base::duration resign_at_{}; ///< a starved controller asks again to be let go
  cluster::revision reached_;  ///< in this generation
  bool restored_ = false; ///< the coordinator counts behind it: only another generation will do
  std::function<void(base::result<std::uint64_t>)> claiming_; ///< empty: the table is not claimed
  std::uint64_t claimed_ = 0; ///< the generation that was begun here, while this node joins it
  base::duration claim_until_{};

  mutable std::mutex mutex_; ///< held by the thread while it changes `seen_`, by others to read it
  view seen_;
};

} // namespace vedette::membership
