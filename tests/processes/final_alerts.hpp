// What two runs of the engine must agree on: final alerts without the members that may differ
// (revision, lateness, suppressed repeats, incident).
#pragma once

#include "tests/processes/program.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace vedette::test {

/// Cuts `"name":value` out of a flat place of a JSON line; `value` is a scalar.
inline std::string without(std::string line, const std::string& name) {
  const auto key = "\"" + name + "\":";
  const auto at = line.find(key);
  if (at == std::string::npos)
    return line;
  auto end = at + key.size();
  if (line[end] == '"')
    end = line.find('"', end + 1) + 1;
  else
    end = line.find_first_of(",}", end);
  if (end < line.size() && line[end] == ',')
    ++end;
  return line.erase(at, end - at);
}

/// One alert a line, in the order of their ids.
inline std::vector<std::string> final_alerts(const std::string& json_lines) {
  auto out = lines_of(json_lines);
  for (auto& line : out)
    for (const char* name : {"revision", "late", "suppressed", "incident"})
      line = without(line, name);
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace vedette::test
