// What earlier processes of this data directory were at work on when they died of it.
//
// A handler of fatal signals writes what the thread that died was reading or folding
// (base/fold_place.hpp) into a small file that is mapped all the time: no lock, no allocation, and
// the page outlives the process. A kill from outside leaves nothing. Holds the newest
// `last_words_max` places with how often each was the last; a stack that overflows says nothing,
// for it has no room for the handler. One data directory in a process.
#pragma once

#include "base/fold_place.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace vedette::io {

inline constexpr std::size_t last_words_max = 64;

struct last_words {
  base::fold_place place;
  std::uint32_t times = 0; ///< at least 1
};

/// Reads the file, makes it when there is none, and begins to listen. One that is no such file is
/// begun anew. Errors: io. Before threads are started.
[[nodiscard]] base::result<std::vector<last_words>>
keep_last_words(const std::filesystem::path& file);

} // namespace vedette::io
