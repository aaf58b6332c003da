// Whether a CloudTrail call worked, and if not, which kind of no it got (detections of denied
// actions, of quota storms and of failed logins depend on the difference). Pure.
#pragma once

#include "base/event.hpp"
#include "ingest/formats/cloudtrail_record.hpp"

namespace vedette::ingest {

/// Sets result and error. Looks at errorCode and errorMessage, and inside responseElements, where
/// some services put them. Views point into the record or `memory`.
void judge_aws_outcome(const cloudtrail_record& record, base::arena& memory, base::event& out);

/// The outcome an error code stands for, with or without its "Client." or "Server." prefix.
[[nodiscard]] base::outcome aws_outcome_of(std::string_view code) noexcept;

} // namespace vedette::ingest
