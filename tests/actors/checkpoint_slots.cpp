// Whose turn it is to be sent a checkpoint.
#include "actors/checkpoint_slots.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

using vedette::actors::checkpoint_slots;

TEST_CASE("checkpoint slots: no more than there are are out, and who waits gets one in order",
          "[actors][checkpoint_slots]") {
  const auto slots = std::make_shared<checkpoint_slots>(2);
  std::vector<int> order;
  std::deque<checkpoint_slots::slot> held;
  for (int i = 0; i < 5; ++i)
    slots->take([&, i](checkpoint_slots::slot s) {
      order.push_back(i);
      held.push_back(std::move(s));
    });
  CHECK(order == std::vector{0, 1});
  {
    const auto copy = held.front();
    held.pop_front();
    CHECK(order.size() == 2); // somebody still has it
  }
  CHECK(order == std::vector{0, 1, 2});
  while (!held.empty()) {
    const auto oldest = std::move(held.front());
    held.pop_front();
  }
  CHECK(order == std::vector{0, 1, 2, 3, 4});
}

TEST_CASE("checkpoint slots: one that is given back goes to the next, also when nobody keeps it",
          "[actors][checkpoint_slots]") {
  const auto slots = std::make_shared<checkpoint_slots>(1);
  std::vector<int> order;
  checkpoint_slots::slot first;
  slots->take([&](checkpoint_slots::slot s) { first = std::move(s); });
  for (int i = 0; i < 3; ++i)
    slots->take([&, i](const checkpoint_slots::slot& s) {
      CHECK(s);
      order.push_back(i);
    });
  CHECK(order.empty());
  first.reset();
  CHECK(order == std::vector{0, 1, 2});
  slots->take([&](const checkpoint_slots::slot&) { order.push_back(3); });
  CHECK(order.back() == 3);
}

TEST_CASE("checkpoint slots: threads that take and give back at once never have too many",
          "[actors][checkpoint_slots]") {
  const auto slots = std::make_shared<checkpoint_slots>(3);
  std::atomic<int> out{0}, most{0}, done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i)
        slots->take([&](const checkpoint_slots::slot&) {
          const int now = ++out;
          for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
          }
          --out;
          ++done;
        });
    });
  for (auto& t : threads)
    t.join();
  CHECK(done == 2000);
  CHECK(most <= 3);
}
