// A group of partitions: its gate and the actor that has its copies, on a scheduler and a clock
// that the test moves.
#include "actors/error.hpp"
#include "actors/gate.hpp"
#include "tests/actors/one_detector.hpp"

#include <fmt/format.h>
#include <simdjson.h>

using namespace vedette;
using namespace vedette::actors;
using namespace vedette::actors::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t group_size = 4;

class group_world {
 public:
  group_world() {
    library_->put(1, {{"b.yaml", any_delete}});
    config_.set("scheduler.policy", caf::atom("testing"));
    system_.emplace(config_);
    writer_ = system_->spawn(
        [this](committer_actor::pointer self, int) -> committer_actor::behavior_type {
          return {[this](const write_request& r) {
                    ++requests;
                    REQUIRE(store_->log().append(r.entries));
                    return atom::done::value;
                  },
                  [this, self](const checkpoint_request& r) -> caf::result<atom::done> {
                    ++checkpoints;
                    if (hold_checkpoints)
                      return held_.emplace_back(self->make_response_promise<atom::done>());
                    REQUIRE(store_->entities().apply(*r.changes));
                    return atom::done::value;
                  },
                  [](const release_hold&) {},
                  [](const stage_request&) { return atom::done::value; },
                  [](const switch_request&) { return atom::done::value; },
                  [this](atom::flush) {
                    for (auto& promise : std::exchange(held_, {}))
                      promise.deliver(to_caf({base::ec::io, "the disk is gone"}));
                  },
                  [](atom::status) { return std::string{"{}"}; }};
        },
        0);
    std::vector<gated_partition> gated;
    for (base::partition_id p; p.value < group_size; ++p.value) {
      gate_args g;
      g.partition = p;
      g.self = {"n1"};
      g.ask = [](const cluster::node_id&, const remote_request&) { return false; };
      gated.push_back({g, {}});
    }
    gate_ = system_->spawn(gate_of_detectors, gated, partition_handles{});
    group_ = system_->spawn(detectors, seat_of_copies(writer_));
  }
  ~group_world() {
    caf::anon_send_exit(gate_, caf::exit_reason::kill);
    caf::anon_send_exit(group_, caf::exit_reason::kill);
    caf::anon_send_exit(writer_, caf::exit_reason::kill);
    scheduler().run();
  }
  group_world(const group_world&) = delete;
  group_world& operator=(const group_world&) = delete;

