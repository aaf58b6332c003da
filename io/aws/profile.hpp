// What the two files of AWS's tools say about one profile: ~/.aws/credentials and ~/.aws/config.
//
// Pure; the caller reads the files.
#pragma once

#include "base/result.hpp"
#include "io/aws/sigv4.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace vedette::io {

struct aws_profile {
  std::optional<aws_credentials> credentials;
  std::string region, endpoint_url;
  bool known = false; ///< one of the files has it
  /// A setting by which the profile gets its credentials and that is not spoken here
  /// ("credential_process"); empty when there is none.
  std::string unspoken;
};

/// Of two texts, either of which may be empty; the first file wins.
[[nodiscard]] aws_profile read_profile(std::string_view credentials_file,
                                       std::string_view config_file, std::string_view name);

} // namespace vedette::io
