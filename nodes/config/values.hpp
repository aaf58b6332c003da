// How each type of setting is read from text and written back: one pair of overloads a type.
//
// `read` leaves its target alone when it fails; its error says only what the text must look like,
// the caller adds which key and where. `write` gives YAML that `read` takes back. Pure; called by
// the key table in keys.cpp.
#pragma once

#include "base/result.hpp"
#include "nodes/config/settings.hpp"

#include <string>
#include <vector>

namespace vedette::config {

/// A value before its type is known: one text, or a list of texts.
struct raw_value {
  bool is_list = false;
  /// From the environment or the command line, where a list is written "a,b,c".
  bool is_flat = false;
  std::vector<std::string> items;
};

[[nodiscard]] base::status read(const raw_value& raw, std::string& to);
[[nodiscard]] base::status read(const raw_value& raw, bool& to);
[[nodiscard]] base::status read(const raw_value& raw, std::uint32_t& to);
/// "64MiB", "20GiB", "4096": binary units only, so that a number means one thing.
[[nodiscard]] base::status read(const raw_value& raw, byte_size& to);
/// "100ms", "20m", "7d".
[[nodiscard]] base::status read(const raw_value& raw, base::duration& to);
/// "127.0.0.1:8470", "[::1]:8470", "*:8470" or "off"; port 0 lets the system choose.
[[nodiscard]] base::status read(const raw_value& raw, endpoint& to);
[[nodiscard]] base::status read(const raw_value& raw, log_level& to);
[[nodiscard]] base::status read(const raw_value& raw, log_format& to);
[[nodiscard]] base::status read(const raw_value& raw, sync_policy& to);
[[nodiscard]] base::status read(const raw_value& raw, coordinator_kind& to);
[[nodiscard]] base::status read(const raw_value& raw, std::vector<std::string>& to);
[[nodiscard]] base::status read(const raw_value& raw, std::vector<role>& to);
[[nodiscard]] base::status read(const raw_value& raw, std::vector<executor_kind>& to);

[[nodiscard]] std::string write(const std::string& v);
[[nodiscard]] std::string write(bool v);
[[nodiscard]] std::string write(std::uint32_t v);
[[nodiscard]] std::string write(byte_size v);
[[nodiscard]] std::string write(base::duration v);
[[nodiscard]] std::string write(const endpoint& v);
[[nodiscard]] std::string write(log_level v);
[[nodiscard]] std::string write(log_format v);
[[nodiscard]] std::string write(sync_policy v);
[[nodiscard]] std::string write(coordinator_kind v);
[[nodiscard]] std::string write(const std::vector<std::string>& v);
[[nodiscard]] std::string write(const std::vector<role>& v);
[[nodiscard]] std::string write(const std::vector<executor_kind>& v);

} // namespace vedette::config
