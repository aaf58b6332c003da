// What all nodes of a cluster hold whole: generations of content. The coordinator says which bytes
// are in force, this keeps the bytes, fetches what it lacks from the others, and puts it in force.
//
// A change is first held by every node that is there, then named in the coordinator, so what is in
// force is never only where it was made. One thread of its own fetches and takes; everything else
// posts to it. Remembers, in the store, the newest bytes of each name, and what was offered and is
// not in force yet (bounded: one per name). Made by the node of a cluster.
#pragma once

#include "actors/remote.hpp"
#include "base/result.hpp"
#include "cluster/coordinator_words.hpp"
#include "nodes/membership/membership.hpp"
#include "state/store.hpp"

#include <functional>
#include <memory>
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
    /// Called on the thread of this, in the order of versions; an error is logged and tried again.
    std::function<base::status(const std::string& name, std::uint64_t version,
                               const std::string& bytes)>
        in_force;
  };
  shared_documents(std::shared_ptr<state::store> store, membership::membership& member,
                   cluster::node_id self, doors d);
  ~shared_documents();
  shared_documents(const shared_documents&) = delete;
  shared_documents& operator=(const shared_documents&) = delete;

  // --- any thread ---

  /// What the coordinator says is in force.
  void named(const std::string& name, const cluster::versioned_document& d);
  void received(const cluster::node_id& from, const actors::shared_bytes& w);

  // --- blocking, not on the membership's, the mesh's or this object's own thread ---

  /// The version and bytes in force; waits for them. ec::not_found when nothing is in force,
  /// ec::timed_out when no node that has them answered.
  struct current {
    std::uint64_t version = 0;
    std::string bytes;
  };
  [[nodiscard]] base::result<current> wait_for(const std::string& name, base::duration patience);
  /// Puts bytes in force as the version behind `base` (0: the first). ec::conflict when another was
  /// first, ec::unavailable when a node that is there did not take them in time.
  [[nodiscard]] base::status put(const std::string& name, std::uint64_t base, std::string bytes,
                                 base::duration patience);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::server
