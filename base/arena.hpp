// Bump allocation for the strings of one batch of events: they all die together.
//
// Not thread-safe. Memory grows by blocks and is kept over `clear`, so a reused arena stops
// allocating after its first batches. Views stay valid until `clear` or destruction.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace vedette::base {

class arena {
 public:
  arena() = default;
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;
  arena(arena&&) = default;
  arena& operator=(arena&&) = default;

  /// Uninitialised bytes; O(1) but for a new block each `block_size` or less.
  [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment);

  [[nodiscard]] std::string_view copy(std::string_view text) {
    if (text.empty())
      return {};
    auto* out = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }

  /// A zeroed array of trivial values.
  template <class T>
  [[nodiscard]] std::span<T> array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0)
      return {};
    auto* out = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    for (std::size_t i = 0; i < count; ++i)
      new (out + i) T{};
    return {out, count};
  }

  template <class T>
  [[nodiscard]] std::span<const T> copy(std::span<const T> values) {
    auto out = array<T>(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      out[i] = values[i];
    return out;
  }

  /// Forgets everything handed out and keeps the memory.
  void clear() noexcept;

  /// Bytes handed out since the last `clear`, not counting padding.
  [[nodiscard]] std::size_t used() const noexcept { return used_; }

  static constexpr std::size_t first_block_size = 4 * 1024;
  static constexpr std::size_t block_size = 64 * 1024; ///< reached by doubling

 private:
  struct block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size = 0;
  };

  std::vector<block> blocks_;
  std::size_t current_ = 0; ///< index of the block in use
  std::size_t offset_ = 0;  ///< first free byte in it
  std::size_t used_ = 0;
};

} // namespace vedette::base
