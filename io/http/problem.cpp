#include "io/http/problem.hpp"

#include "base/json_writer.hpp"

namespace vedette::io {
namespace {

using base::ec;

int status_of(ec code) {
  switch (code) {
  case ec::invalid_argument:
  case ec::malformed:
  case ec::unreadable:
    return 400;
  case ec::denied:
    return 403;
  case ec::not_found:
    return 404;
  case ec::conflict:
  case ec::stale_epoch:
    return 409;
  case ec::too_large:
    return 413;
  case ec::unsupported:
    return 415;
  case ec::unavailable:
  case ec::shutting_down:
  case ec::disk_full:
    return 503;
  case ec::timed_out:
    return 504;
  case ec::none:
  case ec::io:
  case ec::corrupt:
    return 500;
  }
  return 500;
}

} // namespace

http_response to_response(const problem& p) {
  base::json_writer json;
  json.begin_object();
  json.member("type", p.type);
  json.member("title", p.title.empty() ? reason_phrase(p.status) : std::string_view{p.title});
  json.member("status", p.status);
  if (!p.detail.empty())
    json.member("detail", p.detail);
  if (!p.instance.empty())
    json.member("instance", p.instance);
  json.end_object();
  http_response out;
  out.status = p.status;
  out.headers.set("Content-Type", "application/problem+json");
  out.body = json.text();
  return out;
}

http_response problem_response(int status, std::string detail, std::string_view instance) {
  problem p;
  p.status = status;
  p.detail = std::move(detail);
  p.instance = instance;
  return to_response(p);
}

http_response problem_response(const base::error& e, std::string_view instance) {
  const int status = status_of(e.code);
  // What failed inside may name paths and neighbours; it belongs in the log.
  auto out = problem_response(
      status,
      status == 500 ? std::string{"something failed inside this node; its log says what"}
                    : e.context,
      instance);
  if (status == 503)
    out.headers.set("Retry-After", "1");
  return out;
}

} // namespace vedette::io
