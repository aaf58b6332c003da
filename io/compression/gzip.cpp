#include "io/compression/codec.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

/// RFC 1952: members one after the other, as cat and log rotation make them. Zero bytes after the
/// last member are padding (tapes, blocks); anything else there is damage.
class gzip_codec final : public decompressor::codec {
 public:
  gzip_codec(std::string what, expansion_limits limits)
      : codec{std::move(what), limits}, buffer_{std::make_unique<char[]>(
                                            decompressor::output_chunk_bytes)} {
    VEDETTE_ASSERT(inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK);
  }
  ~gzip_codec() override { inflateEnd(&stream_); }

  base::status write(std::string_view input, const byte_sink& sink) override {
    while (!input.empty()) {
      if (state_ == state::between)
        state_ = after_member(input.front());
      if (state_ == state::padding)
        return take_padding(input);
      if (auto done = inflate_some(input, sink); !done)
        return done;
    }
    return {};
  }

  base::status finish() override {
    if (state_ == state::inside)
      return error{
          ec::unreadable,
          fmt::format("decompressing {}: the gzip stream ends early after {} bytes; the file "
                      "is truncated, fetch it again",
                      what(), bytes_in())};
    return {};
  }

 private:
  /// `start`: nothing seen; `between`: a member ended, what follows decides.
  enum class state : std::uint8_t { start, inside, between, padding };

  /// What the first byte behind a member begins.
  state after_member(char first) {
    if (first == '\0')
      return state::padding;
    VEDETTE_ASSERT(inflateReset(&stream_) == Z_OK);
    return state::inside;
  }

  base::status take_padding(std::string_view input) {
    if (input.find_first_not_of('\0') != std::string_view::npos)
      return damaged("bytes after its end that are not gzip");
    consumed(input.size());
    return {};
  }

  base::status inflate_some(std::string_view& input, const byte_sink& sink) {
    state_ = state::inside;
    do {
      // zlib counts input in 32 bits.
      const auto size = std::min<std::size_t>(input.size(), std::numeric_limits<uInt>::max());
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
      stream_.avail_in = static_cast<uInt>(size);
      stream_.next_out = reinterpret_cast<Bytef*>(buffer_.get());
      stream_.avail_out = static_cast<uInt>(decompressor::output_chunk_bytes);
      const int said = inflate(&stream_, Z_NO_FLUSH);
      const auto used = size - stream_.avail_in;
      input.remove_prefix(used);
      consumed(used);
      const auto made = decompressor::output_chunk_bytes - stream_.avail_out;
      if (made > 0)
        if (auto done = deliver({buffer_.get(), made}, sink); !done)
          return done;
      if (said == Z_STREAM_END) {
        state_ = state::between;
        return {};
      }
      // Z_BUF_ERROR only says that there was nothing left to do.
      if (said != Z_OK && said != Z_BUF_ERROR)
        return damaged(stream_.msg != nullptr ? stream_.msg : "unknown reason");
      // A full output buffer may hide more that zlib already knows.
    } while (stream_.avail_out == 0);
    return {};
  }

  base::status damaged(const char* why) const {
    return error{ec::malformed,
                 fmt::format("decompressing {}: damaged gzip stream near byte {}: {}", what(),
                             bytes_in(), why)};
  }

  z_stream stream_{};
  std::unique_ptr<char[]> buffer_;
  state state_ = state::start;
};

} // namespace

std::unique_ptr<decompressor::codec> make_gzip_codec(std::string what, expansion_limits limits) {
  return std::make_unique<gzip_codec>(std::move(what), limits);
}

} // namespace vedette::io
