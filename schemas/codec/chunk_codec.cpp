#include "schemas/codec/chunk_codec.hpp"

#include "schemas/codec/guarded.hpp"

#include <entries.capnp.h>

namespace vedette::schemas {

namespace {

using items = std::vector<std::pair<std::string, std::string>>;

void write(const items& in, capnp::List<wire::Item>::Builder out) {
  for (unsigned i = 0; i < in.size(); ++i) {
    out[i].setKey(as_data(in[i].first));
    out[i].setValue(as_data(in[i].second));
  }
}

items read(capnp::List<wire::Item>::Reader in) {
  items out;
  out.reserve(in.size());
  for (const auto i : in)
    out.emplace_back(text(i.getKey()), text(i.getValue()));
  return out;
}

} // namespace

std::string encode(const checkpoint_items& chunk) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<wire::CheckpointChunk>();
  write(chunk.entities, root.initEntities(static_cast<unsigned>(chunk.entities.size())));
  write(chunk.meta, root.initMeta(static_cast<unsigned>(chunk.meta.size())));
  return to_bytes(message);
}

base::result<checkpoint_items> decode_checkpoint_items(std::string_view bytes) {
  checkpoint_items out;
  const auto words = aligned(bytes);
  auto done = guarded<wire::CheckpointChunk>("a chunk of a checkpoint", words, bytes.size(),
                                             [&](wire::CheckpointChunk::Reader in) {
                                               out.entities = read(in.getEntities());
                                               out.meta = read(in.getMeta());
                                             });
  if (!done)
    return done.err();
  return out;
}

} // namespace vedette::schemas
