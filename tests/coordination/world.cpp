#include "tests/coordination/world.hpp"

#include "io/clock/manual_clock.hpp"
#include "io/coordination/memory_coordinator.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <map>

namespace vedette::io::testing {

using namespace std::chrono_literals;

void party::drain() {
  if (!handle_)
    return;
  for (auto& e : handle_->poll({}))
    seen.push_back(std::move(e));
}

party& world::join_in() {
  parties_.push_back(std::make_unique<party>(*this, make_handle()));
  return *parties_.back();
}

std::size_t world::index_of(const party& p) const {
  const auto at = std::ranges::find(parties_, &p, [](const auto& held) { return held.get(); });
  return static_cast<std::size_t>(at - parties_.begin());
}

bool world::until(const std::function<bool()>& holds, base::duration patience) {
  const auto end = now() + patience;
  while (true) {
    for (const auto& p : parties_)
      p->drain();
    if (holds())
      return true;
    if (now() >= end)
      return false;
    let_pass(5ms);
  }
}

void world::pass(base::duration d) {
  static_cast<void>(until([] { return false; }, d));
}

namespace {

class memory_world final : public world {
 public:
  ~memory_world() override { end_parties(); }

  void cut(party& p, bool on) override { faults_[index_of(p)]->cut = on; }
  void lose_answers(party& p, bool on) override {
    faults_[index_of(p)]->answers_lost = on ? 1'000'000 : 0;
  }
  void compact() override { store_.compact(); }
  void wipe() override { store_.wipe(); }
  void save() override { saved_ = store_.save(); }
  void restore() override { store_.restore(saved_); }
  base::duration now() const override { return time_.monotonic(); }

 protected:
  std::unique_ptr<coordinator> make_handle() override {
    faults_.push_back(std::make_shared<memory_faults>());
    return store_.handle({}, faults_.back());
  }
  void let_pass(base::duration d) override { time_.advance(d); }

 private:
  manual_clock time_{base::receive_time{std::chrono::hours{12}}};
  memory_store store_{time_};
  memory_store::backup saved_;
  std::vector<std::shared_ptr<memory_faults>> faults_;
};

} // namespace

std::unique_ptr<world> make_memory_world() {
  return std::make_unique<memory_world>();
}

void on_both(const std::function<void(world&)>& test) {
  SECTION("in memory") {
    test(*make_memory_world());
  }
  SECTION("on etcd") {
    if (const auto w = make_etcd_world())
      test(*w);
  }
}

void fail_waiting(const char* what) {
  FAIL("waited in vain for " << what);
}

open_request founding(const std::string& id) {
  return {{id, partitions, 1}, {}, true};
}

cluster::node_record node(const std::string& id, std::uint64_t incarnation, std::uint64_t stamp) {
  cluster::node_record r;
  r.id = {id};
  r.incarnation = {incarnation};
  r.stamp = stamp;
  r.zone = "zone of " + id;
  r.mesh_address = "tcp://127.0.0.1:1";
  return r;
}

cluster::assignment assignment(const std::string& primary, std::uint64_t epoch,
                               std::uint64_t version) {
  cluster::assignment a;
  a.epoch = {epoch};
  a.version = version;
  a.primary = {primary};
  a.replicas = {{primary}, {"other"}};
  a.in_sync = {{{primary}, {1}}};
  return a;
}

void open(party& p) {
  const auto got = p.answer<cluster_opened>(p->open(founding()));
  if (!got.outcome)
    FAIL(base::to_string(got.outcome.err()));
}

void enter(party& p, const std::string& id, base::duration ttl) {
  open(p);
  const auto got = p.answer<node_joined>(p->join(node(id), ttl));
  if (!got.outcome)
    FAIL(base::to_string(got.outcome.err()));
  REQUIRE(*got.outcome == cluster::start_verdict::go);
}

cluster::snapshot view(party& p) {
  const auto before = p.count<view_began>();
  const auto got = p.answer<call_done>(p->watch());
  if (!got.outcome)
    FAIL(base::to_string(got.outcome.err()));
  return p.news<view_began>([](const view_began&) { return true; }, before).view;
}

swap_done swap(party& p, std::uint32_t partition, std::uint64_t base,
               const cluster::assignment& next, std::uint64_t fence) {
  return p.answer<swap_done>(p->swap({7, {partition}, {base}, next, {fence}}));
}

std::uint64_t founded_partition(party& p, std::uint32_t id) {
  const auto made = swap(p, id, 0, assignment("n1"));
  REQUIRE(made.answer.outcome == cluster::proposal_outcome::won);
  return made.answer.at.value;
}

std::vector<cluster::watch_event> changes(const party& p) {
  std::vector<cluster::watch_event> out;
  for (const auto& e : p.seen)
    if (const auto* c = std::get_if<view_changed>(&e))
      out.push_back(c->event);
  return out;
}

std::uint64_t revision_of(const cluster::watch_event& e) {
  return std::visit([](const auto& x) { return x.at.value; }, e);
}

} // namespace vedette::io::testing