  /// This node has a copy of it.
  void open(base::partition_id p) {
    detector_args d;
    d.log = lone_log(p, store_, [this] { return now_; });
    d.library = library_;
    d.content = library_->all.at(1);
    caf::anon_send(group_, new_detector{std::make_shared<detector_args>(std::move(d))});
    caf::anon_send(gate_, fold_here{p, group_, {}});
  }
  /// And leads it.
  void lead(base::partition_id p) {
    auto& value = table_[p];
    value = cluster::alone({{"n1"}, {1}}, store_->log().standing(p).promised);
    caf::anon_send(group_, table_value{p, {++revision_}, value});
    caf::anon_send(gate_, p, route{{"n1"}, value.epoch});
    pass(100ms);
  }
  /// Another copy is in sync, and nobody hears of it: nothing is committed any more.
  void stall(base::partition_id p) {
    auto& value = table_.at(p);
    value = *cluster::begin_move(value, std::vector<cluster::node_id>{{"n1"}, {"n2"}});
    value = *cluster::grow(value, {{"n2"}, {2}});
    caf::anon_send(group_, table_value{p, {++revision_}, value});
    pass(100ms);
  }
  void lead_all() {
    for (base::partition_id p; p.value < group_size; ++p.value) {
      open(p);
      lead(p);
    }
  }
  /// One event for that partition.
  [[nodiscard]] partition_batch batch_of(std::uint32_t p) const {
    auto events = std::make_shared<base::event_batch>();
    events->tenant.value = "t";
    events->generation = {1};
    base::event e;
    e.time = start + std::chrono::seconds{sequence_};
    e.id = events->memory.copy(fmt::format("{}-{}", sequence_, p));
    e.identity = "alice";
    events->events.push_back(e);
    partition_batch b;
    b.origin = {"src", 1, sequence_, 0};
    b.tenant = {"t"};
    b.received = start + 1h;
    b.events = std::move(events);
    return b;
  }
  /// One event for each of these partitions, in one message.
  void send(const std::vector<std::uint32_t>& to) {
    batch_shares all;
    ++sequence_;
    for (const auto p : to)
      all.shares.emplace_back(base::partition_id{p}, batch_of(p));
    askers_.push_back(system_->spawn(
        [this](caf::event_based_actor* self, const detector_gate& gate, batch_shares what) {
          self->request(gate, caf::infinite, std::move(what)).then([this](const batch_results& r) {
            ++answers;
            for (const auto& s : r.shares)
              accepted += s.taken.accepted;
          });
        },
        gate_, std::move(all)));
    pass(50ms);
  }
  /// The same, as a gate asks; which partitions have answered.
  [[nodiscard]] std::vector<std::uint32_t> answers_to(const std::vector<std::uint32_t>& to) {
    std::vector<std::uint32_t> out;
    batch_asker asker = system_->spawn(
        [&out](batch_asker::pointer, int) -> batch_asker::behavior_type {
          return {[&out](const batch_answers& all) {
            for (const auto& a : all.answers)
              out.push_back(a.partition.value);
          }};
        },
        0);
    batch_asks asks{asker, {}};
    ++sequence_;
    for (const auto p : to)
      asks.asks.push_back({sequence_, {p}, batch_of(p)});
    caf::anon_send(group_, std::move(asks));
    pass(50ms);
    caf::anon_send_exit(asker, caf::exit_reason::kill);
    scheduler().run();
    return out;
  }
  [[nodiscard]] std::uint64_t events_in(base::partition_id p) {
    std::string text = "{}";
    askers_.push_back(system_->spawn(
        [&text, p](caf::event_based_actor* self, const folding_detector& to) {
          self->request(to, caf::infinite, p, atom::status::value)
              .then([&text](const std::string& said) { text = said; }, [](const caf::error&) {});
        },
        group_));
    scheduler().run();
    simdjson::dom::parser parser;
    return parser.parse(text)["events"].get_uint64().value();
  }
  bool told_all(content_ptr content) {
    bool done = false;
    askers_.push_back(system_->spawn(
        [&done](caf::event_based_actor* self, const detector_gate& to, content_change c) {
          self->request(to, caf::infinite, std::move(c)).then([&done](atom::done) { done = true; });
        },
        gate_, content_change{std::move(content)}));
    pass(50ms);
    return done;
  }
  bool drained() {
    drain();
    return drains == 1;
  }
  void drain() {
    askers_.push_back(system_->spawn(
        [this](caf::event_based_actor* self, const detector_gate& to) {
          self->request(to, caf::infinite, atom::drain::value)
              .then([this](atom::done) { ++drains; },
                    [this](const caf::error& e) { drain_failed = from_caf(e); });
        },
        gate_));
    pass(50ms);
  }
  void tick_at(base::receive_time now) {
    caf::anon_send(group_, tick{now, {}});
    pass(50ms);
  }
  void fail_held_checkpoints() {
    caf::anon_send(writer_, atom::flush::value);
    pass(50ms);
  }
  content_ptr another_generation() { return library_->put(2, {{"b.yaml", any_delete}}); }
  [[nodiscard]] base::generation generation_of(base::partition_id p) {
    base::generation out;
    REQUIRE(store_->log().read({{p, {0}}}, [&](const state::log_entry& e) {
      if (e.kind == state::entry_kind::config)
        out = schemas::decode_config_entry(e.body)->generation;
      return true;
    }));
    return out;
  }
  void pass(base::duration time) {
    for (auto left = time; left > 0ms; left -= 5ms) {
      scheduler().run();
      now_ += 5ms;
      scheduler().advance_time(5ms);
    }
    scheduler().run();
  }

