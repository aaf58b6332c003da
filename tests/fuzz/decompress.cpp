// Bytes that claim to be gzip or zstd, in pieces of any size: decompressed or refused, never more
// out than was allowed, and the same whatever the pieces.
//
// The first byte says how the rest is cut.
#include "base/assert.hpp"
#include "io/compression/decompressor.hpp"

#include <cstddef>
#include <cstdint>

using namespace vedette;

namespace {

struct what_came_out {
  bool whole = false;
  std::string text;
};

what_came_out run(std::string_view input, std::size_t piece) {
  io::expansion_limits limits;
  limits.grace_bytes = std::size_t{64} << 10;
  limits.output_bytes_max = std::size_t{1} << 20;
  limits.zstd_window_log_max = 20;
  what_came_out out;
  io::decompressor d{io::sniff_compression(input.substr(0, 4)), "input", limits};
  const auto sink = [&](std::string_view bytes) -> base::status {
    out.text += bytes;
    VEDETTE_ASSERT(out.text.size() <= limits.output_bytes_max);
    return {};
  };
  for (std::size_t at = 0; at < input.size(); at += piece) {
    const std::string copy{input.substr(at, piece)};
    if (const auto ok = d.write(copy, sink); !ok) {
      VEDETTE_ASSERT(!ok.err().context.empty());
      return out;
    }
  }
  out.whole = static_cast<bool>(d.finish());
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view input{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  const auto at_once = run(input, input.size() + 1);
  const auto in_pieces = run(input, std::size_t{bytes[0]} + 1);
  VEDETTE_ASSERT(at_once.whole == in_pieces.whole);
  VEDETTE_ASSERT(!at_once.whole || at_once.text == in_pieces.text);
  return 0;
}
