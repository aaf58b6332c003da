// What a message in a queue says about new objects, whoever wrapped it.
//
// Reads S3's own notifications, the same inside SNS, EventBridge's "Object Created" (also inside
// SNS), and what CloudTrail tells its topic. Pure; nesting is bounded.
#pragma once

#include "base/result.hpp"
#include "io/aws/s3.hpp"

#include <string_view>
#include <vector>

namespace vedette::io {

struct s3_notice {
  std::vector<s3_object> objects; ///< created; none: a test, or something that was removed
};

/// Error malformed: none of these.
[[nodiscard]] base::result<s3_notice> read_s3_notice(std::string_view body);

} // namespace vedette::io
