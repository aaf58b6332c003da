// Batches of a partition without a primary, kept by another one and given back; real gates, folds
// and replicas of one node, on a scheduler and a clock that the test moves.
#include "actors/committer.hpp"
#include "actors/error.hpp"
#include "actors/gate.hpp"
#include "actors/routing.hpp"
#include "tests/actors/one_detector.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

using namespace vedette;
using namespace vedette::actors;
using namespace vedette::actors::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t partitions = 4;
constexpr base::partition_id home{0}, keeper{1};

class parking_world {
 public:
  parking_world() {
    library_->put(1, {{"b.yaml", any_delete}});
    config_.set("scheduler.policy", caf::atom("testing"));
    system_.emplace(config_);
    committer_args c;
    c.store = store_;
    c.linger = 1ms;
    c.keep = {base::duration{0}, 0};
    writer_ = system_->spawn(committer, c);
    const routing all{7, partitions, 1};
    for (std::uint32_t p = 0; p < partitions; ++p) {
      gate_args g;
      g.partition = {p};
      g.self = {"n1"};
      g.ask = [](const cluster::node_id&, const remote_request&) { return false; };
      gates_.push_back(system_->spawn(gate_of_detectors,
                                      std::vector<gated_partition>{{g, all.keepers_of({p})}},
                                      partition_handles{[this](base::partition_id of) {
                                        return detector_actor{gates_[of.value]};
                                      }}));
    }
  }
  ~parking_world() {
    while (!copies_.empty())
      end(copies_.begin()->first);
    for (auto& g : gates_)
      caf::anon_send_exit(g, caf::exit_reason::kill);
    caf::anon_send_exit(writer_, caf::exit_reason::kill);
    gates_.clear();
    scheduler().run();
  }
  parking_world(const parking_world&) = delete;
  parking_world& operator=(const parking_world&) = delete;

  /// The partition is served here, by its only copy, in another epoch each time.
  void serve(base::partition_id p) {
    detector_args d;
    d.log = lone_log(p, store_, [this] { return now_; });
    d.library = library_;
    d.content = library_->all.at(1);
    d.keepers = routing{7, partitions, 1}.keepers_of(p);
    d.partition_of = [this](base::partition_id of) { return detector_actor{gates_[of.value]}; };
    const auto promised = store_->log().standing(p).promised;
    const auto value = cluster::alone(d.log.self, promised);
    const auto copy = spawn_detector(*system_, writer_, std::move(d));
    caf::anon_send(copy, table_value{p, {++revision_}, value});
    caf::anon_send(gates_[p.value], fold_here{p, copy, {}});
    caf::anon_send(gates_[p.value], p, route{{"n1"}, value.epoch});
    copies_[p] = copy;
  }
  void end(base::partition_id p) {
    auto c = copies_.extract(p);
    caf::anon_send_exit(c.mapped(), caf::exit_reason::kill);
    caf::anon_send(gates_[p.value], p, route{});
    scheduler().run();
  }
  void pass(base::duration time) {
    for (auto left = time; left > 0ms; left -= 5ms) {
      scheduler().run();
      now_ += 5ms;
      scheduler().advance_time(5ms);
    }
    scheduler().run();
  }
  void serve_all_but_home() {
    for (std::uint32_t p = 1; p < partitions; ++p)
      serve({p});
    pass(3s); // the keepers of the first ones had no primary, and were waited for
  }

