// A node of one ingest actor, one partition and one tenant partition, on a scheduler and a clock
// that the test moves.
#pragma once

#include "actors/aggregator.hpp"
#include "actors/committer.hpp"
#include "actors/ingest.hpp"
#include "actors/responder.hpp"
#include "respond/playbooks/loader.hpp"
#include "tests/actors/one_detector.hpp"

namespace vedette::actors::testing {

using namespace std::chrono_literals;

inline constexpr base::partition_id tenants{1U << 16};

inline constexpr const char* any_list = R"(
title: A listing
name: listing
level: low
logsource: {product: aws, service: cloudtrail}
detection: {seen: {eventName: ListBuckets}, condition: seen}
)";

inline std::shared_ptr<const respond::playbook_set> playbooks(const std::string& name) {
  const respond::playbook_source source{"p.yaml", R"(
type: playbook
spec_version: cacao-2.0
id: playbook--00000000-0000-4000-8000-000000000001
name: )" + name + R"(
title: Speak
mode: auto
trigger: {rules: [deletion], min_severity: low}
workflow:
  - name: tell
    kind: notify
    class: may-repeat
    approval: none
    target: "people"
    calls: [{api: "vedette:Notify", with: {text: "${alert.title}"}}]
)"};
  auto set = respond::load_playbooks({&source, 1});
  INFO((set ? std::string{} : set.err().context));
  REQUIRE(set);
  return *set;
}

inline std::shared_ptr<shelf> two_generations() {
  auto all = std::make_shared<shelf>();
  all->put(1, {{"b.yaml", any_delete}}, playbooks("first"));
  // The name sorts before, so that every index moves.
  all->put(2, {{"a.yaml", any_list}, {"b.yaml", any_delete}}, playbooks("second"));
  for (auto& [number, c] : all->all) {
    auto with = std::make_shared<content_generation>(*c);
    with->activities = *ingest::taxonomy::load({});
    c = with;
  }
  return all;
}

/// Over a store that outlives it.
struct stage {
  /// `deaths` of earlier processes in the tenants' partition.
  stage(std::shared_ptr<state::store> over, std::shared_ptr<shelf> library,
        std::uint64_t generation, std::vector<fold_suspects::death> deaths = {})
      : store{std::move(over)}, content{std::move(library)} {
    config.set("scheduler.policy", caf::atom("testing"));
    system.emplace(config);
    state::positions checkpoints;
    for (auto p : {base::partition_id{0}, tenants})
      checkpoints[p] = *store->entities().position(p);
    writer = system->spawn(committer, committer_args{.store = store,
                                                     .linger = 1ms,
                                                     .keep = {},
                                                     .checkpoints = checkpoints,
                                                     .group_bytes_max = 1 << 20,
                                                     .sync_interval = 0ms});
    responder_args calls;
    calls.execute = [this](const action_order& o) {
      orders.push_back(o);
      return carry_out ? carry_out(o) : action_report{respond::attempt_result::done, "done"};
    };
    executor = system->spawn(responder, std::move(calls));
    aggregator_args a;
    a.seat = seat_of_copies(writer);
    a.log = log_of(tenants);
    a.library = content;
    a.content = content->all.at(generation);
    a.responder = executor;
    a.now = [this] { return now; };
    a.deaths = std::move(deaths);
    const auto aggregates = system->spawn(aggregator, a);
    home = aggregates;
    detector_args d;
    d.log = log_of({0});
    d.library = content;
    d.content = content->all.at(generation);
    d.aggregator_of = [this](const base::tenant_id& t) { return home_of ? home_of(t) : home; };
    const auto detects = spawn_detector(*system, writer, std::move(d));
    folder = detects;
    lead(tenants, aggregates);
    lead({0}, detects);
    ingest_args i;
    i.content = content->all.at(generation);
    i.routing = {7, 1, 1};
    i.detectors = {{folder}};
    i.alerts_waiting = 16; // the least there is
    door = system->spawn(actors::ingest, i);
    settle();
  }
  ~stage() {
    const auto end = [](auto& a) {
      caf::anon_send_exit(a, caf::exit_reason::kill);
      a = nullptr;
    };
    end(door);
    end(folder);
    end(home);
    end(executor);
    end(writer);
    scheduler().run();
  }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  /// What the responder was told, and what it answers; empty: done.
  std::vector<action_order> orders;
  std::function<action_report(const action_order&)> carry_out;

