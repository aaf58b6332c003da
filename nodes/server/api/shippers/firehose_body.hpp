// Bodies of Amazon Data Firehose's HTTP endpoint: records in base 64, each possibly packed. Pure.
#pragma once

#include "base/result.hpp"
#include "nodes/server/api/body_cutter.hpp"

#include <string>
#include <string_view>

namespace vedette::server {

struct firehose_body {
  std::string request; ///< the same on every attempt
  cut_body records;
};

/// `bytes_max` bounds what all packed records expand to. A record that cannot be unpacked ends in
/// quarantine. Error malformed: the body is no such object; too_large: it expands to more.
[[nodiscard]] base::result<firehose_body> read_firehose(std::string_view body,
                                                        std::size_t bytes_max);

} // namespace vedette::server
