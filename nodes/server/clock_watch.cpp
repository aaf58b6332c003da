#include "nodes/server/clock_watch.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cmath>
#include <utility>

namespace vedette::server {

namespace {

std::string apart_words(base::duration off) {
  return fmt::format("{:.1f} s {}", std::abs(std::chrono::duration<double>(off).count()),
                     off < base::duration{0} ? "behind" : "ahead of");
}

} // namespace

std::string_view to_string(clock_state s) noexcept {
  switch (s) {
  case clock_state::right:
    return "right";
  case clock_state::wrong:
    return "wrong";
  case clock_state::apart:
    return "apart";
  }
  return "";
}

clock_watch::clock_watch(io::agreed_clock& clock, cluster::node_id self)
    : clock_{clock}, self_{std::move(self)}, verdict_{clock.own_reading(), false, true} {}

void clock_watch::look(const io::mesh_counts& heard, std::size_t members) {
  const auto own = clock_.own_reading();
  std::map<cluster::node_id, base::duration> readings;
  std::vector<base::duration> others;
  for (const auto& p : heard.peers)
    if (p.alive && p.clock) {
      readings[p.node] = *p.clock;
      others.push_back(*p.clock);
    }
  clock_report before, now;
  {
    const std::lock_guard hold{mutex_};
    verdict_ = cluster::judge_clocks(own, std::move(others), members, verdict_);
    readings[self_] = own;
    for (const auto& [node, reading] : readings) {
      const auto known = report_.find(node);
      const bool was_right = known == report_.end() || known->second.state == clock_state::right;
      const bool told = verdict_.decided || (node == self_ && !verdict_.own_is_right);
      const bool right = !(told && node == self_ && !verdict_.own_is_right) &&
                         cluster::clock_is_right(reading, verdict_.right, was_right);
      now[node] = {right  ? clock_state::right
                   : told ? clock_state::wrong
                          : clock_state::apart,
                   reading - verdict_.right};
    }
    before = std::exchange(report_, now);
    clock_.agree(verdict_.right);
  }
  for (const auto& [node, line] : now) {
    const auto known = before.find(node);
    say(node, line, known == before.end() ? std::nullopt : std::optional{known->second});
  }
}

void clock_watch::say(const cluster::node_id& node, const clock_line& line,
                      const std::optional<clock_line>& before) const {
  const auto was = before.value_or(clock_line{});
  // A clock that was set and is still wrong is news too.
  const bool stepped =
      line.state != clock_state::right && std::chrono::abs(line.off - was.off) > cluster::clock_off;
  if (line.state == was.state && !stepped)
    return;
  const bool own = node == self_;
  if (line.state == clock_state::right) {
    spdlog::info("the clock of {} is right again",
                 own ? std::string{"this node"} : "node " + node.value);
  } else if (own && line.state == clock_state::apart) {
    spdlog::warn(
        "the clock of this node was set, it is {} what it showed before, and too few nodes "
        "are heard to tell whether that is right: until then time goes on as it did",
        apart_words(line.off));
  } else if (own) {
    spdlog::error("the clock of this node is {} what most nodes show: it goes by theirs until its "
                  "own is right; set it, for which an NTP client is best; no restart is needed",
                  apart_words(line.off));
  } else if (line.state == clock_state::wrong) {
    spdlog::warn("the clock of node {} is {} what most nodes show: it goes by theirs until its own "
                 "is right; set it there, for which an NTP client is best",
                 node.value, apart_words(line.off));
  } else {
    spdlog::warn("the clock of node {} is {} this node's, and too few nodes are heard to tell "
                 "which of them is wrong: each goes by its own; look at both, and set the one that "
                 "is wrong",
                 node.value, apart_words(line.off));
  }
}

bool clock_watch::decided() const {
  const std::lock_guard hold{mutex_};
  return verdict_.decided;
}

clock_report clock_watch::report() const {
  const std::lock_guard hold{mutex_};
  return report_;
}

} // namespace vedette::server