  /// Of the only copy of that partition's log.
  replica_args log_of(base::partition_id p) {
    return lone_log(p, store, [this] { return cluster::instant{now.time_since_epoch()}; });
  }
  /// It serves from now on.
  void lead(base::partition_id p, const replica_actor& copy) {
    const auto promised = store->log().standing(p).promised;
    caf::anon_send(copy, table_value{p, {1}, cluster::alone(me, promised)});
  }

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
  }
  /// Until nobody has anything to do; a deliver, a commit and its answer take a few lingers.
  void settle() {
    for (int i = 0; i < 20; ++i) {
      scheduler().run();
      scheduler().advance_time(1ms);
    }
    scheduler().run();
  }
  template <class Actor, class... Message>
  void ask(const Actor& who, Message... message) {
    waiting.push_back(system->spawn(
        [this](caf::event_based_actor* self, Actor to, Message... what) {
          self->request(to, caf::infinite, std::move(what)...)
              .then([this](const batch_result& r) { accepted += r.accepted; },
                    [this](const caf::error&) { ++refused; });
        },
        who, std::move(message)...));
  }
  template <class Answer, class Actor, class... Message>
  std::optional<Answer> answer_of(const Actor& who, Message... message) {
    std::optional<Answer> out;
    waiting.push_back(system->spawn(
        [&out](caf::event_based_actor* self, Actor to, Message... what) {
          self->request(to, caf::infinite, std::move(what)...)
              .then([&out](const Answer& a) { out = a; }, [](const caf::error&) {});
        },
        who, std::move(message)...));
    settle();
    return out;
  }

  /// One record of that API call, by its own identity.
  void send(std::uint64_t sequence, const std::string& name, const char* tenant = "t") {
    auto text = std::make_shared<std::string>(
        R"({"eventVersion":"1.08","eventTime":"2024-10-04T00:00:0)" +
        std::to_string(sequence % 10) + R"(Z","eventID":"id-)" + std::to_string(sequence) +
        R"(","eventSource":"cloudtrail.amazonaws.com","awsRegion":"eu-west-1","eventName":")" +
        name +
        R"(","userIdentity":{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/u)" +
        std::to_string(sequence) + R"(","userName":"u"},"sourceIPAddress":"198.51.100.7"})");
    const auto size = text->size();
    text->append(64, '\0');
    raw_batch raw;
    raw.tenant = {tenant};
    raw.origin = {"src", 1, sequence, 0};
    raw.records = {std::string_view{*text}.substr(0, size)};
    raw.memory = text;
    raw.received = now;
    ask(door, raw);
  }
  void change(std::uint64_t generation) {
    for (bool done :
         {answer_of<atom::done>(door, content_change{content->all.at(generation)}).has_value(),
          answer_of<atom::done>(folder, content_change{content->all.at(generation)}).has_value(),
          answer_of<atom::done>(home, content_change{content->all.at(generation)}).has_value()})
      CHECK(done);
  }
  std::string list(tenant_query::about what) {
    tenant_query q;
    q.tenant = {"t"};
    q.what = what;
    const auto a = answer_of<answer>(home, q);
    return a && a->ok() ? a->json : std::string{"no answer"};
  }
  /// Kinds of a partition's entries, oldest first, one letter each.
  std::string entries(base::partition_id p) {
    std::string out;
    REQUIRE(store->log().read({{p, {0}}}, [&](const state::log_entry& e) {
      out += " btearcimogs"[static_cast<int>(e.kind)];
      return true;
    }));
    return out;
  }

  const cluster::member me{{"n1"}, {1}};
  std::shared_ptr<state::store> store;
  std::shared_ptr<shelf> content;
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  committer_actor writer;
  responder_actor executor;
  aggregator_actor home;
  std::function<aggregator_actor(const base::tenant_id&)> home_of; ///< empty: `home` for all
  detector_actor folder;
  ingest_actor door;
  std::vector<caf::actor> waiting;
  base::receive_time now = start;
  std::uint32_t accepted = 0;
  int refused = 0;
};

inline bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace vedette::actors::testing
