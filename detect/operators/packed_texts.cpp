#include "detect/operators/packed_texts.hpp"

#include <algorithm>

namespace vedette::detect {

namespace {

constexpr std::size_t length_bytes(std::size_t length) noexcept {
  std::size_t bytes = 1;
  for (; length >= 0x80; length >>= 7)
    ++bytes;
  return bytes;
}

char* write_length(char* to, std::size_t length) noexcept {
  for (; length >= 0x80; length >>= 7)
    *to++ = static_cast<char>(length | 0x80);
  *to++ = static_cast<char>(length);
  return to;
}

std::size_t read_length(const char*& from) noexcept {
  std::size_t length = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*from++);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80)
      return length;
  }
}

/// Takes one text from the front of a body; empty when there is none left.
std::string_view take_text(std::string_view& body) noexcept {
  if (body.empty())
    return {};
  const char* text = body.data();
  const auto length = read_length(text);
  body.remove_prefix(static_cast<std::size_t>(text - body.data()) + length);
  return {text, length};
}

} // namespace

packed_texts::packed_texts(std::span<const std::string_view> texts) {
  while (!texts.empty() && texts.back().empty())
    texts = texts.first(texts.size() - 1);
  if (texts.empty())
    return;
  std::size_t size = 0;
  for (const auto text : texts)
    size += length_bytes(text.size()) + text.size();
  block_ = std::make_unique_for_overwrite<char[]>(length_bytes(size) + size);
  char* to = write_length(block_.get(), size);
  for (const auto text : texts)
    to = std::copy(text.begin(), text.end(), write_length(to, text.size()));
}

packed_texts::packed_texts(const packed_texts& other) {
  const auto bytes = other.heap_bytes();
  if (bytes == 0)
    return;
  block_ = std::make_unique_for_overwrite<char[]>(bytes);
  std::copy_n(other.block_.get(), bytes, block_.get());
}

std::string_view packed_texts::at(std::size_t place) const noexcept {
  auto rest = body();
  for (; place > 0; --place)
    take_text(rest);
  return take_text(rest);
}

void packed_texts::unpack(std::span<std::string_view> out) const noexcept {
  auto rest = body();
  for (auto& text : out)
    text = take_text(rest);
}

std::size_t packed_texts::heap_bytes() const noexcept {
  const auto size = body().size();
  return size == 0 ? 0 : length_bytes(size) + size;
}

std::string_view packed_texts::body() const noexcept {
  if (!block_)
    return {};
  const char* from = block_.get();
  const auto size = read_length(from);
  return {from, size};
}

bool operator==(const packed_texts& a, const packed_texts& b) noexcept {
  return a.body() == b.body();
}

} // namespace vedette::detect
