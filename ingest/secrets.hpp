// What may not leave the record it came in: access key ids whole, and secrets at all.
//
// A session is named by `session_key`, which tells two sessions apart and lets an owner recognise
// a key, but does not give the id away. Called by the identity resolver and the redactor.
#pragma once

#include "base/arena.hpp"

#include <string_view>

namespace vedette::ingest {

/// The first 13 characters (at most half of a shorter id), '~', and 8 hex digits of the hash of the
/// whole id. Empty for an empty id. O(length).
[[nodiscard]] std::string_view session_key(std::string_view access_key_id, base::arena& memory);

/// True for names of fields whose value is a secret, in any case, with or without '_' and '-':
/// sessionToken, secretAccessKey, password, userData, authorization …
[[nodiscard]] bool names_secret(std::string_view key) noexcept;

/// True for text shaped like an AWS access key id: AKIA or ASIA and 12 or more of [A-Z0-9].
[[nodiscard]] bool is_access_key_id(std::string_view text) noexcept;

/// The record with secrets as "***" and access key ids as session keys, wherever they stand, also
/// inside text that is itself JSON; at most `limit` bytes, cut between members with the objects
/// closed, so that a well-formed record stays well-formed JSON. O(length of the record).
[[nodiscard]] std::string_view redacted(std::string_view record, std::size_t limit,
                                        base::arena& memory);

} // namespace vedette::ingest
