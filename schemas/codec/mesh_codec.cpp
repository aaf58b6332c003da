#include "schemas/codec/mesh_codec.hpp"

#include "schemas/codec/guarded.hpp"
#include "schemas/codec/zstd_contexts.hpp"

#include <mesh.capnp.h>

#include <cstdint>

namespace vedette::schemas {

namespace {

constexpr std::size_t word_bytes = sizeof(capnp::word);
/// A message of one segment begins with a word that says so, and how long it is.
constexpr std::size_t head_words = 1;

constexpr std::size_t words_of(std::size_t bytes) noexcept {
  return (bytes + word_bytes - 1) / word_bytes;
}

bool is_aligned(const char* p) noexcept {
  return reinterpret_cast<std::uintptr_t>(p) % alignof(capnp::word) == 0;
}

/// What `encode` will need, exactly: the root pointer, the struct, the names, the list of pointers
/// and the messages.
std::size_t segment_words(const mesh_frame& f) noexcept {
  constexpr auto shape = capnp::_::structSize<wire::MeshFrame>();
  std::size_t words = 1 + shape.data + shape.pointers + words_of(f.cluster.size()) +
                      words_of(f.sender.size()) + f.messages.size();
  for (const auto m : f.messages)
    words += words_of(m.size());
  return words;
}

/// Smaller frames are sent as they are.
constexpr std::size_t packed_from = 4096;
/// Entries of simulated events shrink to 0.43 of their size (docs/performance.md).
constexpr int mesh_level = -5;

void write_head(const mesh_frame& f, wire::MeshFrame::Builder out) {
  out.setVersion(mesh_version);
  out.setLane(static_cast<std::uint8_t>(f.lane));
  out.setHears(f.hears);
  out.setCluster(as_data(f.cluster));
  out.setSender(as_data(f.sender));
  out.setProcess(f.process);
  out.setToProcess(f.to_process);
  out.setSaidAt(f.stamp.said_at);
  out.setWallTime(f.stamp.wall_time);
  out.setHeardAt(f.stamp.heard_at);
  out.setHeldFor(f.stamp.held_for);
}

void write_messages(const mesh_frame& f, wire::MeshFrame::Builder out) {
  if (f.messages.empty())
    return;
  auto messages = out.initMessages(static_cast<unsigned>(f.messages.size()));
  for (unsigned i = 0; i < messages.size(); ++i)
    messages.set(i, as_data(f.messages[i]));
}

std::string_view name(capnp::Data::Reader d, const char* whose) {
  if (d.size() == 0 || d.size() > mesh_name_bytes_max)
    refuse(base::ec::malformed, std::string{"decoding a mesh frame: its "} + whose + " has " +
                                    std::to_string(d.size()) + " bytes, not 1.." +
                                    std::to_string(mesh_name_bytes_max));
  return view(d);
}

/// Sums of a few of them must not overflow.
std::int64_t nanoseconds(std::int64_t n) {
  constexpr auto most = std::int64_t{1} << 61; // the year 2043
  if (n < 0 || n > most)
    refuse(base::ec::malformed, "decoding a mesh frame: no clock shows " + std::to_string(n));
  return n;
}

void read_messages(wire::MeshFrame::Reader in, mesh_frame& into) {
  const auto messages = in.getMessages();
  if (messages.size() > mesh_frame_messages_max)
    refuse(base::ec::too_large, "decoding a mesh frame: " + std::to_string(messages.size()) +
                                    " messages, more than " +
                                    std::to_string(mesh_frame_messages_max));
  into.messages.reserve(messages.size());
  for (const auto m : messages)
    into.messages.push_back(view(m));
}

mesh_frame read(wire::MeshFrame::Reader in) {
  if (in.getVersion() != mesh_version)
    refuse(base::ec::unsupported, "decoding a mesh frame: version " +
                                      std::to_string(in.getVersion()) + ", this build speaks " +
                                      std::to_string(mesh_version) + "; upgrade the older node");
  mesh_frame f;
  f.lane = enumerator(in.getLane(), mesh_lane::bulk, "a mesh frame's lane");
  f.hears = in.getHears();
  f.cluster = name(in.getCluster(), "cluster");
  f.sender = name(in.getSender(), "sender");
  f.process = in.getProcess();
  f.to_process = in.getToProcess();
  f.stamp = {nanoseconds(in.getSaidAt()), nanoseconds(in.getWallTime()),
             nanoseconds(in.getHeardAt()), nanoseconds(in.getHeldFor())};
  if (f.process == 0)
    refuse(base::ec::malformed, "decoding a mesh frame: its sender's process is 0");
  read_messages(in, f);
  return f;
}

/// As one message of one segment, built where it will be sent from: texts are copied once.
template <class Write>
std::string one_segment(std::size_t words, Write write_to) {
  std::string out((head_words + words) * word_bytes, '\0');
  VEDETTE_ASSERT(out.size() <= mesh_frame_bytes_max);
  VEDETTE_ASSERT(is_aligned(out.data()));
  auto* segment = reinterpret_cast<capnp::word*>(out.data()) + head_words;
  capnp::FlatMessageBuilder message{kj::arrayPtr(segment, words)};
  write_to(message.initRoot<wire::MeshFrame>());
  const auto segments = message.getSegmentsForOutput();
  VEDETTE_ASSERT(segments.size() == 1 && segments[0].size() == words);
  // Little-endian, as Cap'n Proto has it: number of segments less one, words of the first.
  for (unsigned i = 0; i < 4; ++i)
    out[4 + i] = static_cast<char>(static_cast<std::uint8_t>(words >> (8 * i)));
  return out;
}

/// The messages of a packed frame, in storage of their own.
base::status unpack(std::string_view packed, mesh_frame& into) {
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size == 0 ||
      size % word_bytes != 0 || size > mesh_frame_bytes_max)
    return base::error{base::ec::malformed, "decoding a mesh frame: what is packed has no size, "
                                            "or one that no frame has"};
  auto words = kj::heapArray<capnp::word>(size / word_bytes);
  const auto got =
      ZSTD_decompressDCtx(zstd().expand.get(), words.begin(), size, packed.data(), packed.size());
  if (ZSTD_isError(got) || got != size)
    return base::error{base::ec::malformed, "decoding a mesh frame: what is packed is damaged"};
  if (auto done = guarded<wire::MeshFrame>("a packed mesh frame", words, size,
                                           [&](auto in) { read_messages(in, into); });
      !done)
    return done.err();
  into.memory = std::make_shared<kj::Array<capnp::word>>(kj::mv(words));
  return {};
}

} // namespace

