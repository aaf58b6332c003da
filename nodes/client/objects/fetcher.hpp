// Downloads objects side by side and gives them in the order in which they were asked for.
//
// Holds at most `objects_max` of them and `bytes_max` of bytes; what is larger than a small object
// is not downloaded here: whoever gets it streams it. Threads of its own, one client each. `push`
// and `next` may be called by different threads.
#pragma once

#include "base/result.hpp"
#include "io/aws/s3.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace vedette::client {

struct fetched_object {
  io::s3_object object;
  std::uint64_t message = 0;        ///< that announced it; 0: none did
  std::optional<std::string> bytes; ///< nothing: to be streamed, or it failed
  std::optional<base::error> failed;
};

class object_fetcher {
 public:
  static constexpr std::size_t objects_max = 512;
  static constexpr std::size_t bytes_max = std::size_t{64} << 20;

  /// `open` makes a client for each of the `connections` threads.
  object_fetcher(const std::function<io::s3_client()>& open, int connections);
  ~object_fetcher(); ///< what is not fetched is forgotten
  object_fetcher(const object_fetcher&) = delete;
  object_fetcher& operator=(const object_fetcher&) = delete;

  /// False when it holds as many as it may.
  [[nodiscard]] bool push(io::s3_object object, std::uint64_t message = 0);
  /// The next one in order, when it is there within `patience`.
  [[nodiscard]] std::optional<fetched_object> next(std::chrono::milliseconds patience);
  [[nodiscard]] std::size_t waiting() const; ///< pushed and not taken

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::client
