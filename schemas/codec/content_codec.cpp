#include "schemas/codec/content_codec.hpp"

#include "base/hash.hpp"
#include "schemas/codec/guarded.hpp"

#include <content.capnp.h>
#include <zstd.h>

#include <algorithm>

namespace vedette::schemas {

namespace {

/// Written once and kept for weeks.
constexpr int content_level = 9;

void read(wire::ContentManifest::Reader in, content_manifest& m) {
  m.generation.value = in.getGeneration();
  m.made = base::receive_time{base::duration{in.getMade()}};
  m.hash = text(in.getHash());
  for (const auto d : in.getDocuments()) {
    const auto kind = enumerator(d.getKind(), document_kind::source, "a kind of content document");
    if (d.getKind() == 0 || m.generation.value == 0)
      refuse(base::ec::malformed, "decoding a content manifest: a number of it is 0");
    m.documents.push_back({kind, text(d.getName()), text(d.getDigest()), d.getKept()});
  }
}

} // namespace

std::string encode(const content_manifest& m) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::ContentManifest>();
  out.setGeneration(m.generation.value);
  out.setMade(m.made.time_since_epoch().count());
  out.setHash(as_data(m.hash));
  auto documents = out.initDocuments(static_cast<unsigned>(m.documents.size()));
  for (unsigned i = 0; i < m.documents.size(); ++i) {
    const auto& d = m.documents[i];
    documents[i].setKind(static_cast<std::uint8_t>(d.kind));
    documents[i].setName(as_data(d.name));
    documents[i].setDigest(as_data(d.digest));
    documents[i].setKept(d.kept);
  }
  return to_bytes(message);
}

base::result<content_manifest> decode_manifest(std::string_view bytes) {
  content_manifest m;
  const auto words = aligned(bytes);
  if (auto ok = guarded<wire::ContentManifest>("a content manifest", words, bytes.size(),
                                               [&](auto in) { read(in, m); });
      !ok)
    return ok.err();
  return m;
}

std::string pack_document(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const auto size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), content_level);
  VEDETTE_ASSERT(!ZSTD_isError(size)); // the bound was honoured; nothing else can fail
  out.resize(size);
  return out;
}

base::result<std::string> unpack_document(std::string_view bytes, std::string_view digest) {
  const auto damaged = [&](const char* why) {
    return base::error{base::ec::corrupt, "reading content document " + std::string{digest} + ": " +
                                              why + "; the store is damaged here, restore it"};
  };
  const auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
      size > document_bytes_max)
    return damaged("it says no size that could be right");
  std::string out(size, '\0');
  const auto got = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) || got != size)
    return damaged("it does not expand");
  if (base::to_hex(base::sha256(out)) != digest)
    return damaged("its text is another than its digest says");
  return out;
}

std::string encode(const content_bundle& b) {
  VEDETTE_ASSERT(b.texts.size() == b.manifest.documents.size());
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::ContentBundle>();
  const auto manifest = encode(b.manifest);
  out.setManifest(as_data(manifest));
  const auto kept = std::ranges::count_if(b.manifest.documents, &content_document::kept);
  auto texts = out.initTexts(static_cast<unsigned>(kept));
  unsigned n = 0;
  for (std::size_t i = 0; i < b.texts.size(); ++i)
    if (b.manifest.documents[i].kept) {
      const auto packed = pack_document(b.texts[i]);
      texts.set(n++, as_data(packed));
    }
  return to_bytes(message);
}

base::result<content_bundle> decode_bundle(std::string_view bytes) {
  content_bundle out;
  const auto words = aligned(bytes);
  auto done = guarded<wire::ContentBundle>(
      "a bundle of content", words, bytes.size(), [&](wire::ContentBundle::Reader in) {
        auto manifest = decode_manifest(view(in.getManifest()));
        if (!manifest)
          throw refusal{manifest.err()};
        out.manifest = std::move(*manifest);
        const auto texts = in.getTexts();
        unsigned n = 0;
        for (const auto& d : out.manifest.documents) {
          out.texts.emplace_back();
          if (!d.kept)
            continue;
          if (n == texts.size())
            refuse(base::ec::malformed, "decoding a bundle of content: a text is missing");
          auto text = unpack_document(view(texts[n++]), d.digest);
          if (!text)
            throw refusal{text.err()};
          out.texts.back() = std::move(*text);
        }
        if (n != texts.size())
          refuse(base::ec::malformed, "decoding a bundle of content: a text too many");
      });
  if (!done)
    return done.err();
  return out;
}

} // namespace vedette::schemas
