// Who the peers are, the connections to them, and who of them is alive.
#include "io/mesh/mesh_thread.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace vedette::io {

using std::chrono::steady_clock;

bool mesh_thread::is_key_of_a_peer(std::string_view key) const {
  return std::ranges::any_of(
      links_, [&](const auto& named) { return named.second.peer.public_key == key; });
}

void mesh_thread::take_new_peers() {
  std::optional<std::vector<mesh_peer>> list;
  {
    const std::lock_guard hold{mutex_};
    list = std::exchange(new_peers_, std::nullopt);
  }
  if (!list)
    return;
  const auto now = steady_clock::now();
  std::map<std::string, mesh_peer, std::less<>> wanted;
  for (auto& p : *list)
    if (p.node != settings_.self)
      wanted.insert_or_assign(p.node.value, std::move(p));
  for (auto it = links_.begin(); it != links_.end();) {
    if (wanted.contains(it->first)) {
      ++it;
      continue;
    }
    say_dead(it->second, "it left the list of nodes");
    box_.remove(it->second.peer.node);
    it = links_.erase(it);
  }
  for (auto& [name, p] : wanted) {
    const auto found = links_.find(name);
    if (found == links_.end())
      meet(std::move(p), now);
    else
      renew(found->second, std::move(p), now);
  }
}

void mesh_thread::meet(mesh_peer p, instant now) {
  auto& l = links_.try_emplace(p.node.value, std::move(p), settings_).first->second;
  box_.add(l.peer.node);
  judge_address(l, now);
}

void mesh_thread::renew(mesh_link& l, mesh_peer p, instant now) {
  const bool moved = p.address != l.peer.address || p.public_key != l.peer.public_key;
  l.peer = std::move(p);
  if (l.watch.process_is(l.peer.process) == peer_watch::change::restarted || moved)
    begin_anew(l, now, moved ? "its address or key was changed" : "it was started anew");
  if (moved)
    judge_address(l, now);
}

void mesh_thread::judge_address(mesh_link& l, instant now) {
  const auto why = undialable(l.peer, settings_);
  l.dialable = why.empty();
  if (!l.dialable)
    log_.say(refusal::undialable, now,
             fmt::format("node {} cannot be connected to: {}", l.peer.node.value, why));
}

/// Nothing of what was said or queued so far reaches it any more.
void mesh_thread::begin_anew(mesh_link& l, instant now, const std::string& why) {
  say_dead(l, why);
  l.watch.disconnected(why);
  l.clock.restarted();
  for (auto& one : l.lines)
    one.hang_up_and_hurry(now);
}

void mesh_thread::say_dead(mesh_link& l, const std::string& why) {
  if (!std::exchange(l.told_alive, false))
    return;
  box_.close(l.peer.node);
  spdlog::info("mesh: node {} cannot be reached: {}", l.peer.node.value, why);
  hooks_.liveness(l.peer.node, false, why);
}

bool mesh_thread::may_dial(const mesh_link& l, const line& one) {
  return l.dialable && (one.which() == lane::control || l.is_up());
}

void mesh_thread::dial(instant now) {
  for (auto& [name, l] : links_)
    for (auto& one : l.lines)
      if (may_dial(l, one))
        one.dial(context_, l.peer, now);
}

void mesh_thread::look_at_lines() {
  const auto now = steady_clock::now();
  std::string why;
  for (auto& [name, l] : links_)
    for (auto& one : l.lines) {
      const auto news = one.look(now, why);
      if (one.which() != lane::control || news == line::news::none)
        continue;
      if (news == line::news::connected) {
        l.watch.connected(now);
        l.speak_at = now;
      } else {
        l.watch.disconnected(why);
      }
      // The others follow the control connection, up and down.
      for (auto& other : l.lines)
        if (other.which() != lane::control)
          other.hang_up_and_hurry(now);
    }
}

void mesh_thread::judge(instant now) {
  for (auto& [name, l] : links_) {
    const bool alive = l.watch.alive(now);
    if (alive && !l.told_alive) {
      l.told_alive = true;
      box_.open(l.peer.node);
      spdlog::info("mesh: node {} is reached", l.peer.node.value);
      hooks_.liveness(l.peer.node, true, "both sides hear each other");
    } else if (!alive && l.told_alive) {
      begin_anew(l, now, l.watch.why(now));
    } else if (l.watch.fruitless(now)) {
      // Not in a hurry: the peer may have its reasons, such as not knowing this node yet.
      l.watch.disconnected(l.watch.why(now));
      for (auto& one : l.lines)
        one.hang_up(now);
    }
  }
}

} // namespace vedette::io
