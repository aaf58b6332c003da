#include "io/compression/decompressor.hpp"

#include "io/compression/codec.hpp"

#include <fmt/format.h>

#include <utility>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

class plain_codec final : public decompressor::codec {
 public:
  using codec::codec;

  base::status write(std::string_view input, const byte_sink& sink) override {
    if (input.empty())
      return {};
    consumed(input.size());
    return deliver(input, sink);
  }
  base::status finish() override { return {}; }
};

std::unique_ptr<decompressor::codec> make_codec(compression kind, std::string what,
                                                expansion_limits limits) {
  switch (kind) {
  case compression::gzip:
    return make_gzip_codec(std::move(what), limits);
  case compression::zstd:
    return make_zstd_codec(std::move(what), limits);
  case compression::none:
    break;
  }
  return std::make_unique<plain_codec>(std::move(what), limits);
}

} // namespace

std::string_view to_string(compression c) noexcept {
  constexpr std::string_view names[] = {"none", "gzip", "zstd"};
  return names[static_cast<int>(c)];
}

compression sniff_compression(std::string_view first_bytes) noexcept {
  if (first_bytes.starts_with("\x1f\x8b"))
    return compression::gzip;
  // A zstd file may begin with a skippable frame: 0x184D2A5? little-endian.
  if (first_bytes.starts_with("\x28\xb5\x2f\xfd"))
    return compression::zstd;
  if (first_bytes.size() >= 4 && (static_cast<unsigned char>(first_bytes[0]) & 0xf0U) == 0x50U &&
      first_bytes.substr(1, 3) == "\x2a\x4d\x18")
    return compression::zstd;
  return compression::none;
}

base::status decompressor::codec::deliver(std::string_view piece, const byte_sink& sink) {
  out_ += piece.size();
  if (out_ > limits_.output_bytes_max)
    return error{ec::too_large, fmt::format("decompressing {}: it unpacks to more than {} bytes",
                                            what_, limits_.output_bytes_max)};
  if (out_ > limits_.grace_bytes && out_ / limits_.ratio > in_)
    return error{
        ec::too_large,
        fmt::format("decompressing {}: {} bytes unpacked to more than {} times their size, "
                    "which no log does; unpack it yourself if it is genuine",
                    what_, in_, limits_.ratio)};
  return sink(piece);
}

decompressor::decompressor(compression kind, std::string what, expansion_limits limits)
    : codec_{make_codec(kind, std::move(what), limits)} {}
decompressor::~decompressor() = default;
decompressor::decompressor(decompressor&&) noexcept = default;
decompressor& decompressor::operator=(decompressor&&) noexcept = default;

base::status decompressor::write(std::string_view input, const byte_sink& sink) {
  return codec_->write(input, sink);
}
base::status decompressor::finish() {
  return codec_->finish();
}
std::uint64_t decompressor::bytes_in() const noexcept {
  return codec_->bytes_in();
}
std::uint64_t decompressor::bytes_out() const noexcept {
  return codec_->bytes_out();
}

base::result<std::string> decompress_all(compression kind, std::string_view input, std::string what,
                                         expansion_limits limits) {
  std::string out;
  decompressor unpack{kind, std::move(what), limits};
  const byte_sink append = [&](std::string_view piece) -> base::status {
    out += piece;
    return {};
  };
  if (auto done = unpack.write(input, append); !done)
    return done.err();
  if (auto done = unpack.finish(); !done)
    return done.err();
  return out;
}

} // namespace vedette::io
