// Bytes that claim to be events, an alert or a log record: the decoders answer, and what they
// accept survives being encoded again.
#include "base/assert.hpp"
#include "schemas/codec/alert_codec.hpp"
#include "schemas/codec/event_codec.hpp"
#include "schemas/codec/record_codec.hpp"

#include <cstddef>
#include <cstdint>

using namespace vedette;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(bytes), size};
  if (const auto events = schemas::decode_events(input)) {
    const auto once = schemas::encode(**events);
    const auto again = schemas::decode_events(once);
    VEDETTE_ASSERT(again.has_value());
    VEDETTE_ASSERT((*again)->events.size() == (*events)->events.size());
    VEDETTE_ASSERT(schemas::encode(**again) == once);
  }
  if (const auto alert = schemas::decode_alert(input)) {
    const auto again = schemas::decode_alert(schemas::encode(*alert));
    VEDETTE_ASSERT(again.has_value() && *again == *alert);
  }
  (void)schemas::decode_record(input).has_value();
  (void)schemas::decode_run(input).has_value();
  return 0;
}
