#include "nodes/vedette/commands.hpp"

#include <cstdio>

namespace vedette::cli {

int complain(const base::error& e) {
  std::fprintf(stderr, "vedette: %s\n", base::to_string(e).c_str());
  switch (e.code) {
  case base::ec::invalid_argument:
    return usage;
  case base::ec::unreadable:
  case base::ec::too_large:
  case base::ec::malformed:
    return input_trouble;
  case base::ec::unavailable:
  case base::ec::timed_out:
    return unreachable;
  default:
    return failed;
  }
}

} // namespace vedette::cli
