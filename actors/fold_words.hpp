// What a replica and the fold of its log say to each other, within one actor.
#pragma once

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "cluster/replica_words.hpp"
#include "state/entity_store.hpp"
#include "state/partition_log.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace vedette::actors {

// --- to the replica ---

/// To be appended. It comes back in `committed` with its token, or is void with `term_ended` or
/// `append_refused`; tokens grow and are never 0.
struct append_item {
  std::uint64_t token = 0;
  state::entry_kind kind = state::entry_kind::batch;
  std::uint16_t fold_version = 1;
  std::shared_ptr<const std::string> body;
};

/// This entry ended the fold in an earlier process: what does the log say to skip of it? Answered
/// once it says so for every record of `deadly`; the copy that serves appends what is missing.
struct ask_skips {
  base::entry_index entry;
  std::vector<std::uint32_t> deadly; ///< base::whole_entry: all of it
};

// --- to the fold ---

/// Goes on where the one before ended.
struct committed {
  struct item {
    std::uint64_t token = 0; ///< 0: appended by somebody else, or before a start
    cluster::entry entry;
  };
  std::vector<item> items;
  std::size_t bytes = 0;
};

struct append_refused {
  std::vector<std::uint64_t> tokens;
  base::error why;
};

/// From now on what is appended is taken. Everything that came before is folded already.
struct term_began {
  base::epoch epoch;
};
/// What was appended and has not come back has an unknown outcome.
struct term_ended {
  base::error why;
};
/// Another state stands in the store's place: load it and go on from there.
struct state_replaced {};

struct skips_found {
  base::entry_index entry;
  std::vector<std::uint32_t> records;
};

/// A state is about to be put in the store's place: write no checkpoint until `state_replaced`, and
/// call once none is under way.
struct hold_still {
  std::function<void()> then;
};

/// The state as of one entry, and the meta values that belong to it.
struct checkpoint_taken {
  base::entry_index at;
  std::shared_ptr<const state::entity_view> entities;
  std::vector<std::pair<std::string, std::string>> meta;
};
/// Write a checkpoint, do not let the log be trimmed behind it, and show it.
struct take_checkpoint {
  std::function<void(const base::result<checkpoint_taken>&)> then;
};

using fold_word = std::variant<committed, append_refused, term_began, term_ended, state_replaced,
                               skips_found, hold_still, take_checkpoint>;

} // namespace vedette::actors
