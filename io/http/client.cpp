#include "io/http/client.hpp"

#include "base/ascii.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <mutex>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

struct header_list_deleter {
  void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

/// What one call collects; its address goes through the library as a void pointer.
struct exchange {
  http_response response;
  std::size_t bytes_max = 0;
  bool too_large = false;
  bool stopped = false;
  const std::function<bool(std::string_view)>* piece = nullptr;
  CURL* handle = nullptr;
};

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* to) {
  auto& out = *static_cast<exchange*>(to);
  const std::string_view line{data, size * count};
  // A new status line starts over: "100 Continue" came before.
  if (line.starts_with("HTTP/"))
    out.response.headers = {};
  const auto colon = line.find(':');
  if (colon != std::string_view::npos)
    out.response.headers.add(base::trimmed(line.substr(0, colon)),
                             std::string{base::trimmed(line.substr(colon + 1))});
  return size * count;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* to) {
  auto& out = *static_cast<exchange*>(to);
  const std::string_view bytes{data, size * count};
  if (out.piece != nullptr) {
    long status = 0;
    curl_easy_getinfo(out.handle, CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 2) {
      if ((*out.piece)(bytes))
        return bytes.size();
      out.stopped = true;
      return 0;
    }
  }
  if (out.response.body.size() + bytes.size() > out.bytes_max) {
    out.too_large = true;
    return 0;
  }
  out.response.body += bytes;
  return bytes.size();
}

base::error to_error(CURLcode failed, const exchange& x, const char* detail,
                     std::string_view method, const std::string& url) {
  if (x.too_large)
    return {ec::too_large,
            fmt::format("{} {}: the answer is over {} bytes", method, url, x.bytes_max)};
  const std::string_view why = *detail != '\0' ? detail : curl_easy_strerror(failed);
  ec code = ec::unavailable;
  std::string_view advice = "is it running, and is this its address?";
  switch (failed) {
  case CURLE_OPERATION_TIMEDOUT:
    code = ec::timed_out;
    advice = "it may be overloaded; whether it did what was asked is unknown";
    break;
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
    code = ec::invalid_argument;
    advice = "give an address such as https://host:8470";
    break;
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
    advice = "name the file with the authority's certificate";
    break;
  default:
    break;
  }
  return {code, fmt::format("{} {}: {}; {}", method, url, why, advice)};
}

} // namespace

struct http_client::impl {
  explicit impl(http_client_settings s) : settings{std::move(s)} {
    // Not thread-safe in the library of Debian 12, hence once.
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    handle = curl_easy_init();
    VEDETTE_ASSERT(handle != nullptr);
  }
  ~impl() { curl_easy_cleanup(handle); }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  base::result<http_response> run(http_method method, const std::string& url,
                                  const http_call_options& options,
                                  const std::function<bool(std::string_view)>* piece) {
    // Keeps connections, forgets everything else of the call before.
    curl_easy_reset(handle);
    exchange x;
    x.bytes_max = settings.response_bytes_max;
    x.piece = piece;
    x.handle = handle;
    char detail[CURL_ERROR_SIZE] = {};
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(detail));
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "vedette");
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, piece != nullptr ? 0L : static_cast<long>(settings.timeout.count()));
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    // Names of objects may hold "/../", and a signature is over the path as it was given.
    set(CURLOPT_PATH_AS_IS, 1L);
    if (settings.stalled_after.count() > 0) {
      set(CURLOPT_LOW_SPEED_LIMIT, 1L);
      set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings.stalled_after.count()));
    }
    if (!settings.ca_file.empty())
      set(CURLOPT_CAINFO, settings.ca_file.c_str());
    if (!settings.use_proxy_from_environment)
      set(CURLOPT_PROXY, "");
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&x));
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&x));
    const auto headers = set_request(method, options);
    const auto failed = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    x.response.status = static_cast<int>(status);
    if (failed != CURLE_OK && !x.stopped)
      return to_error(failed, x, detail, to_string(method), url);
    return std::move(x.response);
  }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(handle, option, value);
  }

  std::unique_ptr<curl_slist, header_list_deleter> set_request(http_method method,
                                                               const http_call_options& options) {
    curl_slist* list = nullptr;
    for (const auto& [name, value] : options.headers)
      // An empty value needs ';', else the library takes the line as "do not send this header".
      list = curl_slist_append(list, value.empty() ? (name + ";").c_str()
                                                   : (name + ": " + value).c_str());
    const bool has_body =
        method == http_method::post || method == http_method::put || !options.body.empty();
    if (has_body && !options.headers.has("Content-Type"))
      list = curl_slist_append(list, ("Content-Type: " + options.content_type).c_str());
    // Else bodies over 1 MiB wait a second for a "100 Continue" that not all servers send.
    list = curl_slist_append(list, "Expect:");
    set(CURLOPT_HTTPHEADER, list);
    if (method == http_method::head) {
      set(CURLOPT_NOBODY, 1L);
    } else if (has_body) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, options.body.data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(options.body.size()));
    }
    if (method == http_method::put || method == http_method::del)
      set(CURLOPT_CUSTOMREQUEST, method == http_method::put ? "PUT" : "DELETE");
    return std::unique_ptr<curl_slist, header_list_deleter>{list};
  }

  http_client_settings settings;
  CURL* handle;
};

http_client::http_client(http_client_settings settings)
    : impl_{std::make_unique<impl>(std::move(settings))} {}
http_client::~http_client() = default;
http_client::http_client(http_client&&) noexcept = default;
http_client& http_client::operator=(http_client&&) noexcept = default;

base::result<http_response> http_client::call(http_method method, const std::string& url,
                                              const http_call_options& options) {
  return impl_->run(method, url, options, nullptr);
}

base::result<http_response>
http_client::stream(const std::string& url, const http_call_options& options,
                    const std::function<bool(std::string_view)>& piece) {
  return impl_->run(http_method::get, url, options, &piece);
}

} // namespace vedette::io
