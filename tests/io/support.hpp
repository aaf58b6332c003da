// What the tests of io share: a folder that goes away, packers, a raw TCP client, bounded waiting.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace vedette::io::testing {

class temp_folder {
 public:
  temp_folder();
  ~temp_folder();
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;

  [[nodiscard]] std::string path(std::string_view name = {}) const;
  /// Writes a file, making its folders, and gives its path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path root_;
};

[[nodiscard]] std::string gzip(std::string_view text);
[[nodiscard]] std::string zstd(std::string_view text, int window_log = 0);

/// One TCP connection to 127.0.0.1, byte by byte, for what no HTTP library would send.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port);
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  bool send(std::string_view bytes) const;
  /// Reads until `wanted` occurs, the peer closes, or 10 s pass; gives all read since the last
  /// call.
  [[nodiscard]] std::string read_until(std::string_view wanted) const;
  /// True when the peer closes within `patience`; what comes meanwhile is dropped.
  [[nodiscard]] bool closes_within(std::chrono::milliseconds patience) const;

 private:
  int fd_;
};

/// Polls every millisecond, at most `patience`.
[[nodiscard]] bool eventually(const std::function<bool()>& holds,
                              std::chrono::milliseconds patience = std::chrono::seconds{10});

/// Catch2 2 and 3 name their own matcher differently.
[[nodiscard]] inline bool says(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// "code: context" of a failure, "" when it went well: for messages of failed checks.
template <class T>
std::string why(const T& outcome) {
  return outcome ? std::string{} : base::to_string(outcome.err());
}

} // namespace vedette::io::testing
