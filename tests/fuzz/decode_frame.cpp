// Bytes from an ingest socket: whatever they are, decode_frame answers, and what it accepts can be
// read, encoded again and decoded to the same bytes.
#include "base/assert.hpp"
#include "schemas/codec/frame_codec.hpp"

#include <cstddef>
#include <cstdint>

using namespace vedette;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto f = schemas::decode_frame({reinterpret_cast<const char*>(bytes), size});
  if (!f) {
    VEDETTE_ASSERT(!f.err().context.empty());
    return 0;
  }
  if (const auto* batch = std::get_if<schemas::batch_frame>(&*f)) {
    volatile char last = 0;
    for (const auto r : batch->records)
      last = r.data() == nullptr ? '\0' : r.data()[r.size() + 63];
    (void)last;
  }
  const auto once = schemas::encode(*f);
  const auto again = schemas::decode_frame(once);
  VEDETTE_ASSERT(again.has_value());
  VEDETTE_ASSERT(schemas::encode(*again) == once);
  return 0;
}
