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

/// `"name":value` of the alert itself, whatever its value: the first of that name or, for what
/// stands behind the evidence, the last.
inline std::string piece(const std::string& line, const std::string& name, bool last = false) {
  const auto key = "\"" + name + "\":";
  const auto at = last ? line.rfind(key) : line.find(key);
  if (at == std::string::npos)
    return {};
  int depth = 0;
  bool text = false;
  auto end = at + key.size();
  for (; end < line.size(); ++end) {
    const char c = line[end];
    if (c == '"' && line[end - 1] != '\\')
      text = !text;
    if (text)
      continue;
    if (depth == 0 && (c == ',' || c == '}'))
      break;
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
  }
  return line.substr(at, end - at) + ",";
}

/// What equality is demanded in: id, rule, entity, severity, count, first and last event, event ids.
inline std::vector<std::string> as_demanded(std::vector<std::string> alerts) {
  for (auto& line : alerts) {
    std::string out;
    for (const char* name :
         {"alert_id", "rule", "severity", "first_event", "last_event", "count", "entity"})
      out += piece(line, name);
    line = out + piece(line, "events", true);
  }
  std::sort(alerts.begin(), alerts.end());
  return alerts;
}

} // namespace vedette::test
