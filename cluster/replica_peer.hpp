// What a primary knows of one of its replicas.
//
// Lives as long as the epoch of the primary and the replica's place in the table. Bounded by
// `window_messages` and a handful of digests. Only cluster/replica*.cpp uses it.
#pragma once

#include "cluster/replica_pace.hpp"
#include "cluster/replica_words.hpp"

#include <cstdint>
#include <deque>
#include <optional>

namespace vedette::cluster {

enum class peer_mode : std::uint8_t {
  probing, ///< asked where it stands
  tailing, ///< gets entries as they come
  seeding, ///< gets a checkpoint
};

struct replica_peer {
  node_id node;
  store_incarnation incarnation; ///< 0 until it has answered in this epoch
  peer_mode mode = peer_mode::probing;
  std::uint64_t session = 0;

  base::entry_index match; ///< everything up to here is on its stable storage
  base::entry_index next{1};
  std::deque<base::entry_index> unanswered; ///< last index of each append under way
  std::uint64_t reading = 0;                ///< request number of a log read under way

  instant heard_at{}, sent_at{}, progress_at{}, backoff{};
  replica_pace pace;

  bool lost = false;        ///< holds less than it acknowledged: must leave the in-sync set
  bool must_reseed = false; ///< its state is wrong: must leave, then gets a checkpoint
  bool too_old = false;     ///< stands before the oldest entry we keep: gets a checkpoint

  std::optional<checkpoint_manifest> manifest; ///< opened
  std::uint64_t checkpoint_id = 0;
  std::uint32_t staged_below = 0, next_chunk = 0;
  base::entry_index pinned;         ///< the log is kept behind this one for it; 0: not
  std::deque<state_digest> digests; ///< the newest few
  base::entry_index seeded_at;      ///< digests up to here speak of the state before the seeding
  bool seeded = false; ///< in this term; one that falls behind again would be seeded for ever
};

} // namespace vedette::cluster
