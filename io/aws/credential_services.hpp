// The three services that hand out temporary credentials: STS for a web identity, the endpoint of a
// container, the machine's metadata. Asked by credentials.cpp only; one call each, no retries but
// the caller's.
#pragma once

#include "base/result.hpp"
#include "io/aws/credentials.hpp"

#include <optional>

namespace vedette::io {

/// Nothing when the environment does not speak of such a thing.
[[nodiscard]] base::result<std::optional<aws_credentials>> of_web_identity(const aws_settings& s);
[[nodiscard]] base::result<std::optional<aws_credentials>> of_container(const aws_settings& s);
/// Nothing when there is no metadata service, or it has no role.
[[nodiscard]] base::result<std::optional<aws_credentials>> of_machine(const aws_settings& s);

/// Where a service of AWS answers: "https://sqs.eu-west-1.amazonaws.com".
[[nodiscard]] std::string aws_url(std::string_view service, std::string_view region);

} // namespace vedette::io
