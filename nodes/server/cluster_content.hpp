// Which generation of content a node of a cluster works with: the cluster's, not its own files'.
//
// The first node of a cluster puts what its settings name in force; from then on generations come
// through `apply` at any node, and every node takes them over (shared_documents.hpp). A node's own
// lists of addresses stay its own: no fold looks at them. Remembers nothing that the library and
// the coordinator do not. Thread-safe; `begin` and `apply` block.
#pragma once

#include "io/clock/clock.hpp"
#include "nodes/server/content_library.hpp"
#include "nodes/server/shared_documents.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace vedette::server {

class cluster_content {
 public:
  /// All outlive it; `clock` stamps generations made here.
  cluster_content(shared_documents& documents, stored_library& library, const io::clock& clock)
      : documents_{documents}, library_{library}, clock_{clock} {}

  /// The generation in force; when there is none yet, what was read here becomes the first.
  [[nodiscard]] base::result<actors::content_ptr> begin(read_result local);

  /// Later generations go here, on a thread of their own.
  void attach(std::function<base::status(const actors::content_ptr&)> switch_to);
  /// Returns when none is being handed on.
  void detach();

  struct applied {
    base::generation generation; ///< in force now, or that would come next
    std::string hash;
    bool changed = false;
    std::string difference; ///< for people; empty when nothing changed
  };
  /// Kinds of documents that `documents` holds none of stay as they are. `problems` gets everything
  /// that is wrong, one line each. ec::malformed then; ec::conflict when another was first.
  [[nodiscard]] base::result<applied> apply(std::vector<document> documents, bool dry_run,
                                            std::vector<std::string>& problems);

 private:
  base::status in_force(std::uint64_t version, const std::string& bytes);

  shared_documents& documents_;
  stored_library& library_;
  const io::clock& clock_;

  std::mutex switching_; ///< held while a generation is handed on; before guard_
  std::mutex guard_;
  // Below: protected by guard_.
  std::shared_ptr<const ingest::address_book> book_;
  std::function<base::status(const actors::content_ptr&)> switch_to_;
};

} // namespace vedette::server
