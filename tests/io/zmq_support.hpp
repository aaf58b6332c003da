// What tests of the ingest protocol share: settings of both sides, and a handler that plays the
// committer: it remembers what came, and acknowledges at once or when told.
#pragma once

#include "io/zmq/collector.hpp"
#include "io/zmq/ingest_server.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::io::testing {

class recording_handler final : public ingest_handler {
  template <class F>
  auto locked(F f) const {
    const std::lock_guard hold{mutex_};
    return f();
  }

 public:
  ingest_server* server = nullptr;
  std::uint32_t credits = 8;
  std::atomic<bool> acknowledges = true; ///< may change while batches come

  void on_hello(const collector_peer& from) override {
    const std::lock_guard hold{mutex_};
    hellos_.push_back(from);
    std::uint64_t below = 1;
    while (durable_.contains({from.session, below}))
      ++below;
    server->welcome(from.peer, below, credits);
  }
  void on_batch(const collector_peer& from, schemas::batch_frame batch) override {
    const std::lock_guard hold{mutex_};
    const auto key = std::pair{batch.session, batch.sequence};
    content_[key].assign(batch.records.begin(), batch.records.end());
    const bool fresh = !durable_.contains(key);
    if (acknowledges)
      settle(from, key, static_cast<std::uint32_t>(batch.records.size()), fresh);
    else
      held_.emplace_back(from, key);
    sources_.insert(batch.source);
  }
  void on_end(const collector_peer& from) override {
    const std::lock_guard hold{mutex_};
    ended_.push_back(from.source);
  }
  void on_gone(const collector_peer&, const base::error& why) override {
    const std::lock_guard hold{mutex_};
    gone_.push_back(why);
  }

  /// Acknowledges what was held back and gives the credit back with it.
  void release() {
    const std::lock_guard hold{mutex_};
    for (const auto& [from, key] : held_)
      settle(from, key, 1, true);
    held_.clear();
  }

  void forget_held() {
    const std::lock_guard hold{mutex_};
    held_.clear();
  }

  std::size_t records() const {
    return locked([&] { return records_.size(); });
  }
  std::set<std::string> distinct() const {
    return locked([&] { return std::set<std::string>{records_.begin(), records_.end()}; });
  }
  std::size_t held() const {
    return locked([&] { return held_.size(); });
  }
  std::vector<collector_peer> hellos() const {
    return locked([&] { return hellos_; });
  }
  std::vector<std::string> ended() const {
    return locked([&] { return ended_; });
  }
  std::vector<base::error> gone() const {
    return locked([&] { return gone_; });
  }
  std::set<std::string> sources() const {
    return locked([&] { return sources_; });
  }

 private:
  void settle(const collector_peer& from, const std::pair<std::uint64_t, std::uint64_t>& key,
              std::uint32_t n, bool fresh) {
    // Only what is durable counts: what a node held when it died is gone.
    if (durable_.insert(key).second)
      records_.insert(records_.end(), content_[key].begin(), content_[key].end());
    schemas::ack_frame done;
    done.session = key.first;
    done.sequence = key.second;
    (fresh ? done.accepted : done.duplicate) = n;
    server->ack(from.peer, done);
    server->grant(from.peer, 1);
  }
  mutable std::mutex mutex_;
  std::vector<collector_peer> hellos_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> durable_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::string>> content_;
  std::vector<std::pair<collector_peer, std::pair<std::uint64_t, std::uint64_t>>> held_;
  std::vector<std::string> records_;
  std::set<std::string> sources_;
  std::vector<std::string> ended_;
  std::vector<base::error> gone_;
};

class fixed_directory final : public key_directory {
 public:
  void put(const std::string& public_key, key_owner owner) {
    const std::lock_guard hold{mutex_};
    known_[public_key] = std::move(owner);
  }
  void revoke(const std::string& public_key) {
    const std::lock_guard hold{mutex_};
    known_.erase(public_key);
  }
  std::optional<key_owner> find(std::string_view public_key) const override {
    const std::lock_guard hold{mutex_};
    const auto found = known_.find(std::string{public_key});
    return found == known_.end() ? std::nullopt : std::optional{found->second};
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, key_owner> known_;
};

inline constexpr const char* any_port = "tcp://127.0.0.1:*";

inline ingest_server_settings plain(ingest_limits limits = {}) {
  return {{{any_port, std::nullopt}}, limits};
}

inline collector_settings to(const std::vector<std::string>& endpoints) {
  collector_settings out;
  out.endpoints = endpoints;
  // Longer than any test waits: a slow machine must not make one ask again.
  out.retry_after = std::chrono::seconds{30};
  out.give_up_after = std::chrono::seconds{20};
  return out;
}

inline base::status send_one(collector& c, const std::string& record) {
  const std::vector<std::string_view> records{record};
  return c.send(records);
}

} // namespace vedette::io::testing
