// Bodies of Splunk's HTTP Event Collector: objects one behind the other, each with an "event".
// Pure.
#pragma once

#include "nodes/server/api/body_cutter.hpp"

#include <string_view>
#include <variant>

namespace vedette::server {

/// What is wrong with a body as a whole, in the numbers of the protocol.
struct hec_problem {
  int code = 6;
  const char* text = "Invalid data format";
};
inline constexpr hec_problem hec_no_data{5, "No data"};
inline constexpr hec_problem hec_not_json{6, "Invalid data format"};

/// Of /services/collector and /event. An object without "event", and what follows an object that
/// broke off, end in quarantine: one bad event rejects none of its neighbours.
[[nodiscard]] std::variant<cut_body, hec_problem> hec_events(std::string_view body);
/// Of /raw: records in any envelope, or a text a line.
[[nodiscard]] std::variant<cut_body, hec_problem> hec_raw(std::string_view body);

} // namespace vedette::server
