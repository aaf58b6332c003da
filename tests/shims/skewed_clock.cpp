// Loaded before a program's own libraries it makes the program's wall clock show something else
// than the machine's, by a file that the test changes while the program runs.
//
// VEDETTE_SKEWED_CLOCK names the file: three 64-bit numbers (tests/processes/skewed_clock.hpp).
// A drift is one of the crystal, so the monotonic clocks have it too. System calls only, because
// this runs before the sanitizers are there.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t second = 1'000'000'000;

struct skew {
  volatile std::int64_t offset; ///< ns, of the wall clock
  volatile std::int64_t ppb;    ///< drift of all clocks
  volatile std::int64_t since;  ///< ns of the machine's CLOCK_BOOTTIME: there it began
};

const skew* the_skew() {
  static const skew* const here = []() -> const skew* {
    const char* path = std::getenv("VEDETTE_SKEWED_CLOCK");
    const auto fd =
        path == nullptr ? -1L : syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
      return nullptr;
    const auto at = syscall(SYS_mmap, nullptr, sizeof(skew), PROT_READ, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    return at == -1 ? nullptr : reinterpret_cast<const skew*>(at);
  }();
  return here;
}

std::int64_t machine(clockid_t which) {
  timespec t{};
  syscall(SYS_clock_gettime, which, &t);
  return t.tv_sec * second + t.tv_nsec;
}

std::int64_t drifted() {
  const auto* s = the_skew();
  if (s == nullptr || s->ppb == 0)
    return 0;
  // In microseconds, or an hour would overflow.
  return (machine(CLOCK_BOOTTIME) - s->since) / 1000 * s->ppb / (second / 1000);
}

std::int64_t wall_skew() {
  const auto* s = the_skew();
  return s == nullptr ? 0 : s->offset + drifted();
}

timespec time_of(std::int64_t ns) {
  return {ns / second, ns % second};
}

} // namespace

extern "C" {

int clock_gettime(clockid_t which, timespec* out) noexcept {
  if (syscall(SYS_clock_gettime, which, out) != 0)
    return -1;
  const auto shown = out->tv_sec * second + out->tv_nsec;
  if (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)
    *out = time_of(shown + wall_skew());
  else if (which == CLOCK_MONOTONIC || which == CLOCK_BOOTTIME || which == CLOCK_MONOTONIC_COARSE)
    *out = time_of(shown + drifted());
  return 0;
}

int gettimeofday(timeval* out, void* /*zone*/) noexcept {
  const auto now = machine(CLOCK_REALTIME) + wall_skew();
  *out = {now / second, now % second / 1000};
  return 0;
}

time_t time(time_t* out) noexcept {
  const auto now = (machine(CLOCK_REALTIME) + wall_skew()) / second;
  if (out != nullptr)
    *out = now;
  return now;
}

/// The kernel waits by the machine's clock. What is no date is of the monotonic one.
int pthread_cond_timedwait(pthread_cond_t* c, pthread_mutex_t* m, const timespec* until) {
  if (until->tv_sec < 1'000'000'000)
    return pthread_cond_clockwait(c, m, CLOCK_MONOTONIC, until);
  const auto by_machine = time_of(until->tv_sec * second + until->tv_nsec - wall_skew());
  return pthread_cond_clockwait(c, m, CLOCK_REALTIME, &by_machine);
}

} // extern "C"
