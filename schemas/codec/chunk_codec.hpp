// A chunk of a partition's checkpoint as it travels between stores.
//
// Pure. Keys and values are opaque here; a chunk is at most limits::log_record_bytes. Decoding
// checks form only: whether keys are the store's, the store says when they are staged.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::schemas {

struct checkpoint_items {
  std::vector<std::pair<std::string, std::string>> entities, meta;

  friend bool operator==(const checkpoint_items&, const checkpoint_items&) = default;
};

/// O(bytes).
[[nodiscard]] std::string encode(const checkpoint_items& chunk);
/// ec::malformed. O(bytes).
[[nodiscard]] base::result<checkpoint_items> decode_checkpoint_items(std::string_view bytes);

} // namespace vedette::schemas
