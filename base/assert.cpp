#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace vedette::base {

void assertion_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "vedette: internal error: %s does not hold at %s:%d; stopping\n", what, file,
               line);
  std::abort();
}

} // namespace vedette::base
