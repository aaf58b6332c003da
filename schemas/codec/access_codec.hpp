// Who may ask a cluster and send to it, as bytes (docs/formats/access.md): tokens by their digest,
// collectors and subscribers by their public key. No secret is ever among them.
//
// Remembers nothing. Called by the node's token and key stores.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::schemas {

struct token_record {
  std::string name;
  std::string digest;             ///< SHA-256 of the token, 64 hex digits
  std::vector<std::string> roles; ///< names; also such as this build does not know
  std::vector<std::string> tenants;
  bool all_tenants = false;
  base::receive_time created, rotated;
  std::string created_by;

  friend bool operator==(const token_record&, const token_record&) = default;
};

struct token_document {
  std::uint64_t version = 0; ///< 0: there is none yet
  std::string began;         ///< digest of the admin token it began with; see schemas/access.capnp
  std::vector<token_record> tokens;

  friend bool operator==(const token_document&, const token_document&) = default;
};

struct key_record {
  std::string public_key; ///< Z85, 40 characters
  std::string tenant, source;
  bool may_send = false, may_listen = false;
  base::receive_time created;
  std::optional<base::receive_time> revoked;
  std::string created_by;

  friend bool operator==(const key_record&, const key_record&) = default;
};

struct key_document {
  std::uint64_t version = 0; ///< 0: there is none yet
  std::vector<key_record> keys;

  friend bool operator==(const key_document&, const key_document&) = default;
};

[[nodiscard]] std::string encode(const token_document& d);
[[nodiscard]] std::string encode(const key_document& d);
/// Fail with ec::malformed, or ec::unsupported for a format of a later build. O(bytes).
[[nodiscard]] base::result<token_document> decode_tokens(std::string_view bytes);
[[nodiscard]] base::result<key_document> decode_keys(std::string_view bytes);

} // namespace vedette::schemas