std::string encode(const mesh_frame& f) {
  VEDETTE_ASSERT(!f.cluster.empty() && f.cluster.size() <= mesh_name_bytes_max);
  VEDETTE_ASSERT(!f.sender.empty() && f.sender.size() <= mesh_name_bytes_max);
  VEDETTE_ASSERT(f.process != 0 && f.messages.size() <= mesh_frame_messages_max);
  const auto plain = [&] {
    return one_segment(segment_words(f), [&](auto out) {
      write_head(f, out);
      write_messages(f, out);
    });
  };
  if (f.lane == mesh_lane::control || segment_words(f) * word_bytes < packed_from)
    return plain();
  mesh_frame inner;
  inner.messages = f.messages;
  const auto raw = one_segment(segment_words(inner), [&](auto out) { write_messages(inner, out); });
  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  const auto size = ZSTD_compressCCtx(zstd().compress.get(), packed.data(), packed.size(),
                                      raw.data(), raw.size(), mesh_level);
  VEDETTE_ASSERT(!ZSTD_isError(size)); // the bound was honoured; nothing else can fail
  if (size > raw.size() / 10 * 9)
    return plain();
  packed.resize(size);
  mesh_frame outer = f;
  outer.messages.clear();
  return one_segment(segment_words(outer) + words_of(size), [&](auto out) {
    write_head(outer, out);
    out.setPacked(as_data(packed));
  });
}

base::result<mesh_frame> decode_mesh_frame(std::string_view bytes) {
  if (bytes.size() > mesh_frame_bytes_max)
    return base::error{base::ec::too_large,
                       "decoding a mesh frame: " + std::to_string(bytes.size()) +
                           " bytes, more than " + std::to_string(mesh_frame_bytes_max)};
  kj::Array<capnp::word> words;
  const bool copied = !is_aligned(bytes.data());
  if (copied)
    words = aligned(bytes);
  else // only looked at, never written and never freed
    words = kj::Array<capnp::word>{
        const_cast<capnp::word*>(reinterpret_cast<const capnp::word*>(bytes.data())),
        bytes.size() / word_bytes, kj::NullArrayDisposer::instance};
  mesh_frame out;
  std::string_view packed;
  if (auto done = guarded<wire::MeshFrame>("a mesh frame", words, bytes.size(),
                                           [&](auto in) {
                                             out = read(in);
                                             packed = view(in.getPacked());
                                           });
      !done)
    return done.err();
  if (!packed.empty()) {
    if (!out.messages.empty())
      return base::error{base::ec::malformed, "decoding a mesh frame: messages beside packed ones"};
    if (auto done = unpack(packed, out); !done)
      return done.err();
    if (copied) { // two storages
      out.memory = std::make_shared<std::pair<std::shared_ptr<const void>, kj::Array<capnp::word>>>(
          out.memory, kj::mv(words));
    }
    return out;
  }
  if (copied) // its storage moves along, so the views stay
    out.memory = std::make_shared<kj::Array<capnp::word>>(kj::mv(words));
  return out;
}

} // namespace vedette::schemas
