// A clock for one program that shows something else than the machine's: set, stepped and made to
// drift while the program runs. Only that program sees it (tests/shims/skewed_clock.cpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vedette::test {

class skewed_clock {
 public:
  /// Keeps its numbers in a new file.
  explicit skewed_clock(std::string path);
  ~skewed_clock();
  skewed_clock(const skewed_clock&) = delete;
  skewed_clock& operator=(const skewed_clock&) = delete;

  /// For a program that shall have this clock.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const;
  /// Steps the wall clock to so much ahead of the machine's.
  void set(std::chrono::nanoseconds ahead);
  /// From now on all its clocks go faster by so many millionths.
  void drift(std::int64_t ppm);

 private:
  std::string path_;
  volatile std::int64_t* numbers_ = nullptr; ///< wall offset, drift in 1e-9, since when
};

} // namespace vedette::test
