// More alerts than their tenant's aggregator takes: what is out is bounded, and nothing is lost.
#include "tests/actors/small_node.hpp"

#include <deque>
#include <set>

using namespace vedette;
using namespace vedette::actors;
using namespace vedette::actors::testing;

namespace {

/// An aggregator that answers the oldest delivery when it is asked for its status.
struct slow_home {
  std::vector<std::string> taken; ///< ids of alerts, as they came
  std::deque<caf::typed_response_promise<atom::done>> open;

  aggregator_actor::behavior_type behaviour(aggregator_actor::pointer self) {
    return {
        [this, self](const delivery& d) {
          for (const auto& a : d.alerts)
            taken.push_back(a.id);
          open.push_back(self->make_response_promise<atom::done>());
          return open.back();
        },
        [](const tenant_command&) { return answer{}; },
        [](const tenant_query&) { return answer{}; },
        [](const content_change&) { return atom::done::value; },
        [](const tick&) {},
        [](atom::drain) { return atom::done::value; },
        [this](atom::status) {
          open.front().deliver(atom::done::value);
          open.pop_front();
          return std::string{};
        },
    };
  }
};

} // namespace

TEST_CASE(
    "storm: few deliveries of a partition are out at once, each once, and all come in the end",
    "[actors][storm]") {
  slow_home slow;
  stage s{std::shared_ptr<state::store>{state::make_memory_store({})}, two_generations(), 1};
  const auto kept =
      std::exchange(s.home, s.system->spawn([](aggregator_actor::pointer self,
                                               slow_home* as) { return as->behaviour(self); },
                                            &slow));
  constexpr std::size_t alerts = 40, out = detector_state::deliveries_max;
  for (std::uint64_t i = 1; i <= alerts; ++i) {
    s.send(i, "DeleteTrail");
    s.settle();
  }
  CHECK(s.accepted == alerts); // nobody who sends waits for a tenant that is behind
  CHECK(slow.taken.size() == out);

  for (int i = 0; i < 5; ++i) {
    s.now += 3s;
    caf::anon_send(s.folder, tick{s.now, nullptr});
    s.settle();
  }
  CHECK(slow.taken.size() == out);

  for (std::size_t i = 0; i < 3; ++i)
    caf::anon_send(s.home, atom::status::value);
  s.settle();
  CHECK(slow.taken.size() == out + 3);
  while (!slow.open.empty()) {
    caf::anon_send(s.home, atom::status::value);
    s.settle();
  }
  CHECK(slow.taken.size() == alerts);
  CHECK(std::set<std::string>{slow.taken.begin(), slow.taken.end()}.size() == alerts);
  caf::anon_send_exit(kept, caf::exit_reason::kill);
}

TEST_CASE("storm: a tenant whose aggregator is silent delays no other's alerts",
          "[actors][storm]") {
  slow_home silent, other;
  stage s{std::shared_ptr<state::store>{state::make_memory_store({})}, two_generations(), 1};
  const auto kept = s.home;
  const auto spawned = [&](slow_home& as) {
    return s.system->spawn(
        [](aggregator_actor::pointer self, slow_home* of) { return of->behaviour(self); }, &as);
  };
  const auto quiet = spawned(silent), loud = spawned(other);
  s.home_of = [=](const base::tenant_id& t) { return t.value == "t" ? quiet : loud; };
  for (std::uint64_t i = 1; i <= 20; ++i) {
    s.send(i, "DeleteTrail");
    s.settle();
  }
  s.send(21, "DeleteTrail", "u");
  s.settle();
  CHECK(silent.taken.size() == detector_state::deliveries_max);
  CHECK(other.taken.size() == 1);

  // What was answered is not offered again while the entry that says so is on its way.
  caf::anon_send(loud, atom::status::value);
  for (int i = 0; i < 5; ++i) {
    caf::anon_send(s.folder, tick{s.now += 1s, nullptr});
    s.settle();
  }
  CHECK(other.taken.size() == 1);
  for (const auto& a : {quiet, loud, kept})
    caf::anon_send_exit(a, caf::exit_reason::kill);
}
