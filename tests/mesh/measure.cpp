#include "tests/mesh/node.hpp"

#include <cstdio>
#include <thread>

#include <sys/resource.h>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

namespace {

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto s = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return s(used.ru_utime) + s(used.ru_stime);
}

void stream(node& a, node& b, const char* how, std::size_t size, std::size_t count) {
  const auto before = b.messages();
  const auto frames = a.about("b", lane::data).sent_frames;
  const auto cpu = cpu_seconds();
  const auto began = steady::now();
  const std::string payload(size, 'p');
  for (std::size_t i = 0; i < count; ++i)
    a.insist("b", lane::data, payload);
  REQUIRE(b.wait_messages(before + count, std::chrono::minutes{2}));
  const auto seconds = std::chrono::duration<double>(steady::now() - began).count();
  std::printf(
      "mesh, %s: %zu messages of %zu bytes: %.0f messages/s, %.0f MB/s, %.2f us of CPU each, "
      "%.1f messages a frame\n",
      how, count, size, static_cast<double>(count) / seconds,
      static_cast<double>(count * size) / seconds / 1e6,
      (cpu_seconds() - cpu) / static_cast<double>(count) * 1e6,
      static_cast<double>(count) /
          static_cast<double>(a.about("b", lane::data).sent_frames - frames));
}

void round_trips(node& a, const char* how) {
  std::vector<double> us;
  for (int i = 0; i < 5000; ++i) {
    const auto before = a.messages();
    const auto began = steady::now();
    a.insist("b", lane::control, "ping");
    REQUIRE(a.wait_messages(before + 1));
    us.push_back(std::chrono::duration<double, std::micro>(steady::now() - began).count());
  }
  std::sort(us.begin(), us.end());
  std::printf("mesh, %s: round trip p50 %.0f us, p99 %.0f us\n", how, us[2500], us[4950]);
}

} // namespace

TEST_CASE("mesh: measure a pair on loopback", "[.measure]") {
  for (const bool curve : {false, true}) {
    const auto settings = [&] {
      mesh_settings s;
      if (curve)
        s.keys = *generate_curve_keys();
      return s;
    };
    node a{"a", settings()}, b{"b", settings()};
    introduce({&a, &b});
    b.echo();
    b.forget_payloads();
    a.forget_payloads();
    const char* how = curve ? "CURVE" : "plain";
    for (int run = 0; run < 3; ++run) {
      stream(a, b, how, 100, 2'000'000);
      stream(a, b, how, std::size_t{64} << 10, curve ? 15'000 : 30'000);
    }
    round_trips(a, how);
  }
}
