// Our own mistakes stop the process, in release too: a node that no longer believes its own state
// must not go on writing it. The world's mistakes are values, see result.hpp.
#pragma once

namespace vedette::base {
[[noreturn]] void assertion_failed(const char* what, const char* file, int line);
}

#define VEDETTE_ASSERT(condition)                                                                  \
  (static_cast<bool>(condition)                                                                    \
       ? void(0)                                                                                   \
       : ::vedette::base::assertion_failed(#condition, __FILE__, __LINE__))
