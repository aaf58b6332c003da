// Posts one JSON document to one URL, signed so that the receiver can tell it is ours and fresh.
//
// Remembers its settings only. One attempt per call, no redirects; whether and when to try again is
// the caller's business, who passes the same delivery id so that the receiver can drop a repeat.
// Blocks its thread up to `timeout`. Used by the responder's webhook executor.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace vedette::io {

struct webhook_settings {
  std::string url;                         ///< https, or http to a loopback address
  std::string secret;                      ///< at least 16 bytes; from a file or the environment
  std::string ca_file;                     ///< empty: the system's
  std::chrono::milliseconds timeout{5000}; ///< connection and answer together
};

/// What may be wrong with settings: scheme, host, length of the secret.
[[nodiscard]] base::status check(const webhook_settings& settings);

/// The header's value: "t=<unix seconds>,v1=<hex HMAC-SHA256 over '<unix seconds>.<body>'>".
[[nodiscard]] std::string webhook_signature(std::string_view secret, base::receive_time now,
                                            std::string_view body);
/// What a receiver does: recomputes, compares in constant time, refuses what is older or newer than
/// `tolerance`.
[[nodiscard]] bool webhook_signature_holds(std::string_view secret, std::string_view header,
                                           std::string_view body, base::receive_time now,
                                           std::chrono::seconds tolerance = std::chrono::minutes{
                                               5});

inline constexpr std::string_view webhook_signature_header = "Vedette-Signature";
inline constexpr std::string_view webhook_delivery_header = "Vedette-Delivery";

/// Sends `body` as application/json. Done when the receiver answered 2xx. Errors that may pass when
/// tried again: `unavailable` (no connection, 429, 5xx) and `timed_out` (which may have arrived);
/// errors that will not: `denied` (401, 403), `invalid_argument` (other 3xx and 4xx, settings).
[[nodiscard]] base::status deliver(const webhook_settings& settings, std::string_view delivery_id,
                                   base::receive_time now, std::string_view body);

} // namespace vedette::io
