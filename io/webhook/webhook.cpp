#include "io/webhook/webhook.hpp"

#include "io/http/client.hpp"
#include "io/http/request_checks.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

constexpr std::size_t secret_bytes_min = 16;

std::int64_t unix_seconds(base::receive_time t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

std::string signed_part(std::string_view secret, std::int64_t seconds, std::string_view body) {
  auto signed_text = fmt::format("{}.", seconds);
  signed_text += body;
  return base::to_hex(base::hmac_sha256(secret, signed_text));
}

/// The host of an http(s) URL without port and user, empty when there is none.
std::string_view host_of(std::string_view url, std::string_view scheme) {
  url.remove_prefix(scheme.size());
  const auto authority = url.substr(0, url.find_first_of("/?#"));
  const auto at = authority.rfind('@');
  return host_without_port(at == std::string_view::npos ? authority : authority.substr(at + 1));
}

} // namespace

base::status check(const webhook_settings& settings) {
  const auto refused = [&](std::string_view why) -> base::status {
    return error{ec::invalid_argument, fmt::format("webhook {}: {}", settings.url, why)};
  };
  if (settings.secret.size() < secret_bytes_min)
    return refused(fmt::format("the signing secret must have at least {} bytes", secret_bytes_min));
  constexpr std::string_view secure = "https://";
  constexpr std::string_view plain = "http://";
  if (settings.url.starts_with(secure))
    return host_of(settings.url, secure).empty() ? refused("the URL names no host")
                                                 : base::status{};
  if (!settings.url.starts_with(plain))
    return refused("the URL must begin with https://");
  const auto host = host_of(settings.url, plain);
  if (host != "localhost" && host != "127.0.0.1" && host != "::1")
    return refused("only a receiver on this machine may be called without TLS; use https://");
  return {};
}

std::string webhook_signature(std::string_view secret, base::receive_time now,
                              std::string_view body) {
  const auto seconds = unix_seconds(now);
  return fmt::format("t={},v1={}", seconds, signed_part(secret, seconds, body));
}

bool webhook_signature_holds(std::string_view secret, std::string_view header,
                             std::string_view body, base::receive_time now,
                             std::chrono::seconds tolerance) {
  const auto comma = header.find(",v1=");
  if (!header.starts_with("t=") || comma == std::string_view::npos)
    return false;
  std::int64_t seconds = 0;
  const auto number = header.substr(2, comma - 2);
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), seconds);
  if (failed != std::errc{} || end != number.data() + number.size() || seconds < 0)
    return false;
  const auto away = unix_seconds(now) - seconds;
  if (away > tolerance.count() || -away > tolerance.count())
    return false;
  return base::equal_in_constant_time(signed_part(secret, seconds, body), header.substr(comma + 4));
}

base::status deliver(const webhook_settings& settings, std::string_view delivery_id,
                     base::receive_time now, std::string_view body) {
  if (auto fine = check(settings); !fine)
    return fine;
  http_client client{{.ca_file = settings.ca_file,
                      .connect_timeout = settings.timeout,
                      .timeout = settings.timeout,
                      .response_bytes_max = 64 * 1024}};
  http_call_options options;
  options.body = body;
  options.headers.set(webhook_signature_header, webhook_signature(settings.secret, now, body));
  options.headers.set(webhook_delivery_header, std::string{delivery_id});
  auto answer = client.post(settings.url, options);
  if (!answer)
    return error{answer.err().code, "delivering to the webhook: " + answer.err().context};
  if (answer->status / 100 == 2)
    return {};
  const auto refused = [&](ec code, std::string_view advice) -> base::status {
    return error{code,
                 fmt::format("delivering to the webhook {}: it answered {} {}; {}", settings.url,
                             answer->status, reason_phrase(answer->status), advice)};
  };
  if (answer->status == 401 || answer->status == 403)
    return refused(ec::denied, "do both sides have the same secret?");
  if (answer->status == 429 || answer->status >= 500)
    return refused(ec::unavailable, "try again later");
  return refused(ec::invalid_argument, "check the URL");
}

} // namespace vedette::io
