// A change of generation as actors carry it out, on a scheduler and a clock that the test moves.
#include "actors/aggregator.hpp"
#include "actors/committer.hpp"
#include "actors/detector.hpp"
#include "actors/ingest.hpp"
#include "actors/replica.hpp"
#include "actors/responder.hpp"
#include "respond/playbooks/loader.hpp"
#include "tests/actors/fold_host.hpp"

using namespace vedette;
using namespace vedette::actors;
using namespace vedette::actors::testing;
using namespace std::chrono_literals;

namespace {

const base::event_time start{std::chrono::days{20'000}};
constexpr base::partition_id tenants{1U << 16};

constexpr const char* any_delete = R"(
title: A deletion
name: deletion
level: medium
logsource: {product: aws, service: cloudtrail}
detection: {gone: {eventName: DeleteTrail}, condition: gone}
)";
constexpr const char* any_list = R"(
title: A listing
name: listing
level: low
logsource: {product: aws, service: cloudtrail}
detection: {seen: {eventName: ListBuckets}, condition: seen}
)";

std::shared_ptr<const respond::playbook_set> playbooks(const std::string& name) {
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

std::shared_ptr<shelf> two_generations() {
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

/// A node of one ingest actor, one partition and one tenant partition, over a store that outlives
/// it.
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
    calls.execute = [](const action_order&) {
      return action_report{respond::attempt_result::done, "done"};
    };
    executor = system->spawn(responder, std::move(calls));
    aggregator_args a;
    a.partition = tenants;
    a.store = store;
    a.library = content;
    a.content = content->all.at(generation);
    a.committer = writer;
    a.replica = copy_of(tenants);
    a.responder = executor;
    a.now = [this] { return now; };
    a.deaths = std::move(deaths);
    home = system->spawn(aggregator, a);
    detector_args d;
    d.partition = {0};
    d.store = store;
    d.library = content;
    d.content = content->all.at(generation);
    d.committer = writer;
    d.replica = copy_of({0});
    d.aggregator_of = [this](const base::tenant_id&) { return home; };
    folder = system->spawn(detector, d);
    ingest_args i;
    i.content = content->all.at(generation);
    i.routing = {7, 1, 1};
    i.detectors = {folder};
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
    for (auto& r : copies)
      end(r);
    end(writer);
    scheduler().run();
  }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  /// The only copy of that partition's log, which serves.
  replica_actor copy_of(base::partition_id p) {
    replica_args r;
    r.partition = p;
    r.self = {{"n1"}, {1}};
    r.store = store;
    r.committer = writer;
    r.send = [](const auto&, const auto&) {};
    r.propose = [](auto, const auto&) {};
    r.reread = [](auto) {};
    r.now = [this] { return cluster::instant{now.time_since_epoch()}; };
    r.aside = [](const std::function<void()>& work) { work(); };
    copies.push_back(system->spawn(replica, r));
    const auto promised = store->log().standing(p).promised;
    caf::anon_send(copies.back(), table_value{{1}, cluster::alone(r.self, promised)});
    return copies.back();
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
  void send(std::uint64_t sequence, const std::string& name) {
    auto text = std::make_shared<std::string>(
        R"({"eventVersion":"1.08","eventTime":"2024-10-04T00:00:0)" + std::to_string(sequence) +
        R"(Z","eventID":"id-)" + std::to_string(sequence) +
        R"(","eventSource":"cloudtrail.amazonaws.com","awsRegion":"eu-west-1","eventName":")" +
        name +
        R"(","userIdentity":{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/u)" +
        std::to_string(sequence) + R"(","userName":"u"},"sourceIPAddress":"198.51.100.7"})");
    const auto size = text->size();
    text->append(64, '\0');
    raw_batch raw;
    raw.tenant = {"t"};
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

  std::shared_ptr<state::store> store;
  std::shared_ptr<shelf> content;
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  committer_actor writer;
  responder_actor executor;
  aggregator_actor home;
  detector_actor folder;
  ingest_actor door;
  std::vector<replica_actor> copies;
  std::vector<caf::actor> waiting;
  base::receive_time now = start;
  std::uint32_t accepted = 0;
  int refused = 0;
};

bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("switch: the entry that changes the rules stands before the first batch that names them",
          "[actors][switch]") {
  auto store = std::shared_ptr<state::store>{state::make_memory_store({})};
  const auto content = two_generations();
  stage s{store, content, 1};
  CHECK(s.entries({0}).empty());
  s.send(1, "DeleteTrail");
  s.settle();
  // Only ingest has heard of it so far.
  REQUIRE(s.answer_of<atom::done>(s.door, content_change{content->all.at(2)}));
  s.send(2, "ListBuckets");
  s.settle();
  CHECK(s.accepted == 2);
  const auto log = s.entries({0});
  INFO(log);
  CHECK(log.find('g') != std::string::npos);
  CHECK(log.find('g') < log.rfind('b'));
  // Told again, it is not written again.
  s.change(2);
  const auto after = s.entries({0});
  CHECK(std::count(after.begin(), after.end(), 'g') == 1);
  const auto alerts = s.list(tenant_query::about::alerts);
  INFO(alerts);
  CHECK(holds(alerts, "\"deletion\""));
  CHECK(holds(alerts, "\"listing\""));
}

