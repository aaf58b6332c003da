// Several texts as one, in an arena. The formats make names of parts with it ("arn:…:role/…",
// "create pods/exec"), once per event and without the heap.
#pragma once

#include "base/arena.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace vedette::ingest {

[[nodiscard]] inline std::string_view joined(base::arena& memory,
                                             std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (auto p : parts)
    size += p.size();
  auto* out = static_cast<char*>(memory.allocate(size, 1));
  auto* to = out;
  for (auto p : parts)
    to = std::copy(p.begin(), p.end(), to);
  return {out, size};
}

} // namespace vedette::ingest
