#include "base/result.hpp"

namespace vedette::base {

std::string_view to_string(ec code) noexcept {
  switch (code) {
  case ec::none:
    return "none";
  case ec::invalid_argument:
    return "invalid argument";
  case ec::not_found:
    return "not found";
  case ec::unreadable:
    return "unreadable";
  case ec::malformed:
    return "malformed";
  case ec::too_large:
    return "too large";
  case ec::unsupported:
    return "unsupported";
  case ec::conflict:
    return "conflict";
  case ec::unavailable:
    return "unavailable";
  case ec::denied:
    return "denied";
  case ec::stale_epoch:
    return "stale epoch";
  case ec::io:
    return "input/output error";
  case ec::disk_full:
    return "disk full";
  case ec::timed_out:
    return "timed out";
  case ec::corrupt:
    return "corrupt";
  case ec::shutting_down:
    return "shutting down";
  }
  return "unknown";
}

std::string to_string(const error& e) {
  std::string out{to_string(e.code)};
  out += ": ";
  out += e.context;
  return out;
}

} // namespace vedette::base
