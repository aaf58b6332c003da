// A few texts in one heap block of exactly their size.
//
// Hot state holds many short texts that are written once and read when something is said of them; a
// std::string costs 32 bytes and, above 15 characters, an allocation each. Here each text is its
// length (seven bits a byte, the lowest first) and its bytes, so 1 byte more than its characters up
// to 127 of them and 2 up to 16'383; the size of it all stands in front in the same way. Empty
// texts at the end are left out, and nothing but empty ones is no block at all: equal texts are
// equal bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace vedette::detect {

class packed_texts {
 public:
  packed_texts() = default;
  explicit packed_texts(std::span<const std::string_view> texts);
  packed_texts(const packed_texts& other);
  packed_texts(packed_texts&&) noexcept = default;
  packed_texts& operator=(const packed_texts& other) { return *this = packed_texts{other}; }
  packed_texts& operator=(packed_texts&&) noexcept = default;
  ~packed_texts() = default;

  /// The text at this place, empty behind the last one; valid while this one is. O(place).
  [[nodiscard]] std::string_view at(std::size_t place) const noexcept;
  /// Puts the first texts into `out`, all of its places. O(places).
  void unpack(std::span<std::string_view> out) const noexcept;

  /// Of the block, allocator overhead not counted. O(1).
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

  friend bool operator==(const packed_texts& a, const packed_texts& b) noexcept;

 private:
  /// What follows the size.
  [[nodiscard]] std::string_view body() const noexcept;

  std::unique_ptr<char[]> block_;
};

} // namespace vedette::detect
