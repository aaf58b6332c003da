#include "tests/membership/rig.hpp"

#include "tests/support/catch.hpp"

#include <chrono>

namespace vedette::membership::testing {

using namespace std::chrono_literals;

membership_hooks diary::hooks() {
  membership_hooks h;
  h.assigned = [this](base::partition_id partition, cluster::revision at,
                      const cluster::assignment& value) {
    const std::lock_guard hold{mutex_};
    auto& known = table_[partition];
    in_order_ = in_order_ && at >= known.at;
    known = {at, value};
    ++said_[partition];
  };
  h.proposed = [this](base::partition_id partition, std::uint64_t token,
                      cluster::proposal_outcome outcome) {
    const std::lock_guard hold{mutex_};
    answers_.push_back({partition, token, outcome, table_[partition].at});
  };
  h.table_lost = [this] {
    const std::lock_guard hold{mutex_};
    ++lost_;
    table_.clear();
  };
  h.nodes = [this](const std::map<cluster::node_id, cluster::node_record>& nodes) {
    const std::lock_guard hold{mutex_};
    nodes_.clear();
    for (const auto& [id, record] : nodes)
      nodes_.push_back(id.value);
  };
  h.ended = [this](const std::string& why) {
    const std::lock_guard hold{mutex_};
    endings_.push_back(why);
  };
  return h;
}

std::map<base::partition_id, cluster::versioned_assignment> diary::table() const {
  const std::lock_guard hold{mutex_};
  return table_;
}
std::vector<diary::answer> diary::answers() const {
  const std::lock_guard hold{mutex_};
  return answers_;
}
std::vector<std::string> diary::nodes() const {
  const std::lock_guard hold{mutex_};
  return nodes_;
}
std::vector<std::string> diary::endings() const {
  const std::lock_guard hold{mutex_};
  return endings_;
}
int diary::tables_lost() const {
  const std::lock_guard hold{mutex_};
  return lost_;
}
std::size_t diary::said(base::partition_id partition) const {
  const std::lock_guard hold{mutex_};
  const auto found = said_.find(partition);
  return found == said_.end() ? 0 : found->second;
}
bool diary::in_order() const {
  const std::lock_guard hold{mutex_};
  return in_order_;
}

rig::rig()
    : time_{base::receive_time{std::chrono::hours{12}}}, coordinator{time_}, ticker_{[this] {
        while (!over_) {
          time_.advance(10ms);
          std::this_thread::sleep_for(1ms);
        }
      }} {}

rig::~rig() {
  parties_.clear();
  over_ = true;
  ticker_.join();
}

membership_args rig::args(const std::string& id, std::shared_ptr<state::store> store) {
  membership_args a;
  a.time = &time_;
  a.store = store ? std::move(store) : std::shared_ptr{state::make_memory_store()};
  a.self.id = {id};
  a.self.mesh_address = "tcp://" + id;
  a.partitions = partitions;
  a.copies = copies;
  a.found_if_absent = true;
  a.tick = 2ms;
  return a;
}

party& rig::add(membership_args args) {
  auto& p = *parties_.emplace_back(std::make_unique<party>());
  p.store = args.store;
  p.faults = std::make_shared<io::memory_faults>();
  if (!args.coordinator)
    args.coordinator = coordinator.handle({}, p.faults);
  p.what = std::make_unique<membership>(std::move(args), p.heard.hooks());
  return p;
}

party& rig::join(const std::string& id) {
  auto& p = add(args(id));
  if (const auto started = p->start(); !started)
    FAIL(base::to_string(started.err()));
  return p;
}

void rig::crash(party& p) {
  p.faults->cut = true;
  p.what->stop(); // its leave does not get through
  p.what.reset();
}

bool rig::until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 40s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

} // namespace vedette::membership::testing
