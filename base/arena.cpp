#include "base/arena.hpp"

#include <algorithm>

namespace vedette::base {

void* arena::allocate(std::size_t bytes, std::size_t alignment) {
  used_ += bytes;
  while (current_ < blocks_.size()) {
    auto& b = blocks_[current_];
    const std::size_t start = (offset_ + alignment - 1) / alignment * alignment;
    if (start + bytes <= b.size) {
      offset_ = start + bytes;
      return b.memory.get() + start;
    }
    ++current_;
    offset_ = 0;
  }
  // Most arenas hold a few events, so blocks begin small.
  const std::size_t usual =
      std::min(block_size, first_block_size << std::min<std::size_t>(blocks_.size(), 8));
  const std::size_t size = std::max(bytes, usual);
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
  current_ = blocks_.size() - 1;
  offset_ = bytes;
  return blocks_.back().memory.get();
}

void arena::clear() noexcept {
  current_ = 0;
  offset_ = 0;
  used_ = 0;
}

} // namespace vedette::base
