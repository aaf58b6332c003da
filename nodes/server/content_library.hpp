// Every generation of content that the node's log could still name, in the node's own store.
//
// A changed set of files becomes the next generation, written before anything is folded with it.
// Old ones stay as long as a checkpoint or a kept log entry could name them; `prune` forgets the
// rest. Remembers all manifests (a few kilobytes each) and the compiled form of the newest; older
// ones are compiled when asked for and live as long as somebody uses them. Documents that
// generations share are stored once. Thread-safe. Made by the node, asked by detectors and
// aggregators.
#pragma once

#include "actors/content.hpp"
#include "nodes/server/content_files.hpp"
#include "state/store.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace vedette::server {

class stored_library final : public actors::content_library {
 public:
  /// Reads the manifests. Errors: io, corrupt, unsupported.
  [[nodiscard]] static base::result<std::shared_ptr<stored_library>>
  open(std::shared_ptr<state::store> store);

  struct adoption {
    actors::content_ptr content;
    bool fresh = false;            ///< it became a generation of its own
    content_difference difference; ///< from the one before, when fresh
  };
  /// The newest generation if that is what was read, else the next one, written. Durable with the
  /// first log entry after it: both go through one write-ahead log. Errors: io, disk_full.
  [[nodiscard]] base::result<adoption> adopt(read_result read, base::receive_time now);

  /// A generation of the cluster's, with its number, as another node sent it; written, like
  /// `adopt`. Its lists are this node's own (`book`, may be null). Errors: corrupt, malformed,
  /// conflict when this store holds another content under that number.
  [[nodiscard]] base::result<adoption> take(std::string_view bundle,
                                            std::shared_ptr<const ingest::address_book> book);
  /// What was read as the generation `number`, for other nodes; nothing is written.
  [[nodiscard]] static std::string bundle_of(const read_result& read, base::generation number,
                                             base::receive_time made);
  /// The newest; null before the first `adopt` or `take`.
  [[nodiscard]] actors::content_ptr newest() const;

  /// ec::not_found when the store does not hold it (any more).
  [[nodiscard]] base::result<actors::content_ptr> find(base::generation number) override;

  /// Forgets generations that nothing can name: older than every checkpoint's, and superseded for
  /// an hour when the oldest kept record was written (an entry of a batch that was under way comes
  /// that late at most). Returns how many. O(checkpoints).
  [[nodiscard]] base::result<std::size_t> prune();

  /// Ascending.
  [[nodiscard]] std::vector<base::generation> kept() const;

 private:
  explicit stored_library(std::shared_ptr<state::store> store) : store_{std::move(store)} {}

  /// `find`, with the guard held.
  [[nodiscard]] base::result<actors::content_ptr> made(base::generation number);
  [[nodiscard]] base::result<std::string> text_of(const schemas::content_document& d) const;
  [[nodiscard]] base::result<base::generation> oldest_in_checkpoints() const;
  /// The rules of a live generation with the same rule documents; null when there is none.
  [[nodiscard]] std::shared_ptr<const detect::ruleset>
  same_rules(const std::vector<schemas::content_document>& documents) const;

  std::shared_ptr<state::store> store_;
  mutable std::mutex guard_;
  std::map<base::generation, schemas::content_manifest> manifests_;
  std::map<base::generation, std::weak_ptr<const actors::content_generation>> compiled_;
  actors::content_ptr newest_; ///< null before the first `adopt`
};

} // namespace vedette::server
