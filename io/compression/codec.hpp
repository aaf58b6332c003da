// What the decompressor asks of a library: the seam between the counting and bounding, which is
// ours and the same for all, and the two formats. Only the .cpp files of this folder include it.
#pragma once

#include "io/compression/decompressor.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vedette::io {

class decompressor::codec {
 public:
  codec(std::string what, expansion_limits limits) : what_{std::move(what)}, limits_{limits} {}
  virtual ~codec() = default;
  codec(const codec&) = delete;
  codec& operator=(const codec&) = delete;

  virtual base::status write(std::string_view input, const byte_sink& sink) = 0;
  virtual base::status finish() = 0;

  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return in_; }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return out_; }

 protected:
  /// Counts a piece, judges it, hands it on. `consumed` of the input so far has been used for it.
  base::status deliver(std::string_view piece, const byte_sink& sink);
  void consumed(std::size_t bytes) noexcept { in_ += bytes; }
  [[nodiscard]] const std::string& what() const noexcept { return what_; }
  [[nodiscard]] const expansion_limits& limits() const noexcept { return limits_; }

 private:
  std::string what_;
  expansion_limits limits_;
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
};

[[nodiscard]] std::unique_ptr<decompressor::codec> make_gzip_codec(std::string what,
                                                                   expansion_limits);
[[nodiscard]] std::unique_ptr<decompressor::codec> make_zstd_codec(std::string what,
                                                                   expansion_limits);

} // namespace vedette::io
