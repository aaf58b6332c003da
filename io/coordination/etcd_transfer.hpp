// One POST to one endpoint, as a libcurl handle with everything it points to.
//
// Made, added to a multi handle, taken out, read, gone; cannot move, because the library keeps
// addresses. On a connection that turns out dead the library may silently send a body again; every
// request of ours allows that (etcd_engine.hpp). Used by etcd_transport.cpp only.
#pragma once

#include "base/result.hpp"
#include "io/coordination/etcd_settings.hpp"

#include <curl/curl.h>

#include <memory>
#include <string>

namespace vedette::io::etcd {

struct transfer_args {
  std::string url;
  std::string body;
  std::string token;                                      ///< empty: none
  std::chrono::milliseconds connect_timeout{}, timeout{}; ///< 0 ms: a stream, no end
};

class transfer {
 public:
  transfer(const etcd_settings& settings, transfer_args args);
  ~transfer();
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  [[nodiscard]] CURL* handle() const noexcept { return handle_; }
  [[nodiscard]] long status() const;
  [[nodiscard]] base::error failure(CURLcode code) const;

  /// What came and was not taken; the owner of a stream takes lines from its front.
  std::string answer;

 private:
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_socket(void* self, curl_socket_t socket, curlsocktype purpose);
  void set_security(const etcd_settings& settings);

  transfer_args args_;
  CURL* handle_;
  curl_slist* headers_ = nullptr;
  bool too_large_ = false;
  char detail_[CURL_ERROR_SIZE] = {};
};

} // namespace vedette::io::etcd
