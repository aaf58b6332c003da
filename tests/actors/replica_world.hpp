// Three copies of one partition with real folds above them, on a scheduler and a clock that the
// test moves; the table and the network are the test's.
#pragma once

#include "actors/committer.hpp"
#include "actors/error.hpp"
#include "tests/actors/one_detector.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vedette::actors::testing {

using namespace std::chrono_literals;

inline constexpr const char* refusals_rule = R"(
title: Refusals
name: refusals
level: medium
logsource: {product: vedette}
detection: {denied: {outcome: denied}, condition: denied}
vedette:
  window: 10m
  measures: {denials: {count: denied}}
  levels: [{severity: medium, when: {denials: {gte: 3}}, why: "{denials} refusals"}]
)";

class replica_world {
 public:
  explicit replica_world(cluster::replica_limits limits = {}) : limits_{limits} {
    library_->put(1, {{"1.yaml", refusals_rule}});
    config_.set("scheduler.policy", caf::atom("testing"));
    system_.emplace(config_);
    for (const char* name : {"n1", "n2", "n3"})
      start_node(name);
    value_ =
        *cluster::create(std::vector{members_.at("n1"), members_.at("n2"), members_.at("n3")}, 2);
    tell_table();
  }
  ~replica_world() {
    for (auto& [name, n] : nodes_)
      end(n);
    nodes_.clear();
    scheduler().run();
  }
  replica_world(const replica_world&) = delete;
  replica_world& operator=(const replica_world&) = delete;

  struct node {
    std::shared_ptr<state::store> store;
    committer_actor writer;
    folding_detector copy;
  };

  void start_node(const std::string& name, bool wiped = false,
                  std::vector<fold_suspects::death> deaths = {}) {
    auto& store = stores_[name];
    if (!store || wiped) {
      state::store_options o;
      o.run_records = 1; // a checkpoint trims all that it covers
      store = state::make_memory_store(o);
      members_[name] = {{name}, {++incarnations_}};
    }
    node n;
    n.store = store;
    committer_args c;
    c.store = store;
    c.linger = 1ms;
    c.keep = {base::duration{0}, 0};
    n.writer = system_->spawn(committer, c);
    detector_args d;
    auto& r = d.log;
    r.partition = {0};
    r.self = members_.at(name);
    r.store = store;
    r.limits = limits_;
    r.send = [this, name](const cluster::node_id& to, const cluster::message& m) {
      const auto at = nodes_.find(to.value);
      if (at != nodes_.end() && !cut_.contains(name) && !cut_.contains(to.value))
        caf::anon_send(at->second.copy,
                       peer_message{{name}, std::make_shared<const cluster::message>(m)});
    };
    r.propose = [this, name](base::partition_id, const cluster::propose& p) {
      const bool won = p.base == at_;
      if (won) {
        value_ = p.next;
        ++at_.value;
        later_ = true;
      }
      answers_.push_back(
          {name,
           {{0}, p.token, won ? cluster::proposal_outcome::won : cluster::proposal_outcome::lost}});
    };
    r.reread = [this](base::partition_id) { later_ = true; };
    r.now = [this] { return now_; };
    r.slots = slots;
    d.library = library_;
    d.content = library_->all.at(1);
    d.aggregator_of = [this](const base::tenant_id&) { return aggregator_; };
    d.digest_every = limits_.digest_every;
    d.deaths = std::move(deaths);
    if (!aggregator_)
      aggregator_ = system_->spawn(
          [this](aggregator_actor::pointer, int) {
            return aggregator_actor::behavior_type{
                [this](const delivery& x) -> caf::result<atom::done> {
                  if (deaf)
                    return to_caf({base::ec::unavailable, "not now"});
                  for (const auto& a : x.alerts)
                    ++delivered_[fmt::format("{} {}", a.id, a.revision)];
                  return atom::done::value;
                },
                [](const tenant_command&) { return answer{}; },
                [](const tenant_query&) { return answer{}; },
                [](const content_change&) { return atom::done::value; },
                [](const tick&) {},
                [](atom::drain) { return atom::done::value; },
                [](atom::status) { return std::string{"{}"}; }};
          },
          0);
    auto seat = seat_of_copies(n.writer);
    seat.aside = [this](std::function<void()> work) {
      ++reads;
      aside_.emplace_back(now_ + reads_take, std::move(work));
    };
    n.copy = spawn_detector(*system_, std::move(seat), std::move(d));
    nodes_[name] = n;
    later_ = true;
  }
  void kill(const std::string& name) {
    end(nodes_.at(name));
    nodes_.erase(name);
    scheduler().run();
  }
  /// What the mesh of a node says of another one.
  void hear(const std::string& at, const std::string& other, bool heard) {
    caf::anon_send(nodes_.at(at).copy, peer_heard{{other}, heard});
  }
  void cut_off(const std::string& name) { cut_.insert(name); }
  void heal() { cut_.clear(); }

