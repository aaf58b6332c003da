// Walks the fields of a Protocol Buffers message without its schema, for the one protocol of
// shippers that comes in them (https://protobuf.dev/programming-guides/encoding/).
//
// Bounds-checked; on damaged bytes there is simply no next field and `broken()`. Copies nothing.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace vedette::server {

class protobuf_reader {
 public:
  explicit protobuf_reader(std::string_view message) noexcept : rest_{message} {}

  [[nodiscard]] bool next() noexcept {
    std::uint64_t tag = 0;
    if (rest_.empty() || broken_ || !varint(tag))
      return false;
    number_ = static_cast<std::uint32_t>(tag >> 3U);
    bytes_ = {};
    value_ = 0;
    switch (tag & 7U) {
    case 0:
      return varint(value_);
    case 1:
      return fixed(8);
    case 2: {
      std::uint64_t length = 0;
      if (!varint(length) || length > rest_.size())
        return fail();
      bytes_ = rest_.substr(0, length);
      rest_.remove_prefix(length);
      return true;
    }
    case 5:
      return fixed(4);
    default: // groups, which nobody writes any more
      return fail();
    }
  }
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  /// Of a varint or a fixed field, as its bits are.
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }
  /// Of a text, bytes, or a message in this one.
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool broken() const noexcept { return broken_; }

 private:
  bool fail() noexcept {
    broken_ = true;
    return false;
  }
  bool varint(std::uint64_t& out) noexcept {
    out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty())
        return fail();
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      out |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80)
        return true;
    }
    return fail();
  }
  bool fixed(std::size_t size) noexcept {
    if (rest_.size() < size)
      return fail();
    std::memcpy(&value_, rest_.data(), size); // little endian, as every machine this runs on
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_, bytes_;
  std::uint64_t value_ = 0;
  std::uint32_t number_ = 0;
  bool broken_ = false;
};

} // namespace vedette::server