  static partition_batch batch(std::uint64_t sequence, const std::string& id) {
    auto events = std::make_shared<base::event_batch>();
    events->tenant.value = "t";
    events->generation = {1};
    base::event e;
    // Backfill: an hour of event time with each batch, so whatever is overtaken is late.
    e.time = start + std::chrono::hours{sequence};
    e.id = events->memory.copy(id);
    e.identity = "alice";
    events->events.push_back(e);
    partition_batch b;
    b.origin = {"src", 1, sequence, 0};
    b.tenant = {"t"};
    b.received = start + 1000h + std::chrono::seconds{sequence};
    b.events = std::move(events);
    return b;
  }
  /// Through the gate of the home.
  void send(partition_batch b) { ask(gates_[home.value], std::move(b)); }
  void send(std::uint64_t sequence) { send(batch(sequence, fmt::format("event-{}", sequence))); }
  void park(base::partition_id at, std::vector<partition_batch> what) {
    askers_.push_back(system_->spawn(
        [at](caf::event_based_actor* self, const detector_gate& to, park_request r) {
          self->request(to, caf::infinite, at, std::move(r))
              .then([](atom::done) {}, [](caf::error&) {});
        },
        gates_[at.value], park_request{home, std::move(what)}));
  }
  /// To its fold, as if the answer had been lost.
  void send_past_the_gate(std::uint64_t sequence) {
    ask(copies_.at(home), batch(sequence, fmt::format("event-{}", sequence)));
  }
  /// The source has ended, a hundred hours from where it began.
  void source_ended() {
    const auto marks = std::make_shared<const std::vector<source_mark>>(
        std::vector<source_mark>{{{"t"}, "src", start + 100h, false}});
    caf::anon_send(copies_.at(home), tick{start + 2000h, marks});
    pass(5ms);
  }

  [[nodiscard]] std::uint64_t figure(base::partition_id p, const char* name) {
    simdjson::dom::parser parser;
    return parser.parse(status(p))[name].get_uint64().value();
  }
  /// How many batches that partition keeps for the home.
  [[nodiscard]] std::uint64_t keeps(base::partition_id p) {
    simdjson::dom::parser parser;
    const simdjson::dom::array kept = parser.parse(status(p))["keeps"].get_array();
    for (auto of : kept)
      if (of["partition"].get_uint64() == home.value)
        return of["batches"].get_uint64();
    return 0;
  }
  /// Sequences of the batches in the home's log, in its order.
  [[nodiscard]] std::vector<std::uint64_t> folded() {
    std::vector<std::uint64_t> out;
    REQUIRE(store_->log().read({{home, {0}}}, [&](const state::log_entry& e) {
      if (e.kind == state::entry_kind::batch)
        out.push_back(schemas::decode_batch_entry(e.body)->sequence);
      return true;
    }));
    return out;
  }
  [[nodiscard]] std::uint64_t stored_for_home(base::partition_id of) {
    std::uint64_t n = 0;
    REQUIRE(store_->entities().scan(of, {"t"}, state::state_kind::parked,
                                    [&](const state::state_key&, std::string_view) {
                                      ++n;
                                      return true;
                                    }));
    return n;
  }
  void checkpoint(base::partition_id p) {
    const auto fold = copies_.at(p);
    caf::anon_send(fold, tick{start + 3000h, nullptr});
    pass(20ms);
    caf::anon_send(fold, tick{start + 3001h, nullptr});
    pass(50ms);
  }

  std::uint64_t accepted = 0;
  std::vector<base::ec> refused;

 private:
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }
  template <class Handle>
  void ask(const Handle& whom, partition_batch b) {
    askers_.push_back(system_->spawn(
        [this](caf::event_based_actor* self, const Handle& to, partition_batch what) {
          self->request(to, caf::infinite, batch_shares{{{home, std::move(what)}}})
              .then([this](const batch_results& r) {
                accepted += r.shares.front().taken.accepted;
                if (!r.shares.front().ok())
                  refused.push_back(r.shares.front().problem.code);
              });
        },
        whom, std::move(b)));
  }
  std::string status(base::partition_id p) {
    std::string out = "{}";
    askers_.push_back(system_->spawn(
        [&out, p](caf::event_based_actor* self, const folding_detector& to) {
          self->request(to, caf::infinite, p, atom::status::value)
              .then([&out](const std::string& text) { out = text; }, [](const caf::error&) {});
        },
        copies_.at(p)));
    scheduler().run();
    return out;
  }

  std::shared_ptr<state::store> store_ = state::make_memory_store({.run_records = 1});
  std::shared_ptr<shelf> library_ = std::make_shared<shelf>();
  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  committer_actor writer_;
  std::vector<detector_gate> gates_;
  std::map<base::partition_id, folding_detector> copies_;
  std::vector<caf::actor> askers_;
  std::uint64_t revision_ = 0;
  cluster::instant now_{1s};
};

