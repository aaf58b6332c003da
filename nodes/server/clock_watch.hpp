// Compares this node's wall clock with those of the nodes it hears, makes the node go by what most
// of them show, and says in the log whose clock is off and what to do about it.
//
// What the nodes show is asked of the mesh, whose word it is that counts is cluster/clock_vote.hpp.
// Remembers one line for each node heard. `look` is one thread's, the rest any thread's. Made by
// the cluster's link; a node without a cluster has none.
#pragma once

#include "cluster/clock_vote.hpp"
#include "cluster/table.hpp"
#include "io/clock/agreed_clock.hpp"
#include "io/mesh/mesh.hpp"

#include <map>
#include <mutex>
#include <optional>

namespace vedette::server {

enum class clock_state : std::uint8_t {
  right,
  wrong, ///< most nodes show another time; so does this node meanwhile, if the clock is its own
  apart, ///< from this node's time, and no majority says which is right
};
[[nodiscard]] std::string_view to_string(clock_state s) noexcept;

struct clock_line {
  clock_state state = clock_state::right;
  base::duration off{}; ///< beyond the time that this node goes by
};
/// Of this node and of those it has read the clock of.
using clock_report = std::map<cluster::node_id, clock_line>;

class clock_watch {
 public:
  clock_watch(io::agreed_clock& clock, cluster::node_id self);

  /// Every half second. `members`: how many nodes there are, this one too.
  void look(const io::mesh_counts& heard, std::size_t members);
  /// A majority was heard at the last look.
  [[nodiscard]] bool decided() const;
  [[nodiscard]] clock_report report() const;

 private:
  void say(const cluster::node_id& node, const clock_line& line,
           const std::optional<clock_line>& before) const;

  io::agreed_clock& clock_;
  const cluster::node_id self_;
  mutable std::mutex mutex_;
  cluster::clock_verdict verdict_; ///< protected by mutex_
  clock_report report_;            ///< protected by mutex_
};

} // namespace vedette::server
