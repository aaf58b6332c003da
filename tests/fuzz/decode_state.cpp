// Stored bytes that claim to be state or log entries: whatever the disk gives back, the decoders
// answer, and what they accept is encoded to bytes that decode to the same again.
#include "actors/entity_codec.hpp"
#include "actors/tenant_codec.hpp"
#include "base/assert.hpp"
#include "schemas/codec/checkpoint_codec.hpp"
#include "schemas/codec/entry_codec.hpp"

#include <cstddef>
#include <cstdint>

using namespace vedette;

namespace {

/// Encodes what was accepted, and that once more after decoding: both must be the same bytes.
template <class Value, class Encode, class Decode>
void must_settle(const base::result<Value>& accepted, Encode encode, Decode decode) {
  if (!accepted) {
    VEDETTE_ASSERT(!accepted.err().context.empty());
    return;
  }
  const std::string once = encode(*accepted);
  const auto again = decode(once);
  VEDETTE_ASSERT(again.has_value());
  VEDETTE_ASSERT(encode(*again) == once);
}

constexpr auto plainly = [](const auto& v) { return schemas::encode(v); };

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view input{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  switch (bytes[0] % 9) {
  case 0:
    must_settle(
        actors::decode_entity(input),
        [](const actors::stored_entity& e) { return actors::encode(e.state, e.folded); },
        actors::decode_entity);
    break;
  case 1:
    must_settle(
        actors::decode_tenant(input),
        [](const respond::tenant_state::data& d) { return actors::encode(d); },
        actors::decode_tenant);
    break;
  case 2:
    must_settle(
        actors::decode_input(input), [](const respond::input& i) { return actors::encode(i); },
        actors::decode_input);
    break;
  case 3:
    must_settle(schemas::decode_partition_checkpoint(input), plainly,
                schemas::decode_partition_checkpoint);
    break;
  case 4:
    must_settle(schemas::decode_batch_entry(input), plainly, schemas::decode_batch_entry);
    break;
  case 5:
    must_settle(schemas::decode_tick_entry(input), plainly, schemas::decode_tick_entry);
    break;
  case 6:
    must_settle(schemas::decode_emitted_entry(input), plainly, schemas::decode_emitted_entry);
    break;
  case 7:
    must_settle(schemas::decode_answered_entry(input), plainly, schemas::decode_answered_entry);
    must_settle(schemas::decode_skip_entry(input), plainly, schemas::decode_skip_entry);
    break;
  default:
    must_settle(schemas::decode_tenant_entry(input), plainly, schemas::decode_tenant_entry);
  }
  return 0;
}
