// The guarded door for messages stored in Cap'n Proto's packed form, where zero bytes are left out:
// checkpoints are mostly small numbers. Otherwise as guarded.hpp; for codecs only.
//
// A few packed bytes can stand for kilobytes of zeros, so the unpacked size is worked out first and
// bounded by the caller. Remembers nothing.
#pragma once

#include "schemas/codec/guarded.hpp"

#include <capnp/serialize-packed.h>
#include <kj/io.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::schemas {

inline std::string to_packed_bytes(capnp::MessageBuilder& message) {
  kj::VectorOutputStream out;
  capnp::writePackedMessage(out, message);
  const auto bytes = out.getArray();
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

/// Runs `read(reader of Root)` on the message; it may unpack to at most `bytes_max`. O(unpacked).
template <class Root, class Read>
base::status guarded_packed(const char* what, std::string_view bytes, std::size_t bytes_max,
                            Read&& read) {
  std::optional<base::error> failed;
  auto thrown = kj::runCatchingExceptions([&] {
    try {
      const kj::ArrayPtr<const kj::byte> packed{reinterpret_cast<const kj::byte*>(bytes.data()),
                                                bytes.size()};
      const auto words = capnp::computeUnpackedSizeInWords(packed);
      if (words > bytes_max / sizeof(capnp::word))
        refuse(base::ec::too_large, std::string{"decoding "} + what + ": unpacks to more than " +
                                        std::to_string(bytes_max) + " bytes");
      capnp::ReaderOptions options;
      options.traversalLimitInWords = 4 * words + 1024;
      options.nestingLimit = 12;
      kj::ArrayInputStream in{packed};
      capnp::PackedMessageReader reader{in, options};
      read(reader.getRoot<Root>());
    } catch (refusal& r) {
      failed = std::move(r.why);
    }
  });
  KJ_IF_MAYBE (e, thrown)
    failed = base::error{base::ec::malformed,
                         std::string{"decoding "} + what + ": " + e->getDescription().cStr()};
  if (failed)
    return *std::move(failed);
  return {};
}

} // namespace vedette::schemas
