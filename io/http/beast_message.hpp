// Between the library's messages and ours.
#pragma once

#include "io/http/beast.hpp"
#include "io/http/message.hpp"

#include "base/ip_address.hpp"

#include <array>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::io {

using wire_response = bhttp::response<bhttp::string_body>;
using wire_head = bhttp::request_header<>;

inline base::ip_address to_ip(const asio::ip::address& a) {
  base::ip_address out;
  if (a.is_v4())
    return base::ip_address::v4(a.to_v4().to_uint());
  const auto bytes = a.to_v6().to_bytes();
  std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
  return out;
}

inline http_method method_of(bhttp::verb v) {
  switch (v) {
  case bhttp::verb::get:
    return http_method::get;
  case bhttp::verb::head:
    return http_method::head;
  case bhttp::verb::post:
    return http_method::post;
  case bhttp::verb::put:
    return http_method::put;
  case bhttp::verb::delete_:
    return http_method::del;
  default:
    return http_method::other;
  }
}

inline std::string_view target_of(const wire_head& head) {
  return {head.target().data(), head.target().size()};
}

inline std::string_view raw_path(const wire_head& head) {
  const auto target = target_of(head);
  return target.substr(0, target.find('?'));
}

/// Nothing when the target is not "/path?query" in readable encoding.
inline std::optional<http_request> to_request(const wire_head& head, const base::ip_address& peer,
                                              bool tls) {
  http_request out;
  out.method = method_of(head.method());
  const auto target = target_of(head);
  const auto path = raw_path(head);
  auto decoded = percent_decode(path, false);
  if (!path.starts_with('/') || !decoded)
    return std::nullopt;
  out.path = std::move(*decoded);
  if (path.size() < target.size()) {
    auto query = parse_query(target.substr(path.size() + 1));
    if (!query)
      return std::nullopt;
    out.query = std::move(*query);
  }
  for (const auto& field : head) {
    const auto name = field.name_string();
    const auto value = field.value();
    out.headers.add({name.data(), name.size()}, std::string{value.data(), value.size()});
  }
  out.peer = peer;
  out.tls = tls;
  return out;
}

/// RFC 9110 IMF-fixdate.
inline std::string http_date() {
  std::array<char, 40> text{};
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

template <class Body>
void fill_head(bhttp::response<Body>& out, const http_response& from) {
  out.result(static_cast<unsigned>(from.status));
  if (out.result() == bhttp::status::unknown) {
    const auto phrase = reason_phrase(from.status);
    out.reason({phrase.data(), phrase.size()});
  }
  out.set(bhttp::field::server, "vedette");
  out.set(bhttp::field::date, http_date());
  out.set(bhttp::field::cache_control, "no-store");
  out.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : from.headers)
    out.set(name, value);
}

/// `head_only`: the answer to HEAD, which tells the length of the body it leaves out.
inline wire_response to_wire(http_response from, unsigned version, bool keep_alive,
                             bool head_only) {
  wire_response out;
  out.version(version);
  fill_head(out, from);
  out.keep_alive(keep_alive);
  if (head_only) {
    out.content_length(from.body.size());
    return out;
  }
  out.body() = std::move(from.body);
  out.prepare_payload();
  return out;
}

inline bhttp::response<bhttp::empty_body> to_stream_head(const http_response& from) {
  bhttp::response<bhttp::empty_body> out;
  out.version(11);
  fill_head(out, from);
  out.keep_alive(false);
  out.chunked(true);
  return out;
}

} // namespace vedette::io
