// Which bucket a resource of an alert lies in. Alerts of downloads list objects; what is closed,
// restored or counted is the bucket. The one place that knows how an object's ARN is built. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vedette::respond {

/// "arn:aws:s3:::photos" of "arn:aws:s3:::photos/2024/a.jpg", and of itself, in every partition of
/// AWS. Empty for anything else, access points too: their ARN does not say which bucket they open.
/// O(length).
[[nodiscard]] std::string_view bucket_of(std::string_view resource) noexcept;

/// The buckets of a list of resources, each once, in the order they first occur. O(n * buckets).
[[nodiscard]] std::vector<std::string> buckets_of(const std::vector<std::string>& resources);

} // namespace vedette::respond