  std::size_t requests = 0, checkpoints = 0, answers = 0, accepted = 0, drains = 0;
  bool hold_checkpoints = false; ///< until they are failed
  std::optional<base::error> drain_failed;

 private:
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }

  std::shared_ptr<state::store> store_ = state::make_memory_store({});
  std::shared_ptr<shelf> library_ = std::make_shared<shelf>();
  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  committer_actor writer_;
  std::vector<caf::typed_response_promise<atom::done>> held_; ///< delivered by the writer only
  detector_gate gate_;
  folding_detector group_;
  std::vector<caf::actor> askers_;
  std::map<base::partition_id, cluster::assignment> table_;
  std::uint64_t revision_ = 0, sequence_ = 0;
  cluster::instant now_{1s};
};

} // namespace

TEST_CASE("group: what a batch has for several partitions is written by one request",
          "[actors][groups]") {
  group_world w;
  w.lead_all();
  const auto before = w.requests;
  w.send({0, 1, 2, 3});
  CHECK(w.requests == before + 1);
  CHECK(w.answers == 1);
  CHECK(w.accepted == 4);
  for (base::partition_id p; p.value < group_size; ++p.value)
    CHECK(w.events_in(p) == 1);
}

TEST_CASE("group: a partition that commits nothing delays no other of its group",
          "[actors][groups]") {
  group_world w;
  w.lead_all();
  w.stall({0});
  w.send({0});
  w.send({1, 2, 3});
  CHECK(w.answers == 1);
  CHECK(w.accepted == 3);
  w.send({0, 1}); // its source waits, as for any batch that is not durable
  CHECK(w.answers == 1);
  CHECK(w.events_in({1}) == 2);
  CHECK(w.events_in({0}) == 0);
  // The gate, which parks what nobody takes, hears of each.
  CHECK(w.answers_to({3, 0, 1}) == std::vector<std::uint32_t>{3, 1});
}

TEST_CASE("group: what was sent before a partition's copy was here is taken when it is",
          "[actors][groups]") {
  group_world w;
  for (base::partition_id p{1}; p.value < group_size; ++p.value) {
    w.open(p);
    w.lead(p);
  }
  w.send({0, 1});
  CHECK(w.answers == 0);
  CHECK(w.events_in({1}) == 1);
  w.open({0});
  w.lead({0});
  w.pass(200ms);
  CHECK(w.answers == 1);
  CHECK(w.accepted == 2);
  CHECK(w.events_in({0}) == 1);
}

TEST_CASE("group: another generation is in every partition's log when the group has answered",
          "[actors][groups]") {
  group_world w;
  w.lead_all();
  CHECK(w.told_all(w.another_generation()));
  for (base::partition_id p; p.value < group_size; ++p.value)
    CHECK(w.generation_of(p).value == 2);
}

TEST_CASE("group: it has drained when each of its partitions has a checkpoint",
          "[actors][groups]") {
  group_world w;
  w.lead_all();
  w.send({0, 1, 2, 3});
  REQUIRE(w.accepted == 4);
  CHECK(w.drained());
  CHECK(w.checkpoints == group_size);
}

TEST_CASE("group: a drain that waits for a checkpoint under way hears that it failed",
          "[actors][groups]") {
  group_world w;
  w.lead_all();
  w.hold_checkpoints = true;
  w.tick_at(start);
  w.tick_at(start + 1h);
  REQUIRE(w.checkpoints == group_size);
  w.drain();
  CHECK(w.drains == 0);
  CHECK(!w.drain_failed);
  w.fail_held_checkpoints();
  CHECK(w.drains == 0);
  REQUIRE(w.drain_failed);
  CHECK(w.drain_failed->context == "the disk is gone");
}
