// Who may ask a node and send to it: its own tokens and keys, or its cluster's.
//
// In a cluster tokens and keys are documents that all nodes share, and one token stays the node's
// own: `admin@NODE`, which lies in the data directory, so that whoever can read that directory can
// always ask the node. The node that makes the first documents gives them what it had; its admin
// token is the cluster's `admin` then, and no longer its own. Owned by node.cpp; the sockets and
// the API hold references.
#pragma once

#include "nodes/server/api/key_store.hpp"
#include "nodes/server/api/token_store.hpp"
#include "nodes/server/shared_documents.hpp"
#include "state/store.hpp"

#include <memory>
#include <string>

namespace vedette::server {

class node_access {
 public:
  /// `clock` outlives it. `server_key` is the public key of the node's sockets.
  node_access(std::shared_ptr<state::store> store, const io::clock& clock, std::string server_key);

  /// The node's own, with its admin token in `admin_file`: token_store::open. Errors: io, corrupt,
  /// denied, disk_full.
  [[nodiscard]] base::status open(const std::string& admin_file);
  /// After `open`, in a cluster: the cluster's instead. Blocks for them. `documents` end before
  /// this does. Errors: record_place's.
  [[nodiscard]] base::status share(shared_documents& documents, const std::string& node);

  /// Before `open` has succeeded: none. The same objects from `share` on.
  [[nodiscard]] token_store& tokens() { return *tokens_; }
  [[nodiscard]] key_store& keys() { return *keys_; }

 private:
  std::shared_ptr<state::store> store_;
  const io::clock& clock_;
  std::string server_key_;
  std::unique_ptr<token_store> own_tokens_; ///< in a cluster, where only its admin counts
  std::unique_ptr<token_store> tokens_;
  std::unique_ptr<key_store> keys_;
};

/// Who holds the node's own admin token, as it counts beside the cluster's; nobody for any other
/// token, and for one that the cluster's tokens began with. Pure but for what the stores remember.
[[nodiscard]] std::optional<io::principal> local_admin(const token_store& own,
                                                       const token_store& shared,
                                                       const std::string& node,
                                                       std::string_view digest);

} // namespace vedette::server