using sequences = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("parking: batches of a partition without a primary are acknowledged, kept and given back",
          "[actors][parking]") {
  parking_world w;
  w.serve_all_but_home();
  for (std::uint64_t s = 1; s <= 5; ++s)
    w.send(s);
  w.pass(2900ms);
  CHECK(w.accepted == 0);
  w.pass(300ms);
  CHECK(w.accepted == 5);
  CHECK(w.keeps(keeper) == 5);
  w.send(6);
  w.pass(200ms); // the next ones wait less
  CHECK(w.accepted == 6);
  CHECK(w.keeps(keeper) == 6);

  w.serve(home);
  w.send(7);
  w.pass(500ms);
  CHECK(w.accepted == 7);
  CHECK(w.folded() == sequences{1, 2, 3, 4, 5, 6, 7});
  CHECK(w.figure(home, "late") == 0);
  CHECK(w.keeps(keeper) == 0);
  w.send(8);
  w.pass(500ms);
  CHECK(w.accepted == 8);
  CHECK(w.refused.empty());
}

TEST_CASE("parking: what is kept outlives the keeper's process, from its log and its checkpoint",
          "[actors][parking]") {
  parking_world w;
  w.serve_all_but_home();
  w.send(1);
  w.send(2);
  w.pass(3200ms);
  REQUIRE(w.accepted == 2);
  const bool stored = GENERATE(false, true);
  if (stored) {
    w.checkpoint(keeper);
    CHECK(w.stored_for_home(keeper) == 2);
    w.send(3); // behind the checkpoint
    w.pass(200ms);
    REQUIRE(w.accepted == 3);
  }
  w.end(keeper);
  w.serve(keeper);
  w.pass(3s);
  CHECK(w.keeps(keeper) == (stored ? 3 : 2));
  w.serve(home);
  w.pass(500ms);
  CHECK(w.folded() == (stored ? sequences{1, 2, 3} : sequences{1, 2}));
  CHECK(w.keeps(keeper) == 0);
  w.checkpoint(keeper);
  CHECK(w.stored_for_home(keeper) == 0);
}

TEST_CASE("parking: a batch that its partition had taken before it went away is not folded twice",
          "[actors][parking]") {
  parking_world w;
  for (std::uint32_t p = 0; p < partitions; ++p)
    w.serve({p});
  w.pass(3s);
  w.send_past_the_gate(1);
  w.pass(50ms);
  REQUIRE(w.accepted == 1);
  w.end(home);
  w.send(1);
  w.send(2);
  w.pass(3300ms);
  CHECK(w.accepted == 3); // parked, so acknowledged
  w.serve(home);
  w.pass(500ms);
  CHECK(w.folded() == sequences{1, 1, 2}); // without its event
  CHECK(w.figure(home, "events") == 2);
  CHECK(w.keeps(keeper) == 0);
}

TEST_CASE("parking: what is given back twice is folded once", "[actors][parking]") {
  parking_world w;
  w.serve_all_but_home();
  w.send(1);
  w.send(2);
  w.pass(3200ms);
  REQUIRE(w.accepted == 2);
  w.serve(home);
  // It is given back, and the keeper ends before or after it wrote so.
  w.pass(GENERATE(range(0, 100, 5)) * 1ms);
  w.end(keeper);
  w.serve(keeper);
  w.pass(4s);
  CHECK(w.folded() == sequences{1, 2});
  CHECK(w.figure(home, "duplicates") == 0);
  CHECK(w.keeps(keeper) == 0);
}