  /// What the controller would do.
  void promote(const std::string& to, const std::string& dead) {
    const std::vector<cluster::node_id> gone{{dead}};
    value_ = *cluster::promote(value_, members_.at(to), gone);
    ++at_.value;
    tell_table();
  }

  void pass(base::duration time) {
    for (auto left = time; left > 0ms; left -= 5ms) {
      run();
      if (std::exchange(later_, false))
        tell_table();
      for (auto& [name, what] : std::exchange(answers_, {}))
        if (const auto at = nodes_.find(name); at != nodes_.end())
          caf::anon_send(at->second.copy, what);
      now_ += 5ms;
      scheduler().advance_time(5ms);
    }
    run();
  }

  /// A batch of matched events of one identity; how often it was acknowledged so far.
  void send(const std::string& to, std::uint64_t sequence, std::initializer_list<int> seconds) {
    auto events = std::make_shared<base::event_batch>();
    events->tenant.value = "t";
    events->generation = {1};
    const auto& rules = *library_->all.at(1)->rules;
    const auto* of = rules.find("refusals");
    for (int s : seconds) {
      base::event e;
      e.time = start + std::chrono::seconds{s};
      e.id = events->memory.copy(fmt::format("{}-{}", sequence, s));
      e.identity = "alice";
      e.service = "s3.amazonaws.com";
      auto values = events->memory.array<std::string_view>(of->slots);
      for (auto& v : values)
        v = "x";
      auto m = events->memory.array<base::match>(1);
      m[0].rule.value = 0;
      m[0].marks = 1;
      m[0].values = values;
      e.matches = m;
      events->events.push_back(e);
    }
    partition_batch b;
    b.origin = {"src", 1, sequence, 0};
    b.tenant = {"t"};
    b.received = start + 1h + std::chrono::seconds{std::max(seconds)};
    b.events = std::move(events);
    askers_.push_back(system_->spawn(
        [this](caf::event_based_actor* self, const folding_detector& fold, partition_batch what) {
          self->request(fold, caf::infinite, batch_shares{{{{0}, std::move(what)}}})
              .then([this](const batch_results& r) {
                accepted += r.shares.front().taken.accepted;
                if (!r.shares.front().ok())
                  refused.push_back(r.shares.front().problem.code);
              });
        },
        nodes_.at(to).copy, std::move(b)));
  }

