#include "actors/replica_codec.hpp"

#include "base/assert.hpp"
#include "schemas/codec/guarded.hpp"
#include "schemas/codec/mesh_codec.hpp"

#include <mesh.capnp.h>

#include <memory>
#include <utility>

namespace vedette::actors {

namespace {

using schemas::as_data;
using schemas::refuse;

using history_list = capnp::List<wire::EpochStart>;

[[noreturn]] void malformed(const char* what) {
  refuse(base::ec::malformed, std::string{"decoding a replica's message: "} + what);
}

// --- to bytes ---

void put(const std::vector<cluster::epoch_start>& history, history_list::Builder out) {
  for (unsigned i = 0; i < out.size(); ++i) {
    out[i].setEpoch(history[i].epoch.value);
    out[i].setFirst(history[i].first.value);
  }
}

unsigned history_length(const std::vector<cluster::epoch_start>& history) {
  VEDETTE_ASSERT(cluster::epoch_history::well_formed(history));
  return static_cast<unsigned>(history.size());
}

void put(const cluster::checkpoint_manifest& m, wire::CheckpointManifest::Builder out) {
  out.setId(m.id);
  out.setFrom(m.from.value);
  out.setEpoch(m.at.epoch.value);
  out.setIndex(m.at.index.value);
  put(m.history, out.initHistory(history_length(m.history)));
  out.setKeys(m.keys);
  out.setBytes(m.bytes);
  out.setChunks(m.chunks);
  out.setChecksumHigh(m.checksum.high);
  out.setChecksumLow(m.checksum.low);
}

struct body_writer {
  wire::ReplicaMessage::Builder out;

