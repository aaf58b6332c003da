// When the responder calls out, and when it holds back.
#include "actors/responder.hpp"

#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::actors;

namespace {

struct responder_stage {
  explicit responder_stage(responder_args args) {
    config.set("scheduler.policy", caf::atom("testing"));
    system.emplace(config);
    actor = system->spawn(responder, std::move(args));
  }
  ~responder_stage() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    actor = nullptr;
    run();
  }
  responder_stage(const responder_stage&) = delete;
  responder_stage& operator=(const responder_stage&) = delete;

  void run() { dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler()).run(); }
  action_report order(respond::mode mode) {
    action_order o;
    o.action.plan.mode = mode;
    std::optional<action_report> out;
    const auto asker = system->spawn(
        [&out](caf::event_based_actor* self, const responder_actor& to, const action_order& what) {
          self->request(to, caf::infinite, what)
              .then([&out](const action_report& r) { out = r; }, [](const caf::error&) {});
        },
        actor, o);
    run();
    REQUIRE(out);
    return *out;
  }

  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  responder_actor actor;
};

} // namespace

TEST_CASE("responder: no call begins while others may act by now, and it is tried again",
          "[actors][responder]") {
  int calls = 0;
  bool heard = false;
  responder_args args;
  args.execute = [&calls](const action_order&) {
    ++calls;
    return action_report{respond::attempt_result::done, "called"};
  };
  args.may_begin = [&heard]() -> base::status {
    if (heard)
      return {};
    return base::error{base::ec::unavailable, "the coordinator was not heard"};
  };
  responder_stage s{std::move(args)};
  const auto held = s.order(respond::mode::automatic);
  CHECK(held.result == respond::attempt_result::try_again);
  CHECK(held.text.find("not heard") != std::string::npos);
  CHECK(calls == 0);
  // A dry run calls nobody, so nobody can be in its way.
  CHECK(s.order(respond::mode::dry_run).result == respond::attempt_result::done);
  CHECK(calls == 0);
  heard = true;
  CHECK(s.order(respond::mode::automatic).result == respond::attempt_result::done);
  CHECK(calls == 1);
}
