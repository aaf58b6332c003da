// Things that come down the same pipes as audit records and are none.
//
// Asked only about records that lack what an event needs, so its cost is off the hot path. Pure.
#pragma once

#include <string_view>

namespace vedette::ingest {

/// What the JSON object is, when it is recognised as carrying no event: "S3 object notice",
/// "CloudTrail digest file" …; empty when it is not recognised. Static text. O(length).
[[nodiscard]] std::string_view recognised_notice(std::string_view record) noexcept;

} // namespace vedette::ingest
