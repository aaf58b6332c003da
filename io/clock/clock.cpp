#include "io/clock/clock.hpp"

#include "base/assert.hpp"

#include <ctime>

namespace vedette::io {
namespace {

base::duration read(clockid_t which) {
  timespec t{};
  VEDETTE_ASSERT(clock_gettime(which, &t) == 0);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

} // namespace

base::receive_time real_clock::now() const {
  return base::receive_time{read(CLOCK_REALTIME)};
}

base::duration real_clock::monotonic() const {
  return read(CLOCK_BOOTTIME);
}

} // namespace vedette::io
