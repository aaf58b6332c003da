// The control planes of one AWS account, spoken to as one identity: a call in, the answer's body or
// an error out.
//
// Keeps one connection and what it found out about buckets' regions (at most 1,000). Blocks; one
// thread. Errors name the call, the vendor's code and, where a permission is missing, which.
#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/response/wire.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace vedette::io {

class aws_account {
 public:
  /// `settings` are complete (io/aws/credentials.hpp).
  /// Each call waits that long for its answer, and is made at most twice.
  aws_account(aws_settings settings, std::shared_ptr<aws_credential_chain> as,
              std::chrono::milliseconds wait);

  /// The body of a 2xx answer. Errors: denied, not_found, conflict, invalid_argument; unavailable
  /// and timed_out may pass when tried later; unsupported as to_request.
  [[nodiscard]] base::result<std::string>
  call(std::string_view api, const call_parameters& parameters, const std::string& region);
  /// The ARN that calls are made as; asked once.
  [[nodiscard]] base::result<std::string> identity();

 private:
  aws_settings settings_;
  aws_client client_;
  std::map<std::string, std::string> bucket_regions_;
  std::string identity_;
};

/// Credentials of `role_arn`, taken by whoever `by` is; `external_id` may be empty. Renewed as they
/// expire. Errors of `get`: denied, with what the role's trust must say; unavailable.
[[nodiscard]] std::shared_ptr<aws_credential_chain>
assume_role(const aws_settings& settings, std::shared_ptr<aws_credential_chain> by,
            std::string role_arn, std::string external_id, std::chrono::milliseconds wait);

} // namespace vedette::io
