// A service of S3's protocol as small as the tests need it, quick enough to measure against: one
// bucket "logs" of objects in memory, listed and read, for whoever signs as "AKIDTEST".
#pragma once

#include "io/http/server.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace vedette::test {

class object_store {
 public:
  object_store();
  ~object_store();
  object_store(const object_store&) = delete;
  object_store& operator=(const object_store&) = delete;

  /// Keys hold no slash here.
  void put(const std::string& key, std::string bytes);
  [[nodiscard]] std::string url() const;
  /// For a program: where the service is, and as whom to sign.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const;

  std::atomic<std::uint64_t> reads{0}; ///< of objects, answered with 200
  std::atomic<int> busy{0};            ///< so many answers more are 503
  std::atomic<bool> forgets_bucket{false};

 private:
  io::http_response list(const io::http_request& asked) const;
  io::http_response get(const io::http_request& asked, const std::string& key);
  io::http_response guarded(const io::http_request& asked,
                            const std::function<io::http_response()>& answer);

  mutable std::mutex lock_;
  std::map<std::string, std::string> objects_;
  std::unique_ptr<io::http_server> server_;
};

} // namespace vedette::test
