// A planned call of AWS as the request that makes it: which service, protocol and address. Pure.
//
// Knows the calls that playbooks name and those that look at the same things; each is sent as the
// vendor's service model says (query, JSON 1.1, or a path of its own). Used by io/aws/response/
// only.
#pragma once

#include "base/result.hpp"
#include "io/aws/client.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::io {

/// Name and value as a playbook has them. A list's elements stand with commas between.
using call_parameters = std::vector<std::pair<std::string, std::string>>;

/// Could be the name of a region, or of a host's part; says nothing about whether there is one.
[[nodiscard]] bool is_region(std::string_view text) noexcept;
/// The value of that name, empty when absent.
[[nodiscard]] std::string_view value_of(const call_parameters& in, std::string_view name);

struct aws_place {
  std::string region;       ///< of services that have regions
  std::string endpoint_url; ///< empty: AWS's own
};

/// `api` is "iam:PutRolePolicy". Empty parameters are left out. Errors: unsupported (a call that is
/// not spoken here), invalid_argument (no region, a parameter that its path needs is missing).
[[nodiscard]] base::result<aws_request>
to_request(std::string_view api, const call_parameters& parameters, const aws_place& place);

/// What stands between the commas, empty elements left out.
[[nodiscard]] std::vector<std::string> elements_of(std::string_view list);

} // namespace vedette::io
