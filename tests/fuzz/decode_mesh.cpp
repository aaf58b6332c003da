// Bytes from a mesh socket: frames, what replicas say in them, and what nodes ask each other.
// Whatever they are, the decoders answer; frames and replica messages that they accept are encoded
// to bytes that decode to the same again.
#include "actors/remote.hpp"
#include "actors/replica_codec.hpp"
#include "base/assert.hpp"
#include "schemas/codec/access_codec.hpp"
#include "schemas/codec/content_codec.hpp"
#include "schemas/codec/mesh_codec.hpp"

#include <cstddef>
#include <cstdint>

using namespace vedette;

namespace {

void one_replica_message(std::string_view bytes) {
  const auto m = actors::decode_replica_message(bytes);
  if (!m) {
    VEDETTE_ASSERT(!m.err().context.empty());
    return;
  }
  const auto once = actors::encode(*m);
  const auto again = actors::decode_replica_message(once);
  VEDETTE_ASSERT(again.has_value());
  VEDETTE_ASSERT(actors::encode(*again) == once);
}

void one_frame(std::string_view bytes) {
  const auto f = schemas::decode_mesh_frame(bytes);
  if (!f) {
    VEDETTE_ASSERT(!f.err().context.empty());
    return;
  }
  // Many pointers may name the same bytes, so what was small may be large when written out.
  std::size_t size = 0;
  for (const auto m : f->messages)
    size += m.size();
  // What is packed may be as large as a frame may be, unpacked.
  VEDETTE_ASSERT(size <= 4 * schemas::mesh_frame_bytes_max + 8192);
  if (size > schemas::mesh_frame_bytes_max / 2)
    return;
  const auto once = schemas::encode(*f);
  const auto again = schemas::decode_mesh_frame(once);
  VEDETTE_ASSERT(again.has_value());
  VEDETTE_ASSERT(schemas::encode(*again) == once);
  for (const auto m : f->messages)
    one_replica_message(m);
}

template <class T>
void answered(const base::result<T>& r) {
  VEDETTE_ASSERT(r.has_value() || !r.err().context.empty());
}

template <class Document>
void settles(const base::result<Document>& accepted,
             base::result<Document> (*decode)(std::string_view)) {
  answered(accepted);
  if (!accepted)
    return;
  const auto once = schemas::encode(*accepted);
  const auto again = decode(once);
  VEDETTE_ASSERT(again.has_value());
  VEDETTE_ASSERT(*again == *accepted);
}

void one_of_a_node(std::string_view bytes) {
  answered(actors::decode_remote_request(bytes));
  answered(actors::decode_remote_reply(bytes));
  answered(actors::decode_node_message(bytes));
  answered(actors::decode_shared_bytes(bytes));
  answered(actors::decode_marks(bytes));
  answered(actors::decode_evidence(bytes));
  answered(actors::decode_published(bytes));
  answered(schemas::decode_bundle(bytes));
  settles(schemas::decode_tokens(bytes), schemas::decode_tokens);
  settles(schemas::decode_keys(bytes), schemas::decode_keys);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view input{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  if (bytes[0] % 4 == 2)
    one_of_a_node(input);
  else if (bytes[0] % 2 == 0)
    one_frame(input);
  else
    one_replica_message(input);
  return 0;
}