  void operator()(const cluster::probe&) { out.setProbe(); }
  void operator()(const cluster::standing& b) {
    auto to = out.initStanding();
    to.setAsked(b.asked);
    to.setLast(b.last.value);
    to.setCommitted(b.committed.value);
    put(b.history, to.initHistory(history_length(b.history)));
  }
  void operator()(const cluster::append_entries& b) {
    VEDETTE_ASSERT(b.entries.size() <= append_entries_max);
    auto to = out.initAppend();
    to.setPrevEpoch(b.prev.epoch.value);
    to.setPrevIndex(b.prev.index.value);
    to.setCommitted(b.committed.value);
    auto entries = to.initEntries(static_cast<unsigned>(b.entries.size()));
    auto expected = b.prev.index.value;
    for (unsigned i = 0; i < entries.size(); ++i) {
      const auto& e = b.entries[i];
      VEDETTE_ASSERT(e.index.value == ++expected && e.body != nullptr);
      entries[i].setEpoch(e.epoch.value);
      entries[i].setKind(e.kind);
      entries[i].setFoldVersion(e.fold_version);
      entries[i].setBody(as_data(*e.body));
    }
  }
  void operator()(const cluster::appended& b) { out.setAppended(b.through.value); }
  void operator()(const cluster::refused& b) { out.setRefused(b.promised.value); }
  void operator()(const cluster::checkpoint_chunk& b) {
    VEDETTE_ASSERT(b.bytes != nullptr && b.number < b.manifest.chunks);
    auto to = out.initChunk();
    put(b.manifest, to.initManifest());
    to.setNumber(b.number);
    to.setBytes(as_data(*b.bytes));
  }
  void operator()(const cluster::chunk_staged& b) {
    auto to = out.initChunkStaged();
    to.setId(b.id);
    to.setBelow(b.below);
  }
  void operator()(const cluster::state_digest& b) {
    auto to = out.initDigest();
    to.setAt(b.at.value);
    to.setHigh(b.value.high);
    to.setLow(b.value.low);
  }
};

/// Enough for the whole message in one piece of memory: entries of 5 words and their bodies.
std::size_t words_for(const cluster::message& m) {
  std::size_t bytes = 1024 + sizeof(cluster::epoch_start) * cluster::epoch_history::starts_max;
  if (const auto* a = std::get_if<cluster::append_entries>(&m.body))
    for (const auto& e : a->entries)
      bytes += 48 + (e.body ? e.body->size() : 0);
  if (const auto* c = std::get_if<cluster::checkpoint_chunk>(&m.body))
    bytes += c->bytes ? c->bytes->size() : 0;
  return bytes / sizeof(capnp::word) + 1;
}

// --- from bytes ---

std::vector<cluster::epoch_start> history_of(history_list::Reader list) {
  if (list.size() > cluster::epoch_history::starts_max)
    malformed("its history has more epochs than one keeps");
  std::vector<cluster::epoch_start> out;
  out.reserve(list.size());
  for (const auto s : list)
    out.push_back({{s.getEpoch()}, {s.getFirst()}});
  if (!cluster::epoch_history::well_formed(out))
    malformed("its history's epochs and entries do not both grow");
  return out;
}

std::shared_ptr<const std::string> body_of(capnp::Data::Reader d) {
  return std::make_shared<const std::string>(schemas::view(d));
}

cluster::append_entries append_of(wire::ReplicaMessage::Append::Reader in, base::epoch epoch) {
  cluster::append_entries out;
  out.prev = {{in.getPrevEpoch()}, {in.getPrevIndex()}};
  out.committed = {in.getCommitted()};
  const auto entries = in.getEntries();
  if (entries.size() > append_entries_max)
    refuse(base::ec::too_large, "decoding a replica's message: " + std::to_string(entries.size()) +
                                    " entries, more than " + std::to_string(append_entries_max));
  if (out.prev.index.value > UINT64_MAX - entries.size())
    malformed("its entries lie behind the last index there is");
  out.entries.reserve(entries.size());
  auto last = out.prev;
  for (const auto e : entries) {
    const cluster::position at{{e.getEpoch()}, {last.index.value + 1}};
    if (at.epoch < last.epoch || at.epoch > epoch)
      malformed("an entry's epoch is below the one before it or above the sender's");
    out.entries.push_back(
        {at.epoch, at.index, e.getKind(), e.getFoldVersion(), body_of(e.getBody())});
    last = at;
  }
  return out;
}

cluster::checkpoint_manifest manifest_of(wire::CheckpointManifest::Reader in) {
  cluster::checkpoint_manifest out;
  out.id = in.getId();
  out.from = {in.getFrom()};
  out.at = {{in.getEpoch()}, {in.getIndex()}};
  out.history = history_of(in.getHistory());
  out.keys = in.getKeys();
  out.bytes = in.getBytes();
  out.chunks = in.getChunks();
  out.checksum = {in.getChecksumHigh(), in.getChecksumLow()};
  if (out.chunks == 0)
    malformed("a checkpoint of no chunks");
  if (!out.history.empty() &&
      (out.history.back().first > out.at.index || out.history.back().epoch != out.at.epoch))
    malformed("a checkpoint's history does not end where the checkpoint stands");
  return out;
}

cluster::checkpoint_chunk chunk_of(wire::ReplicaMessage::Chunk::Reader in) {
  cluster::checkpoint_chunk out{manifest_of(in.getManifest()), in.getNumber(),
                                body_of(in.getBytes())};
  if (out.number >= out.manifest.chunks)
    malformed("a chunk's number is not below the number of chunks");
  return out;
}

decltype(cluster::message::body) body_of(wire::ReplicaMessage::Reader in) {
  switch (in.which()) {
  case wire::ReplicaMessage::NONE:
    malformed("it says nothing");
  case wire::ReplicaMessage::PROBE:
    return cluster::probe{};
  case wire::ReplicaMessage::STANDING: {
    const auto s = in.getStanding();
    return cluster::standing{
        s.getAsked(), {s.getLast()}, {s.getCommitted()}, history_of(s.getHistory())};
  }
  case wire::ReplicaMessage::APPEND:
    return append_of(in.getAppend(), {in.getEpoch()});
  case wire::ReplicaMessage::APPENDED:
    return cluster::appended{{in.getAppended()}};
  case wire::ReplicaMessage::REFUSED:
    return cluster::refused{{in.getRefused()}};
  case wire::ReplicaMessage::CHUNK:
    return chunk_of(in.getChunk());
  case wire::ReplicaMessage::CHUNK_STAGED:
    return cluster::chunk_staged{in.getChunkStaged().getId(), in.getChunkStaged().getBelow()};
  case wire::ReplicaMessage::DIGEST: {
    const auto d = in.getDigest();
    return cluster::state_digest{{d.getAt()}, {d.getHigh(), d.getLow()}};
  }
  }
  refuse(base::ec::unsupported, "decoding a replica's message: kind " +
                                    std::to_string(static_cast<int>(in.which())) +
                                    " is of a later build; upgrade this one");
}

} // namespace

std::string encode(const cluster::message& m) {
  capnp::MallocMessageBuilder message{static_cast<unsigned>(words_for(m))};
  auto out = message.initRoot<wire::ReplicaMessage>();
  out.setPartition(m.partition.value);
  out.setEpoch(m.epoch.value);
  out.setFrom(m.from.value);
  out.setSession(m.session);
  std::visit(body_writer{out}, m.body);
  auto bytes = schemas::to_bytes(message);
  VEDETTE_ASSERT(bytes.size() <= schemas::mesh_message_bytes_max);
  return bytes;
}

base::result<cluster::message> decode_replica_message(std::string_view bytes) {
  if (bytes.size() > schemas::mesh_message_bytes_max)
    return base::error{base::ec::too_large,
                       "decoding a replica's message: " + std::to_string(bytes.size()) +
                           " bytes, more than " + std::to_string(schemas::mesh_message_bytes_max)};
  cluster::message out;
  const auto words = schemas::aligned(bytes);
  if (auto done = schemas::guarded<wire::ReplicaMessage>("a replica's message", words, bytes.size(),
                                                         [&](auto in) {
                                                           out.partition = {in.getPartition()};
                                                           out.epoch = {in.getEpoch()};
                                                           out.from = {in.getFrom()};
                                                           out.session = in.getSession();
                                                           out.body = body_of(in);
                                                         });
      !done)
    return done.err();
  return out;
}

} // namespace vedette::actors
