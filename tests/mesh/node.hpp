// A node of a test: a mesh that remembers what came and who it heard of, and waits with a limit.
#pragma once

#include "io/mesh/mesh.hpp"

#include "tests/support/catch.hpp"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace vedette::io::testing {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

/// Longer than anything takes on a loaded machine with sanitizers; a test that hits it has failed.
inline constexpr std::chrono::seconds patience{20};

/// Where nobody dies: a machine that stands still for seconds must not make it look so.
inline mesh_settings patient() {
  mesh_settings s;
  s.silence = patience;
  return s;
}

/// For what a mesh says of itself: its counters follow what they count.
template <class Condition>
bool eventually(Condition holds) {
  for (const auto until = steady::now() + patience; !holds();) {
    if (steady::now() > until)
      return false;
    std::this_thread::yield();
  }
  return true;
}

class node {
 public:
  struct life {
    std::string peer;
    bool alive = false;
    std::string why;
    steady::time_point at;
  };

  explicit node(const std::string& name, mesh_settings settings = {}) : name_{name} {
    settings.self.value = name;
    if (settings.cluster_id.empty())
      settings.cluster_id = "test";
    keys_ = settings.keys;
    mesh_ = std::make_unique<mesh>(
        std::move(settings),
        mesh_hooks{[this](const cluster::node_id& from, std::string_view payload) {
                     const std::lock_guard hold{mutex_};
                     if (keeps_)
                       got_[from.value].emplace_back(payload);
                     ++messages_;
                     bytes_ += payload.size();
                     if (echo_ && payload.starts_with("ping"))
                       mesh_->send(from, lane::control, "pong");
                     changed_.notify_all();
                   },
                   [this](const cluster::node_id& peer, bool alive, const std::string& why) {
                     const std::lock_guard hold{mutex_};
                     lives_.push_back({peer.value, alive, why, steady::now()});
                     alive_[peer.value] = alive;
                     changed_.notify_all();
                   }});
    const auto started = mesh_->start();
    INFO((started ? std::string{} : base::to_string(started.err())));
    REQUIRE(started);
  }
  ~node() { mesh_->stop(); }
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  mesh& wire() { return *mesh_; }
  /// How others find it; `address` stands in for its own when a proxy is between.
  [[nodiscard]] mesh_peer card(const std::string& address = {}) const {
    return {{name_},
            address.empty() ? mesh_->endpoint() : address,
            keys_ ? keys_->public_key : std::string{},
            0};
  }
  [[nodiscard]] std::uint16_t port() const {
    const auto e = mesh_->endpoint();
    return static_cast<std::uint16_t>(std::stoi(e.substr(e.rfind(':') + 1)));
  }

  bool send(const std::string& to, lane l, std::string payload) {
    return mesh_->send({to}, l, std::move(payload));
  }
  /// Until it is taken: what a protocol above does.
  void insist(const std::string& to, lane l, const std::string& payload) {
    const auto until = steady::now() + patience;
    while (!send(to, l, payload)) {
      REQUIRE(steady::now() < until);
      std::this_thread::yield();
    }
  }

  void echo() { echo_ = true; }
  void forget_payloads() { keeps_ = false; }

  template <class Condition>
  bool wait(Condition holds, std::chrono::milliseconds limit = patience) {
    std::unique_lock hold{mutex_};
    return changed_.wait_for(hold, limit, [&] { return holds(*this); });
  }
  bool wait_alive(const std::string& peer, bool alive = true,
                  std::chrono::milliseconds limit = patience) {
    return wait([&](node& n) { return n.alive_[peer] == alive; }, limit);
  }
  bool wait_messages(std::size_t count, std::chrono::milliseconds limit = patience) {
    return wait([&](node& n) { return n.messages_ >= count; }, limit);
  }

  std::vector<std::string> got(const std::string& from) {
    const std::lock_guard hold{mutex_};
    return got_[from];
  }
  std::size_t messages() {
    const std::lock_guard hold{mutex_};
    return messages_;
  }
  std::vector<life> lives() {
    const std::lock_guard hold{mutex_};
    return lives_;
  }
  /// The last thing said about a peer.
  life last(const std::string& peer) {
    life out;
    for (auto& l : lives())
      if (l.peer == peer)
        out = l;
    return out;
  }
  mesh_peer_counts about(const std::string& peer) {
    for (auto& p : mesh_->counts().peers)
      if (p.node.value == peer)
        return p;
    return {};
  }
  mesh_lane_counts about(const std::string& peer, lane l) {
    return about(peer).lanes[static_cast<std::size_t>(l)];
  }

 private:
  const std::string name_;
  std::optional<curve_keys> keys_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> keeps_{true}, echo_{false};
  std::map<std::string, std::vector<std::string>> got_;
  std::size_t messages_ = 0, bytes_ = 0;
  std::vector<life> lives_;
  std::map<std::string, bool> alive_;
  std::unique_ptr<mesh> mesh_;
};

/// Makes the nodes know each other and waits until all are alive to all.
inline void introduce(const std::vector<node*>& nodes) {
  std::vector<mesh_peer> cards;
  for (auto* n : nodes)
    cards.push_back(n->card());
  for (auto* n : nodes)
    n->wire().set_peers(cards);
  for (auto* n : nodes)
    for (const auto& c : cards)
      if (c.node != n->card().node)
        REQUIRE(n->wait_alive(c.node.value));
}

inline std::string loopback(std::uint16_t port) {
  return "tcp://127.0.0.1:" + std::to_string(port);
}

inline std::chrono::milliseconds since(steady::time_point t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - t);
}

} // namespace vedette::io::testing
