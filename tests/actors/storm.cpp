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
  constexpr std::size_t alerts = 20, out = detector_state::deliveries_max;
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

TEST_CASE(
    "storm: a source is answered late while too many of its tenant's alerts wait, and only it",
    "[actors][storm]") {
  slow_home slow, other;
  stage s{std::shared_ptr<state::store>{state::make_memory_store({})}, two_generations(), 1};
  const auto kept = s.home;
  const auto spawned = [&](slow_home& as) {
    return s.system->spawn(
        [](aggregator_actor::pointer self, slow_home* of) { return of->behaviour(self); }, &as);
  };
  const auto behind = spawned(slow), calm = spawned(other);
  s.home_of = [=](const base::tenant_id& t) { return t.value == "t" ? behind : calm; };
  // Eight are out, sixteen may wait; the next one's batch hears of those before it.
  constexpr std::uint32_t room = detector_state::deliveries_max + 16;
  constexpr std::uint32_t sent = 40;
  for (std::uint64_t i = 1; i <= sent; ++i) {
    s.send(i, "DeleteTrail");
    s.settle();
  }
  const auto answered = s.accepted;
  CHECK(answered >= room);
  CHECK(answered <= room + 2);
  s.send(100, "DeleteTrail", "u");
  s.settle();
  CHECK(s.accepted == answered + 1); // another tenant's

  // It is in the log for all that: a resend is a duplicate, and held like the first.
  s.send(sent, "DeleteTrail");
  s.settle();
  CHECK(s.accepted == answered + 1);

  while (!slow.open.empty()) {
    caf::anon_send(behind, atom::status::value);
    s.settle();
    s.scheduler().advance_time(100ms);
    s.settle();
  }
  for (int i = 0; i < 3; ++i) {
    s.scheduler().advance_time(100ms);
    s.settle();
  }
  CHECK(s.accepted == sent + 1);
  CHECK(s.refused == 0);
  CHECK(slow.taken.size() == sent);
  for (const auto& a : {behind, calm, kept})
    caf::anon_send_exit(a, caf::exit_reason::kill);
}

TEST_CASE("storm: a held answer waits for every place that holds it, and for half of the bound",
          "[actors][storm]") {
  held_answers held{64, 2}; // 32 in each
  CHECK_FALSE(held.too_many(32));
  CHECK(held.too_many(33));
  int both = 0, one = 0;
  held.hold({{"t", 0}, {"t", 1}}, std::nullopt, [&] { ++both; });
  held.hold({{"t", 1}}, std::nullopt, [&] { ++one; });
  CHECK(held.to_ask().size() == 2);
  CHECK(held.to_ask().empty()); // none has answered
  held.told({"t", 1}, 17);
  CHECK(one == 0);
  held.told({"u", 1}, 0); // another tenant's
  held.told({"t", 1}, 16);
  CHECK(one == 1);
  CHECK(both == 0);
  held.told({"t", 0}, 100);
  CHECK(held.to_ask() == std::vector<held_answers::place>{{"t", 0}});
  held.told({"t", 0}, 0);
  CHECK(both == 1);
  CHECK(held.empty());
}

TEST_CASE("storm: what has no credit is held for a while, and nothing by a partition that is away",
          "[actors][storm]") {
  held_answers held{64, 2};
  int late = 0, patient = 0;
  held.hold({{"t", 0}, {"t", 1}}, 5s, [&] { ++late; });
  held.hold({{"t", 0}}, std::nullopt, [&] { ++patient; });
  held.pass(4s);
  CHECK(late == 0);
  held.pass(5s);
  CHECK(late == 1);
  CHECK(patient == 0);
  CHECK(held.to_ask() == std::vector<held_answers::place>{{"t", 0}}); // what is over is forgotten
  held.told({"t", 0}, std::nullopt);
  CHECK(late == 1); // once
  CHECK(patient == 1);
  CHECK(held.empty());
}
