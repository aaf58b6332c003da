// Who a socket is: CURVE key pairs, and the files they live in.
//
// A key file is readable by its owner only and is refused otherwise; secrets never pass through a
// command line or an error message. The file is lines of `name value`, '#' starts a comment:
// `public-key`, `secret-key`, and in a collector's file `server-key`, the node it talks to. Keys
// are Z85 text, 40 characters. Used by the sockets of this folder and by `vedette keys`.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace vedette::io {

struct curve_keys {
  std::string public_key;
  std::string secret_key;
  std::string server_key; ///< of the other side; empty in a node's own file
};

/// A fresh pair from the system's random source.
[[nodiscard]] base::result<curve_keys> generate_curve_keys();
/// 40 characters of the Z85 alphabet.
[[nodiscard]] bool is_curve_key(std::string_view text) noexcept;

/// Creates the file with mode 0600; `conflict` when it exists already, so no key is ever
/// overwritten.
[[nodiscard]] base::status save_curve_keys(const std::string& path, const curve_keys& keys);
/// Errors: not_found, denied (others may read it: "chmod 600 …"), malformed (also when the public
/// key does not belong to the secret one).
[[nodiscard]] base::result<curve_keys> load_curve_keys(const std::string& path);
/// Loads the file, or makes a pair and saves it there when there is none.
[[nodiscard]] base::result<curve_keys> load_or_create_curve_keys(const std::string& path);

} // namespace vedette::io