  struct look {
    std::string role;
    std::uint64_t committed = 0, shown = 0, last = 0, alarms = 0, seeded = 0;
  };
  look at(const std::string& name) {
    look out;
    const auto text = ask(nodes_.at(name).copy, base::partition_id{0}, atom::replica::value);
    simdjson::dom::parser parser;
    const auto root = parser.parse(text).value();
    out.role = std::string{root["role"].get_string().value()};
    out.committed = root["committed"].get_uint64();
    out.shown = root["shown"].get_uint64();
    out.last = root["last"].get_uint64();
    out.alarms = root["alarms"].get_uint64();
    out.seeded = root["times_seeded"].get_uint64();
    return out;
  }
  std::uint64_t events_at(const std::string& name) {
    simdjson::dom::parser parser;
    const auto text = ask(nodes_.at(name).copy, base::partition_id{0}, atom::status::value);
    return parser.parse(text)["events"].get_uint64().value();
  }
  /// What is out and unanswered goes out again with a tick.
  void offer_again(const std::string& name) {
    caf::anon_send(nodes_.at(name).copy, tick{start + 1h, nullptr});
    pass(50ms);
  }
  void checkpoint(const std::string& name) {
    // Far in the future, so that one is due; the fold's own clock is receive time.
    caf::anon_send(nodes_.at(name).copy, tick{start + 1h, nullptr});
    pass(20ms);
    caf::anon_send(nodes_.at(name).copy, tick{start + 2h, nullptr});
    pass(50ms);
  }

  /// What a copy says once it has promised the epoch; "" when it has not.
  std::string seal(const std::string& name, std::uint64_t epoch) {
    const auto out = std::make_shared<std::string>();
    askers_.push_back(system_->spawn(
        [out, epoch](caf::event_based_actor* self, const replica_actor& to) {
          self->request(to, caf::infinite, seal_request{{0}, {epoch}})
              .then([out](const std::string& text) { *out = text; }, [](const caf::error&) {});
        },
        nodes_.at(name).copy));
    pass(100ms);
    return *out;
  }

  std::uint64_t accepted = 0;
  std::vector<base::ec> refused;
  bool deaf = false;            ///< the aggregator takes nothing
  base::duration reads_take{0}; ///< what runs beside a copy, each
  std::uint64_t reads = 0;
  std::shared_ptr<checkpoint_slots> slots = std::make_shared<checkpoint_slots>(1);
  [[nodiscard]] const std::map<std::string, int>& delivered() const { return delivered_; }
  [[nodiscard]] const cluster::assignment& table() const { return value_; }
  [[nodiscard]] state::store& store_of(const std::string& name) { return *stores_.at(name); }
  [[nodiscard]] bool runs(const std::string& name) const { return nodes_.contains(name); }

 private:
  /// Until nothing happens any more without time.
  void run() {
    for (;;) {
      scheduler().run();
      const auto due = std::ranges::find_if(aside_, [&](const auto& a) { return a.first <= now_; });
      if (due == aside_.end())
        return;
      const auto work = std::move(due->second);
      aside_.erase(due);
      work();
    }
  }
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }
  /// What the fold says of itself, or the replica.
  template <class About>
  std::string ask(const folding_detector& whom, base::partition_id p, About about) {
    std::string out = "{}";
    askers_.push_back(system_->spawn(
        [&out, p, about](caf::event_based_actor* self, const folding_detector& to) {
          self->request(to, caf::infinite, p, about)
              .then([&out](const std::string& text) { out = text; }, [](const caf::error&) {});
        },
        whom));
    scheduler().run();
    return out;
  }
  void tell_table() {
    for (auto& [name, n] : nodes_)
      caf::anon_send(n.copy, table_value{{0}, at_, value_});
  }
  static void end(node& n) {
    caf::anon_send_exit(n.copy, caf::exit_reason::kill);
    caf::anon_send_exit(n.writer, caf::exit_reason::kill);
  }

  cluster::replica_limits limits_;
  std::shared_ptr<shelf> library_ = std::make_shared<shelf>();
  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  std::map<std::string, std::shared_ptr<state::store>> stores_;
  std::map<std::string, cluster::member> members_;
  std::map<std::string, node> nodes_;
  std::vector<caf::actor> askers_;
  aggregator_actor aggregator_;
  std::map<std::string, int> delivered_;
  std::uint64_t incarnations_ = 0;
  cluster::revision at_{1};
  cluster::assignment value_;
  std::vector<std::pair<std::string, proposal_result>> answers_;
  std::set<std::string> cut_;
  bool later_ = false;
  cluster::instant now_{1s};
  std::deque<std::pair<cluster::instant, std::function<void()>>> aside_;
};

} // namespace vedette::actors::testing
