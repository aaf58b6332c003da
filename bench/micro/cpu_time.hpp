// The CPU time that a benchmark counts in.
#pragma once

#include <ctime>

namespace vedette::bench {

/// Of this thread (CLOCK_THREAD_CPUTIME_ID) or of all (CLOCK_PROCESS_CPUTIME_ID), so far.
inline double cpu_seconds(clockid_t of) {
  timespec now{};
  clock_gettime(of, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

} // namespace vedette::bench
