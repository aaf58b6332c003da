#include "actors/failpoint.hpp"

#ifdef VEDETTE_FAILPOINTS

#include <cstdio>
#include <cstdlib>
#include <string>

namespace vedette::actors {

void failpoint(std::string_view name, std::string_view value) noexcept {
  static const char* asked = std::getenv("FAILPOINT");
  if (asked == nullptr)
    return;
  const std::string_view wanted{asked};
  if (wanted.size() != name.size() + 1 + value.size() || !wanted.starts_with(name) ||
      wanted[name.size()] != ':' || !wanted.ends_with(value))
    return;
  std::fprintf(stderr, "vedette: told to fail at %s\n", asked);
  std::abort();
}

} // namespace vedette::actors

#endif
