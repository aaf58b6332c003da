// A race on purpose. ThreadSanitizer must report it under the suppressions of all tests: the test
// `tsan_canary` passes only when it does, so a suppression that hides everything is noticed.
//
// The hand-over goes through a std::thread and ours alone; no atomic, no lock.
#include <cstdio>
#include <thread>

namespace vedette::test {

int canary_counter = 0;

void canary_race() {
  for (int i = 0; i < 1000; ++i)
    canary_counter = canary_counter + 1;
}

} // namespace vedette::test

int main() {
  std::thread other{vedette::test::canary_race};
  vedette::test::canary_race();
  other.join();
  std::printf("counted to %d\n", vedette::test::canary_counter);
  return 0;
}
