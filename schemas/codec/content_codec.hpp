// What a generation of content consists of, as bytes (docs/formats/content.md): a manifest names
// documents by their digest, a document is kept compressed under it and shared by generations.
//
// Remembers nothing. Called by the node's content library.
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::schemas {

/// The numbers are on disk for ever.
enum class document_kind : std::uint8_t {
  rule = 1,
  playbook = 2, ///< incident rules too
  activities = 3,
  list = 4,   ///< of addresses; only its digest is kept, no fold looks at it
  tenant = 5, ///< what a tenant says about itself
  executor = 6,
  source = 7, ///< the mapping file of a vendor's log
};

struct content_document {
  document_kind kind = document_kind::rule;
  std::string name;
  std::string digest; ///< SHA-256 of the text, 64 hex digits
  bool kept = true;

  friend bool operator==(const content_document&, const content_document&) = default;
};

struct content_manifest {
  base::generation generation;
  base::receive_time made;
  std::string hash;
  std::vector<content_document> documents; ///< in the order of kind and name

  friend bool operator==(const content_manifest&, const content_manifest&) = default;
};

[[nodiscard]] std::string encode(const content_manifest& m);
/// Fails with ec::malformed, or ec::unsupported for a kind of a later build. O(bytes).
[[nodiscard]] base::result<content_manifest> decode_manifest(std::string_view bytes);

/// A generation with the texts of its kept documents; other documents' texts are empty.
struct content_bundle {
  content_manifest manifest;
  std::vector<std::string> texts; ///< one per document

  friend bool operator==(const content_bundle&, const content_bundle&) = default;
};
/// Equal bundles give equal bytes. O(bytes).
[[nodiscard]] std::string encode(const content_bundle& b);
/// Fails as decode_manifest, or with ec::corrupt when a text is not that of its digest. O(bytes).
[[nodiscard]] base::result<content_bundle> decode_bundle(std::string_view bytes);

/// The largest document: a file of limits' sizes is far below it.
inline constexpr std::size_t document_bytes_max = std::size_t{16} << 20;

/// Compressed, with its size. O(bytes).
[[nodiscard]] std::string pack_document(std::string_view text);
/// Fails with ec::corrupt when what comes out is not the text of that digest. O(bytes).
[[nodiscard]] base::result<std::string> unpack_document(std::string_view bytes,
                                                        std::string_view digest);

} // namespace vedette::schemas
