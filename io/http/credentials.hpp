// The token of a request, in whichever form its sender can say it.
//
// People and our own programs say "Authorization: Bearer TOKEN". Shippers have forms of their own
// that their users can only fill in, so a token may also come as theirs. Pure.
#pragma once

#include "io/http/message.hpp"

#include <string>

namespace vedette::io {

struct credentials {
  std::string token; ///< empty: there is none
  /// A form of shippers': good for sending records and nothing else, so that what a browser
  /// remembers of a user and a password opens nothing.
  bool shipper = false;
};

/// `Authorization: Bearer TOKEN`; of shippers `Splunk TOKEN`, `Basic` with the token as password,
/// `ApiKey` with the token behind its colon, and `X-Amz-Firehose-Access-Key: TOKEN`. Schemes
/// without case. O(length).
[[nodiscard]] credentials credentials_of(const http_headers& headers);

} // namespace vedette::io