TEST_CASE("switch: playbooks change with an entry, and a restart folds each entry under its own",
          "[actors][switch]") {
  auto store = std::shared_ptr<state::store>{state::make_memory_store({})};
  const auto content = two_generations();
  std::string before;
  {
    stage s{store, content, 1};
    s.send(1, "DeleteTrail");
    s.settle();
    const auto first = s.list(tenant_query::about::actions);
    INFO(first);
    CHECK(holds(first, "\"first\""));
    CHECK_FALSE(holds(first, "\"second\""));
    s.change(2);
    s.send(2, "DeleteTrail");
    s.settle();
    before = s.list(tenant_query::about::actions);
    INFO(before);
    CHECK(holds(before, "\"first\""));
    CHECK(holds(before, "\"second\""));
  }
  {
    stage s{store, content, 2};
    CHECK(s.list(tenant_query::about::actions) == before);
    const auto log = s.entries(tenants);
    CHECK(std::count(log.begin(), log.end(), 'g') == 1);
    REQUIRE(s.answer_of<atom::done>(s.home, atom::drain::value));
  }
  {
    // The checkpoint knows what it was folded under.
    stage s{store, content, 2};
    CHECK(s.list(tenant_query::about::actions) == before);
    const auto log = s.entries(tenants);
    CHECK(std::count(log.begin(), log.end(), 'g') == 1);
  }
}

TEST_CASE("switch: files that changed while the node was down take effect behind the old tail",
          "[actors][switch]") {
  auto store = std::shared_ptr<state::store>{state::make_memory_store({})};
  const auto content = two_generations();
  {
    stage s{store, content, 1};
    s.send(1, "DeleteTrail");
    s.settle();
  }
  stage s{store, content, 2};
  CHECK(s.entries({0}).back() == 'g');
  s.send(2, "ListBuckets");
  s.send(3, "DeleteTrail");
  s.settle();
  const auto alerts = s.list(tenant_query::about::alerts);
  INFO(alerts);
  CHECK(holds(alerts, "\"listing\""));
  std::size_t deletions = 0;
  for (auto at = alerts.find("\"rule\":\"deletion\""); at != std::string::npos;
       at = alerts.find("\"rule\":\"deletion\"", at + 1))
    ++deletions;
  CHECK(deletions == 2);
}

TEST_CASE("switch: an aggregator whose log names playbooks that are not there does not start",
          "[actors][switch]") {
  auto store = std::shared_ptr<state::store>{state::make_memory_store({})};
  const auto content = two_generations();
  {
    stage s{store, content, 1};
    s.send(1, "DeleteTrail");
    s.settle();
    s.change(2);
  }
  const auto only_new = std::make_shared<shelf>(*content);
  only_new->all.erase(1);
  stage s{store, only_new, 2};
  CHECK(s.list(tenant_query::about::alerts) == "no answer");
}

TEST_CASE("skip: a tenant's entry that ended the fold twice is passed over, and nothing else is",
          "[actors][switch]") {
  auto store = std::shared_ptr<state::store>{state::make_memory_store({})};
  const auto content = two_generations();
  base::entry_index deadly;
  {
    stage s{store, content, 1};
    s.send(1, "DeleteTrail");
    s.settle();
    s.send(2, "DeleteTrail");
    s.settle();
    const auto all = s.list(tenant_query::about::alerts);
    REQUIRE(holds(all, "user/u1"));
    REQUIRE(holds(all, "user/u2"));
    // The first alert that arrived.
    REQUIRE(store->log().read({{tenants, {0}}}, [&](const state::log_entry& e) {
      deadly = e.index;
      return e.kind != state::entry_kind::arrived;
    }));
  }
  stage s{store, content, 1, {{deadly, base::whole_entry, 2}}};
  for (int i = 0; i < 10; ++i)
    s.settle(); // a replica looks at its log again with its beat
  const auto left = s.list(tenant_query::about::alerts);
  INFO(left);
  CHECK_FALSE(holds(left, "user/u1"));
  CHECK(holds(left, "user/u2"));
  const auto log = s.entries(tenants);
  CHECK(std::count(log.begin(), log.end(), 's') == 1);
  s.send(3, "DeleteTrail");
  s.settle();
  CHECK(holds(s.list(tenant_query::about::alerts), "user/u3"));
}
