#include "io/compression/codec.hpp"

#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

/// RFC 8878: frames one after the other, skippable ones among them; the library walks through them.
class zstd_codec final : public decompressor::codec {
 public:
  zstd_codec(std::string what, expansion_limits limits)
      : codec{std::move(what), limits}, stream_{ZSTD_createDCtx()},
        buffer_{std::make_unique<char[]>(decompressor::output_chunk_bytes)} {
    VEDETTE_ASSERT(stream_ != nullptr);
    const auto set =
        ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, limits.zstd_window_log_max);
    VEDETTE_ASSERT(!ZSTD_isError(set));
  }
  ~zstd_codec() override { ZSTD_freeDCtx(stream_); }

  base::status write(std::string_view input, const byte_sink& sink) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    bool output_full = false;
    while (in.pos < in.size || output_full) {
      ZSTD_outBuffer out{buffer_.get(), decompressor::output_chunk_bytes, 0};
      const auto before = in.pos;
      const auto said = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(said))
        return damaged(said);
      consumed(in.pos - before);
      // 0: a frame is complete and flushed.
      inside_ = said != 0;
      output_full = out.pos == out.size && inside_;
      if (out.pos > 0)
        if (auto done = deliver({buffer_.get(), out.pos}, sink); !done)
          return done;
      if (out.pos == 0 && in.pos == before)
        break;
    }
    return {};
  }

  base::status finish() override {
    if (inside_)
      return error{
          ec::unreadable,
          fmt::format("decompressing {}: the zstd stream ends early after {} bytes; the file "
                      "is truncated, fetch it again",
                      what(), bytes_in())};
    return {};
  }

 private:
  base::status damaged(std::size_t said) const {
    if (ZSTD_getErrorCode(said) == ZSTD_error_frameParameter_windowTooLarge)
      return error{ec::too_large,
                   fmt::format("decompressing {}: its zstd window is over {} MiB; pack it "
                               "again without --long",
                               what(), (std::size_t{1} << limits().zstd_window_log_max) >> 20)};
    return error{ec::malformed,
                 fmt::format("decompressing {}: damaged zstd stream near byte {}: {}", what(),
                             bytes_in(), ZSTD_getErrorName(said))};
  }

  ZSTD_DCtx* stream_;
  std::unique_ptr<char[]> buffer_;
  bool inside_ = false;
};

} // namespace

std::unique_ptr<decompressor::codec> make_zstd_codec(std::string what, expansion_limits limits) {
  return std::make_unique<zstd_codec>(std::move(what), limits);
}

} // namespace vedette::io