TEST_CASE("parking: while one keeper has no primary either another one keeps",
          "[actors][parking]") {
  parking_world w;
  w.serve({2});
  w.serve({3});
  w.pass(3s);
  w.send(1);
  w.pass(8s); // two seconds until the first is given up
  CHECK(w.accepted == 1);
  CHECK(w.keeps({2}) == 1);
  w.serve(home);
  w.pass(500ms);
  CHECK(w.folded() == sequences{1}); // the first keeper may have something: nothing else is taken
  w.send(2);
  w.pass(500ms);
  CHECK(w.accepted == 1);
  w.pass(3s); // but not for ever
  CHECK(w.accepted == 2);
  CHECK(w.folded() == sequences{1, 2});
}

TEST_CASE("parking: what has waited too long is not joined by more, here or elsewhere",
          "[actors][parking]") {
  parking_world w;
  w.serve_all_but_home();
  w.send(1);
  w.pass(3200ms);
  REQUIRE(w.accepted == 1);
  auto late = w.batch(2, "event-2");
  late.received += 16min;
  w.send(late);
  w.pass(10s);
  CHECK(w.accepted == 1); // its source waits
  CHECK(w.keeps(keeper) == 1);
  CHECK(w.keeps({2}) == 0);
  w.serve(home);
  w.pass(500ms);
  CHECK(w.accepted == 2);
  CHECK(w.folded() == sequences{1, 2});
}

TEST_CASE("parking: a home that is given something back while it serves lets nothing overtake it",
          "[actors][parking]") {
  parking_world w;
  for (std::uint32_t p = 0; p < partitions; ++p)
    w.serve({p});
  w.pass(4s); // a home that asked lately is told directly
  // More than are given back at once, so that something is left when the first are there.
  std::vector<partition_batch> many;
  for (std::uint64_t s = 1; s <= park_batches_max + 6; ++s)
    many.push_back(w.batch(s, fmt::format("event-{}", s)));
  w.park(keeper, many);
  while (w.folded().empty())
    w.pass(5ms);
  REQUIRE(w.folded().size() < many.size());
  w.send(many.size() + 1);
  w.pass(3s);
  const auto folded = w.folded();
  CHECK(folded.size() == many.size() + 1);
  CHECK(std::ranges::is_sorted(folded));
  CHECK(w.keeps(keeper) == 0);
  w.pass(4s);
  w.park(keeper, {w.batch(3, "event-3")}); // and once more
  w.pass(3s);
  CHECK(w.figure(home, "events") == many.size() + 1);
}

TEST_CASE("parking: a keeper is waited for as long as it gives something back",
          "[actors][parking]") {
  home_desk d;
  d.wait_for(keeper, 10s);
  CHECK(d.closed());
  CHECK_FALSE(d.heard(keeper, {}, {}, 11s));
  CHECK(d.closed());
  for (int i = 1; i <= 9; ++i) // one entry a second
    CHECK_FALSE(d.heard(keeper, 10 - i, {static_cast<std::uint64_t>(i)}, 11s + i * 1s));
  CHECK_FALSE(d.heard(keeper, 1, {9}, 21s));
  CHECK(d.closed());
  CHECK(d.heard(keeper, 1, {9}, 22s)); // it stands still
  CHECK_FALSE(d.closed());

  d.wait_for(keeper, 30s);
  CHECK_FALSE(d.heard(keeper, 0, {}, 40s));
  CHECK_FALSE(d.closed());
  d.wait_for(keeper, 50s);
  CHECK(d.heard(keeper, {}, {}, 52s)); // it never answered
}

TEST_CASE("parking: no window closes before what was parked for it is folded",
          "[actors][parking]") {
  parking_world w;
  w.serve_all_but_home();
  w.serve(home);
  w.pass(3s);
  w.send(1);
  w.pass(50ms);
  w.end(home);
  w.send(2);
  w.pass(3200ms);
  REQUIRE(w.accepted == 2);
  w.serve(home);
  for (int i = 0; i < 20; ++i)
    w.source_ended(); // its ingest actor has an answer for everything
  w.pass(300ms);
  CHECK(w.folded() == sequences{1, 2});
  CHECK(w.figure(home, "late") == 0);
  w.send(3);
  w.source_ended();
  w.pass(50ms);
  w.send(4);
  w.pass(50ms);
  CHECK(w.figure(home, "late") == 2); // so a tick does that
}
