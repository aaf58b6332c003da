// One line on a terminal: how far, how fast, how long still. Silent in a pipe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vedette::cli {

class progress_bar {
 public:
  explicit progress_bar(std::string what);
  /// Bytes or other units done of all; redraws at most ten times a second.
  void update(std::uint64_t done, std::uint64_t total);
  /// Wipes the line.
  void finish();

 private:
  std::string what_;
  bool shown_ = false, terminal_;
  std::chrono::steady_clock::time_point began_, drawn_;
};

} // namespace vedette::cli
