#include "tests/processes/skewed_clock.hpp"

#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace vedette::test {

namespace {

constexpr std::size_t skew_bytes = 3 * sizeof(std::int64_t);

} // namespace

skewed_clock::skewed_clock(std::string path) : path_{std::move(path)} {
  const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0);
  REQUIRE(ftruncate(fd, skew_bytes) == 0);
  auto* at = mmap(nullptr, skew_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  REQUIRE(at != MAP_FAILED);
  numbers_ = static_cast<std::int64_t*>(at);
}

skewed_clock::~skewed_clock() {
  munmap(const_cast<std::int64_t*>(numbers_), skew_bytes);
}

std::vector<std::pair<std::string, std::string>> skewed_clock::environment() const {
  const char* asan = std::getenv("ASAN_OPTIONS");
  return {{"LD_PRELOAD", program("skewed_clock.so")},
          {"VEDETTE_SKEWED_CLOCK", path_},
          {"ASAN_OPTIONS", (asan == nullptr ? std::string{} : std::string{asan} + ":") +
                               "verify_asan_link_order=0"}};
}

void skewed_clock::set(std::chrono::nanoseconds ahead) {
  numbers_[0] = ahead.count();
}

void skewed_clock::drift(std::int64_t ppm) {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  numbers_[2] = std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  numbers_[1] = ppm * 1000;
}

} // namespace vedette::test
