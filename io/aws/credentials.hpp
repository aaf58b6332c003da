// Whose name requests to AWS are signed with, found as AWS's own tools find it: environment, web
// identity (a pod of EKS), the two files, the container's endpoint, the machine's (IMDSv2).
//
// Never from a command line. Remembers what it found until five minutes before it expires.
// Thread-safe; blocks whoever asks while it looks.
#pragma once

#include "base/result.hpp"
#include "io/aws/sigv4.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace vedette::io {

/// A variable of the environment, "" when it is not set.
using aws_environment = std::function<std::string(const char* name)>;

/// What is set for all services.
struct aws_settings {
  aws_environment variable;
  std::string profile;      ///< empty: AWS_PROFILE, else "default"
  std::string region;       ///< empty: AWS_REGION, AWS_DEFAULT_REGION, the profile's
  std::string endpoint_url; ///< empty: AWS_ENDPOINT_URL, the profile's, AWS's own
  std::string ca_file{};    ///< PEM; empty: AWS_CA_BUNDLE, the system's
};

/// The settings with what environment and files say put in; reads the files. Errors:
/// invalid_argument (a profile that was named and is in neither file), unreadable.
[[nodiscard]] base::result<aws_settings> complete(aws_settings settings);

class aws_credential_chain {
 public:
  explicit aws_credential_chain(aws_settings settings);
  /// One that has them from `source`, which is asked under the chain's lock.
  explicit aws_credential_chain(std::function<base::result<aws_credentials>()> source);
  ~aws_credential_chain();
  aws_credential_chain(const aws_credential_chain&) = delete;
  aws_credential_chain& operator=(const aws_credential_chain&) = delete;

  /// Error `denied` when no place has any, with the places; `unavailable` when one could not be
  /// asked.
  [[nodiscard]] base::result<aws_credentials> get(base::event_time now);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::io
