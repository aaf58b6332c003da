// Nodes that share documents in one process: real shared_documents over stores in memory, with a
// mesh that is a call and a coordinator that is a map. A node can be away; then it hears of
// nothing.
#pragma once

#include "nodes/server/shared_documents.hpp"
#include "state/memory/memory_store.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace vedette::server::testing {

/// Lets time pass until `holds`; false when 10 s were not enough.
inline bool in_time(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

class shared_nodes {
 public:
  explicit shared_nodes(std::size_t count) {
    for (std::size_t n = 0; n < count; ++n)
      stores_.push_back(state::make_memory_store());
    for (std::size_t n = 0; n < count; ++n)
      start(n);
  }
  ~shared_nodes() { stop(); }
  shared_nodes(const shared_nodes&) = delete;
  shared_nodes& operator=(const shared_nodes&) = delete;

  /// Whoever owns documents of these nodes goes after this.
  void stop() {
    std::map<std::string, std::shared_ptr<shared_documents>> all;
    {
      const std::lock_guard lock{mutex_};
      all.swap(nodes_);
    }
  }
  [[nodiscard]] static std::string id(std::size_t n) { return "n" + std::to_string(n + 1); }
  [[nodiscard]] shared_documents& at(std::size_t n) { return *node(id(n)); }
  [[nodiscard]] state::store& store(std::size_t n) { return *stores_[n]; }

  void set_away(std::size_t n, bool on) {
    {
      const std::lock_guard lock{mutex_};
      if (on)
        away_.insert(id(n));
      else
        away_.erase(id(n));
    }
    if (!on)
      tell_all();
  }
  /// Heard by the mesh, and takes nothing.
  void set_deaf(std::size_t n) {
    const std::lock_guard lock{mutex_};
    deaf_.insert(id(n));
  }
  /// What stands in the coordinator.
  [[nodiscard]] std::uint64_t version(const std::string& name) {
    const std::lock_guard lock{mutex_};
    return standing_[name].value.version;
  }
  /// Called before a swap is judged, without a lock.
  std::function<void(const cluster::document_swap&)> before_swap;

 private:
  void start(std::size_t n) {
    const auto self = id(n);
    shared_documents::doors d;
    d.send = [this, self](const cluster::node_id& to, std::string words) {
      const auto w = actors::decode_shared_bytes(words);
      const auto there = w && hears(self) && hears(to.value) ? node(to.value) : nullptr;
      if (there)
        there->received({self}, *w);
      return there != nullptr;
    };
    d.others = [this, self] {
      std::vector<cluster::node_id> out;
      const std::lock_guard lock{mutex_};
      for (const auto& [other, documents] : nodes_)
        if (other != self && !away_.contains(other) && !away_.contains(self))
          out.push_back({other});
      return out;
    };
    d.swap = [this](const cluster::document_swap& what,
                    const std::function<void(base::status)>& done) {
      if (before_swap)
        before_swap(what);
      {
        const std::lock_guard lock{mutex_};
        auto& now = standing_[what.name];
        if (now.at != what.base) {
          done(base::error{base::ec::conflict, "putting a document: another change was first"});
          return;
        }
        now = {{++revision_}, what.next};
      }
      tell_all();
      done({});
    };
    const auto made =
        std::make_shared<shared_documents>(stores_[n], cluster::node_id{self}, std::move(d));
    const std::lock_guard lock{mutex_};
    nodes_[self] = made;
  }
  [[nodiscard]] std::shared_ptr<shared_documents> node(const std::string& id) {
    const std::lock_guard lock{mutex_};
    const auto at = nodes_.find(id);
    return at == nodes_.end() ? nullptr : at->second;
  }
  [[nodiscard]] bool hears(const std::string& id) {
    const std::lock_guard lock{mutex_};
    return !away_.contains(id) && !deaf_.contains(id);
  }
  void tell_all() {
    std::map<std::string, std::shared_ptr<shared_documents>> all;
    std::map<std::string, cluster::versioned_document> standing;
    {
      const std::lock_guard lock{mutex_};
      standing = standing_;
      for (const auto& [id, documents] : nodes_)
        if (!away_.contains(id))
          all[id] = documents;
    }
    for (const auto& [id, documents] : all)
      for (const auto& [name, d] : standing)
        if (d.value.version > 0)
          documents->named(name, d);
  }

  std::vector<std::shared_ptr<state::store>> stores_;
  std::mutex mutex_;
  // Below: protected by mutex_.
  std::map<std::string, std::shared_ptr<shared_documents>> nodes_;
  std::map<std::string, cluster::versioned_document> standing_;
  std::uint64_t revision_ = 0;
  std::set<std::string> away_, deaf_;
};

} // namespace vedette::server::testing
