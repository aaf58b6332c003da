// How a command shows its result: a table for people, JSON or YAML for programs.
#pragma once

#include <string>
#include <vector>

namespace vedette::cli {

enum class format : unsigned char { table, json, yaml, ocsf };

/// Columns as wide as their widest cell, the last one free; cells are cut at `cell_max` bytes.
class table {
 public:
  static constexpr std::size_t cell_max = 72;

  explicit table(std::vector<std::string> heading);
  void row(std::vector<std::string> cells);
  /// Prints to stdout; colour only when that is a terminal and NO_COLOR is not set.
  void print() const;
  [[nodiscard]] std::string text(bool colour) const;

 private:
  std::vector<std::string> heading_;
  std::vector<std::vector<std::string>> rows_;
};

/// Whether stdout is a terminal that wants colour.
[[nodiscard]] bool wants_colour();
/// "2026-01-02 03:04:05" in the local zone, for tables.
[[nodiscard]] std::string local_time(long long seconds_since_1970);

} // namespace vedette::cli
