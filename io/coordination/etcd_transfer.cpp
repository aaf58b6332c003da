#include "io/coordination/etcd_transfer.hpp"

#include "io/coordination/etcd_transport.hpp"

#include <fmt/format.h>

#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace vedette::io::etcd {

using base::ec;

transfer::transfer(const etcd_settings& settings, transfer_args args) : args_{std::move(args)} {
  // Not thread-safe in the library of Debian 12, hence once.
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  handle_ = curl_easy_init();
  VEDETTE_ASSERT(handle_ != nullptr);
  const auto set = [this](CURLoption option, auto value) {
    curl_easy_setopt(handle_, option, value);
  };
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(detail_));
  set(CURLOPT_URL, args_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  // A name server that does not answer must not hold the thread that renews the lease.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_USERAGENT, "vedette");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(args_.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(args_.timeout.count()));
  set(CURLOPT_SOCKOPTFUNCTION, &transfer::on_socket);
  set(CURLOPT_WRITEFUNCTION, &transfer::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  headers_ = curl_slist_append(headers_, "Content-Type: application/json");
  headers_ = curl_slist_append(headers_, "Expect:");
  if (!args_.token.empty())
    headers_ = curl_slist_append(headers_, ("Authorization: " + args_.token).c_str());
  // Goes through the gateway as metadata: a member cut off from the majority ends the watch.
  if (args_.timeout.count() == 0)
    headers_ = curl_slist_append(headers_, "Grpc-Metadata-hasleader: true");
  set(CURLOPT_HTTPHEADER, headers_);
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(args_.body.size()));
  set(CURLOPT_POSTFIELDS, args_.body.data());
  set_security(settings);
}

transfer::~transfer() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(headers_);
}

void transfer::set_security(const etcd_settings& settings) {
  const auto file = [this](CURLoption option, const std::string& path) {
    if (!path.empty())
      curl_easy_setopt(handle_, option, path.c_str());
  };
  file(CURLOPT_CAINFO, settings.ca_file);
  file(CURLOPT_SSLCERT, settings.certificate_file);
  file(CURLOPT_SSLKEY, settings.key_file);
}

std::size_t transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& t = *static_cast<transfer*>(self);
  if (t.answer.size() + size * count > answer_bytes_max) {
    t.too_large_ = true;
    return 0;
  }
  t.answer.append(data, size * count);
  return size * count;
}

int transfer::on_socket(void*, curl_socket_t socket, curlsocktype) {
  // An idle watch on a path that went silent is noticed within 3 s, not after hours.
  const int on = 1;
  const int seconds = 1;
  const unsigned int unacknowledged_ms = 3000;
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
  return CURL_SOCKOPT_OK;
}

long transfer::status() const {
  long status = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

base::error transfer::failure(CURLcode code) const {
  if (too_large_)
    return {ec::too_large,
            fmt::format("asking {}: the answer is over {} bytes", args_.url, answer_bytes_max)};
  const std::string_view why = *detail_ != '\0' ? detail_ : curl_easy_strerror(code);
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return {ec::timed_out,
            fmt::format("asking {}: {}; is etcd up, and has it a majority?", args_.url, why)};
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CERTPROBLEM:
    return {ec::unavailable, fmt::format("asking {}: {}; check the files of authority, certificate "
                                         "and key",
                                         args_.url, why)};
  default:
    return {ec::unavailable,
            fmt::format("asking {}: {}; is etcd up, is this its client address, and does it want "
                        "TLS or a client certificate?",
                        args_.url, why)};
  }
}

} // namespace vedette::io::etcd
