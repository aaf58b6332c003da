// Contexts of zstd, made once a thread: making one costs more than most of what is packed. For
// codecs only.
#pragma once

#include <memory>

#include <zstd.h>

namespace vedette::schemas {

struct zstd_contexts {
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> compress{ZSTD_createCCtx(), &ZSTD_freeCCtx};
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> expand{ZSTD_createDCtx(), &ZSTD_freeDCtx};
};

/// This thread's.
inline zstd_contexts& zstd() {
  thread_local zstd_contexts c;
  return c;
}

} // namespace vedette::schemas
