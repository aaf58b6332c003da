// What all nodes of a cluster hold whole: generations of content, tokens, keys. The coordinator
// says which bytes are in force, this keeps the bytes, fetches what it lacks from the others, and
// hands it to whoever owns the name.
//
// A change is first held by every node that is there, then named in the coordinator, so what is in
// force is never only where it was made. Each name that has an owner has a thread that fetches and
// hands on, so that a slow owner delays no other. Remembers, in the store, the newest bytes of each
// name, and what was offered lately and may still be put in force (`offers_max` per name). Made by
// the link of a cluster's node.
#pragma once

#include "actors/remote.hpp"
#include "base/result.hpp"
#include "cluster/coordinator_words.hpp"
#include "state/store.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::server {

class shared_documents {
 public:
  struct doors {
    /// To one node; false when it cannot be sent now.
    std::function<bool(const cluster::node_id&, std::string)> send;
    /// Others that the mesh hears.
    std::function<std::vector<cluster::node_id>()> others;
    /// Asks the coordinator; answers in any thread within its deadline, ec::conflict when another
    /// was first.
    std::function<void(const cluster::document_swap&, std::function<void(base::status)>)> swap;
  };
  /// Called on a thread of that name's, in the order of versions, though not with every one; an
  /// error is logged and tried again.
  using in_force = std::function<base::status(std::uint64_t version, const std::string& bytes)>;

  static constexpr std::size_t offers_max = 16;

  shared_documents(std::shared_ptr<state::store> store, cluster::node_id self, doors d);
  ~shared_documents();
  shared_documents(const shared_documents&) = delete;
  shared_documents& operator=(const shared_documents&) = delete;

  /// Documents of this name go to `taken` from now on, first the one in force. Once per name.
  void own(const std::string& name, in_force taken);

  // --- any thread ---

  /// What the coordinator says is in force.
  void named(const std::string& name, const cluster::versioned_document& d);
  /// The coordinator counts revisions anew: what it names from now on is newer than what it did.
  void table_lost();
  void received(const cluster::node_id& from, const actors::shared_bytes& w);

  // --- blocking, not on the membership's, the mesh's or this object's own threads, and only for a
  // --- name with an owner ---

  /// The version and bytes in force; waits for them, and for a version later than `after` if there
  /// is one. ec::not_found when nothing is in force and nothing later is asked for, ec::timed_out
  /// when no node that has them answered, or nothing later came.
  struct current {
    std::uint64_t version = 0;
    std::string bytes;
  };
  [[nodiscard]] base::result<current> wait_for(const std::string& name, base::duration within,
                                               std::optional<std::uint64_t> after = {});
  /// What people wait for when they change something: copies at all nodes that are there.
  static constexpr std::chrono::seconds put_patience{10};
  /// Puts bytes in force as the version behind `base` (0: the first). ec::conflict when another was
  /// first, ec::unavailable when a node that is there did not take them in time.
  [[nodiscard]] base::status put(const std::string& name, std::uint64_t base, std::string bytes,
                                 base::duration within = put_patience);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::server
