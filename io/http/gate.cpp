#include "io/http/gate.hpp"

#include "io/compression/decompressor.hpp"
#include "io/http/problem.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::io {
namespace {

using base::ec;
using base::error;

/// 8 MiB of window: enough for level 19, too little to be a lever against our memory.
constexpr int body_window_log_max = 23;

http_response unauthorised(std::string detail, std::string_view instance) {
  auto out = problem_response(401, std::move(detail), instance);
  out.headers.set("WWW-Authenticate", "Bearer");
  return out;
}

http_response wrong_method(const std::vector<http_method>& allowed, std::string_view instance) {
  std::string list;
  for (const auto m : allowed) {
    const auto name = to_string(m);
    if (list.find(name) != std::string::npos)
      continue;
    list += list.empty() ? "" : ", ";
    list += name;
    if (m == http_method::get &&
        std::find(allowed.begin(), allowed.end(), http_method::head) == allowed.end())
      list += ", HEAD";
  }
  auto out = problem_response(405, fmt::format("this path answers {}", list), instance);
  out.headers.set("Allow", list);
  return out;
}

} // namespace

std::variant<admitted, http_response>
http_gate::admit(http_request& request, std::string_view raw_path,
                 std::optional<std::uint64_t> body_bytes) const {
  if (auto why = refuse_origin(settings_.hosts, request.headers, request.tls))
    return problem_response(403, std::move(*why), request.path);
  auto match = router_.match(request.method, raw_path);
  if (match.found == nullptr) {
    if (!match.allowed.empty())
      return wrong_method(match.allowed, request.path);
    return problem_response(404, "there is nothing at this path", request.path);
  }
  admitted out{match.found, {}};
  const auto& wanted = match.found->options.roles;
  if (!wanted.empty()) {
    auto who = hooks_.authenticate(request);
    if (!who)
      return unauthorised(who.err().context, request.path);
    if (std::none_of(wanted.begin(), wanted.end(), [&](role r) { return who->may(r); }))
      return problem_response(403,
                              fmt::format("the token '{}' lacks the role {} that this call needs",
                                          who->name, to_string(wanted.front())),
                              request.path);
    out.who = std::move(*who);
  }
  if (body_bytes.value_or(0) > match.found->options.body_bytes_max)
    return problem_response(
        413,
        fmt::format("the body has {} bytes and this call takes {}; send it in parts", *body_bytes,
                    match.found->options.body_bytes_max),
        request.path);
  request.parameters = std::move(match.parameters);
  return out;
}

base::status unpack_body(http_request& request, const route_options& options) {
  auto encoding = request.headers.get("Content-Encoding");
  if (encoding.empty() || encoding == "identity" || request.body.empty())
    return {};
  compression kind = compression::none;
  if (encoding == "gzip" || encoding == "x-gzip")
    kind = compression::gzip;
  else if (encoding == "zstd")
    kind = compression::zstd;
  else
    return error{ec::unsupported,
                 fmt::format("reading the body: Content-Encoding '{}' is not known; use gzip, "
                             "zstd or none",
                             encoding.substr(0, 32))};
  auto body = decompress_all(
      kind, request.body, "the body",
      {.output_bytes_max = options.decoded_bytes_max, .zstd_window_log_max = body_window_log_max});
  if (!body)
    return body.err();
  request.body = std::move(*body);
  return {};
}

} // namespace vedette::io
