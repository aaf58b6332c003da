#include "io/coordination/memory_coordinator.hpp"

#include "io/coordination/event_queue.hpp"
#include "io/coordination/judgements.hpp"
#include "io/coordination/memory_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace vedette::io {

using base::ec;
using base::error;
using cluster::proposal_outcome;

class memory_handle;

struct memory_state {
  explicit memory_state(const clock& t) : time{t} {}

  const clock& time;
  std::mutex mutex;
  // Guarded by mutex:
  memory_records records;
  std::vector<memory_handle*> handles;
};

namespace {

constexpr const char* this_process = "this process";

} // namespace

class memory_handle final : public coordinator {
 public:
  memory_handle(std::shared_ptr<memory_state> state, const memory_settings& settings,
                std::shared_ptr<memory_faults> faults)
      : state_{std::move(state)}, settings_{settings}, faults_{std::move(faults)},
        events_{settings.events_max} {
    const std::lock_guard hold{state_->mutex};
    state_->handles.push_back(this);
  }
  ~memory_handle() override {
    const std::lock_guard hold{state_->mutex};
    std::erase(state_->handles, this);
  }
  memory_handle(const memory_handle&) = delete;
  memory_handle& operator=(const memory_handle&) = delete;

  call_id open(const open_request& request) override {
    return ask(kind::opens, as_opened, [&](call_id id) -> coordinator_event {
      auto& r = state_->records;
      const auto verdict = judge_open(request, r.cluster, this_process);
      if (!verdict)
        return as_opened(id, verdict.err(), false);
      if (request.anew)
        r.make_anew(request.record);
      else if (*verdict == open_verdict::found)
        r.put_cluster(request.record);
      watching_ = false;
      view_due_.reset();
      cluster_ = *r.cluster;
      highest_ = r.revision;
      estranged_ = false;
      pulse(now());
      return cluster_opened{id, *cluster_, *verdict == open_verdict::found, {highest_}};
    });
  }

  call_id read_store(const cluster::node_id& node) override {
    const auto failed = [](call_id id, error why, bool) -> coordinator_event {
      return io::store_read{id, std::move(why), {}};
    };
    return ask(kind::reads, failed, [&](call_id id) -> coordinator_event {
      return io::store_read{id, recorded(node), live(node)};
    });
  }

  call_id write_store(const cluster::node_id& node, const cluster::store_record& record) override {
    return change(call_kind::write_store, [&]() -> base::status {
      auto good = check_node_id(node);
      if (good)
        state_->records.put_store(node, record);
      return good;
    });
  }

  call_id join(const cluster::node_record& node, base::duration ttl) override {
    const auto failed = [](call_id id, error why, bool) -> coordinator_event {
      return node_joined{id, std::move(why), {}};
    };
    // Not a change whose answer can be lost: a join that is in doubt takes itself back.
    return ask(kind::reads, failed, [&](call_id id) -> coordinator_event {
      if (auto good = check_join(node, ttl); !good)
        return failed(id, good.err(), false);
      if (lease_ != 0)
        return failed(id,
                      {ec::invalid_argument,
                       fmt::format("joining as node {}: this handle joined as {} already; leave "
                                   "first",
                                   node.id.value, node_.value)},
                      false);
      auto& r = state_->records;
      const auto held = r.nodes.find(node.id);
      const auto before = held == r.nodes.end() ? lease_id{0} : held->second.lease;
      const auto verdict = judge_join(node, recorded(node.id), live(node.id));
      if (!verdict || *verdict != cluster::start_verdict::go)
        return node_joined{id, verdict, {}};
      ttl_ = ttl;
      lease_ = r.grant(now() + ttl);
      node_ = node.id;
      member_ = true;
      r.put_store(node.id, {node.incarnation, node.stamp});
      const auto at = r.put_node(node, lease_);
      if (before != 0)
        r.end_lease(before);
      heard_ = now().count();
      return node_joined{id, *verdict, at};
    });
  }

  call_id update_node(const cluster::node_record& node) override {
    return change(call_kind::update_node, [&]() -> base::status {
      if (!holds_key())
        return not_joined("changing the node's record");
      if (node.id != node_)
        return error{ec::invalid_argument,
                     fmt::format("changing the record of node {}: this session is node {}'s",
                                 node.id.value, node_.value)};
      state_->records.put_node(node, lease_);
      return {};
    });
  }

  call_id leave() override {
    return change(call_kind::leave, [&]() -> base::status {
      member_ = false;
      state_->records.end_lease(std::exchange(lease_, 0));
      return {};
    });
  }

  call_id watch() override {
    const auto failed = as_done(call_kind::watch);
    return ask(kind::reads, failed, [&](call_id id) -> coordinator_event {
      watching_ = true;
      view_due_ = view_cause::asked;
      return call_done{id, call_kind::watch, {}};
    });
  }

  call_id reread(base::partition_id partition) override {
    const auto failed = [partition](call_id id, error why, bool) -> coordinator_event {
      return partition_read{id, partition, std::move(why)};
    };
    return ask(kind::reads, failed, [&](call_id id) -> coordinator_event {
      const auto found = state_->records.partitions.find(partition);
      if (found == state_->records.partitions.end())
        return partition_read{id, partition, std::optional<cluster::versioned_assignment>{}};
      return partition_read{id, partition, std::optional{found->second}};
    });
  }

  call_id swap(const cluster::swap_request& request) override {
    const auto failed = [token = request.token, partition = request.partition](
                            call_id id, error why, bool unknown) -> coordinator_event {
      const auto outcome = unknown ? proposal_outcome::unknown : proposal_outcome::lost;
      return swap_done{id, {token, partition, outcome, {}}, std::move(why.context)};
    };
    return ask(kind::changes, failed, [&](call_id id) -> coordinator_event {
      const auto answer = state_->records.swap(request);
      const bool deposed =
          request.fence.value != 0 && state_->records.controller.created != request.fence;
      return swap_done{id, answer,
                       answer.outcome == proposal_outcome::won ? ""
                       : deposed ? "swapping a partition: this controller was deposed"
                                 : "swapping a partition: another change was first"};
    });
  }

  call_id put_document(const cluster::document_swap& request) override {
    const auto failed = [name = request.name](call_id id, error why,
                                              bool unknown) -> coordinator_event {
      const auto outcome = unknown ? proposal_outcome::unknown : proposal_outcome::lost;
      return document_put{id, name, outcome, {}, std::move(why.context)};
    };
    return ask(kind::changes, failed, [&](call_id id) -> coordinator_event {
      const auto at = state_->records.put_document(request);
      if (at.value == 0)
        return document_put{id,
                            request.name,
                            proposal_outcome::lost,
                            {},
                            "putting a document: another change was first"};
      return document_put{id, request.name, proposal_outcome::won, at, {}};
    });
  }

  call_id campaign() override {
    const auto failed = [](call_id id, error why, bool unknown) -> coordinator_event {
      const auto outcome = unknown ? proposal_outcome::unknown : proposal_outcome::lost;
      return campaign_done{id, outcome, {}, std::move(why.context)};
    };
    return ask(kind::changes, failed, [&](call_id id) -> coordinator_event {
      auto& r = state_->records;
      if (!holds_key())
        return failed(id, not_joined("campaigning for controller"), false);
      if (!r.controller.holder)
        return campaign_done{id, proposal_outcome::won, r.take_office(node_, lease_), {}};
      if (r.controller_lease == lease_)
        return campaign_done{id, proposal_outcome::won, r.controller.created, {}};
      return campaign_done{
          id,
          proposal_outcome::lost,
          {},
          fmt::format("campaigning for controller: {} holds it", r.controller.holder->value)};
    });
  }

  call_id resign(cluster::revision fence) override {
    return change(call_kind::resign, [&]() -> base::status {
      if (state_->records.controller.holder && state_->records.controller.created == fence)
        state_->records.vacate_office();
      return {};
    });
  }

  call_id revoke(const cluster::node_id& node, cluster::revision fence) override {
    return change(call_kind::revoke, [&]() -> base::status {
      auto& r = state_->records;
      if (r.nodes.count(node) == 0)
        return {};
      if (fence.value != 0 && r.controller.created != fence)
        return deposed(node);
      r.remove_node(node);
      return {};
    });
  }

  std::vector<coordinator_event> poll(base::duration wait) override {
    const auto until = std::chrono::steady_clock::now() + wait;
    while (true) {
      {
        const std::lock_guard hold{state_->mutex};
        step_all();
      }
      // In slices, because only those who look see leases end.
      const auto left = until - std::chrono::steady_clock::now();
      auto out = events_.take(std::clamp<base::duration>(left, {}, std::chrono::milliseconds{20}));
      if (!out.empty() || left <= base::duration::zero())
        return out;
    }
  }
  void on_waiting(std::function<void()> wake) override { events_.on_waiting(std::move(wake)); }
  std::optional<base::duration> heard_at() const override {
    const auto at = heard_.load();
    return at == never ? std::nullopt : std::optional{base::duration{at}};
  }

  /// Renews the lease, as the thread of a live process would; before leases are judged.
  void renew() {
    auto& leases = state_->records.leases;
    if (const auto own = leases.find(lease_); own != leases.end() && !faults_->cut)
      own->second = now() + ttl_;
  }

  void step() {
    const auto t = now();
    const auto due =
        std::ranges::stable_partition(pending_, [&](const auto& p) { return p.first > t; });
    for (auto& [at, answer] : due)
      events_.push(std::move(answer));
    pending_.erase(due.begin(), due.end());
    if (faults_->cut) {
      if (cluster_ && reachable_ && t - pulsed_ > settings_.call_deadline)
        reach(false, "asking the coordinator: no answer; it is cut off");
      return;
    }
    if (cluster_ && t - pulsed_ >= settings_.pulse)
      pulse(t);
    deliver();
  }

 private:
  static constexpr std::int64_t never = -1;
  enum class kind { opens, reads, changes };
  using refusal = std::function<coordinator_event(call_id, error, bool unknown)>;

  static coordinator_event as_opened(call_id id, error why, bool) {
    return cluster_opened{id, std::move(why), false, {}};
  }
  static refusal as_done(call_kind what) {
    return [what](call_id id, error why, bool) -> coordinator_event {
      return call_done{id, what, std::move(why)};
    };
  }
  [[nodiscard]] base::duration now() const { return state_->time.monotonic(); }
  [[nodiscard]] std::optional<cluster::store_record> recorded(const cluster::node_id& node) const {
    const auto found = state_->records.stores.find(node);
    return found == state_->records.stores.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] std::optional<cluster::node_record> live(const cluster::node_id& node) const {
    const auto found = state_->records.nodes.find(node);
    return found == state_->records.nodes.end() ? std::nullopt
                                                : std::optional{found->second.record};
  }
  [[nodiscard]] bool holds_key() const {
    const auto found = state_->records.nodes.find(node_);
    return lease_ != 0 && found != state_->records.nodes.end() && found->second.lease == lease_;
  }

  void step_all() {
    for (auto* h : state_->handles)
      h->renew();
    state_->records.expire(now());
    for (auto* h : state_->handles)
      h->step();
  }

  template <class Operation>
  call_id ask(kind what, const refusal& failed, Operation operation) {
    const std::lock_guard hold{state_->mutex};
    step_all();
    // As etcd's transactions hold only on the record that was opened.
    if (what != kind::opens && cluster_ && !faults_->cut &&
        (!state_->records.cluster || judge_record(*cluster_, *state_->records.cluster) ||
         state_->records.revision < highest_))
      pulse(now());
    const auto id = ++last_call_;
    const auto silence = [&] {
      pending_.emplace_back(now() + settings_.call_deadline,
                            failed(id,
                                   {ec::timed_out, "asking the coordinator: no answer before the "
                                                   "deadline; whether it was done is unknown"},
                                   true));
    };
    if (pending_.size() >= calls_in_flight_max) {
      events_.push(failed(id, too_many_calls(), false));
    } else if (faults_->cut) {
      silence();
    } else if (what != kind::opens && !cluster_) {
      events_.push(failed(id,
                          estranged_
                              ? error{ec::conflict, "asking the coordinator: it is no longer "
                                                    "the one that was opened; open it again"}
                              : not_open(),
                          false));
    } else {
      auto answer = operation(id);
      highest_ = std::max(highest_, state_->records.revision);
      if (what == kind::changes && faults_->answers_lost > 0) {
        --faults_->answers_lost;
        silence();
      } else {
        events_.push(std::move(answer));
      }
    }
    step_all();
    return id;
  }

  template <class Operation>
  call_id change(call_kind what, Operation operation) {
    return ask(kind::changes, as_done(what), [&](call_id id) -> coordinator_event {
      return call_done{id, what, operation()};
    });
  }

  void reach(bool reachable, std::string why) {
    if (std::exchange(reachable_, reachable) != reachable)
      events_.push(reach_changed{reachable, std::move(why)});
  }

  /// What etcd's pulse finds out, at the same moments.
  void pulse(base::duration t) {
    pulsed_ = t;
    reach(true, {});
    auto& r = state_->records;
    if (!r.cluster)
      return estrange(estrangement::wiped);
    if (const auto why = judge_record(*cluster_, *r.cluster))
      return estrange(*why);
    if (r.revision < highest_)
      return estrange(estrangement::restored);
    highest_ = r.revision;
    if (lease_ != 0 && !holds_key()) {
      const auto held = r.nodes.count(node_) > 0;
      lease_ = 0;
      heard_ = never;
      events_.push(session_lost{fmt::format(
          "node {} is no member any more: {}; join again with the next stamp", node_.value,
          held ? "another process holds its id" : "its lease ended, or the controller ended it")});
    }
    if (!member_ || lease_ != 0)
      heard_ = t.count();
    deliver();
    if (watching_)
      events_.push(view_proved{{r.revision}, t});
  }

  void deliver() {
    if (!cluster_ || !watching_)
      return;
    auto& r = state_->records;
    if (events_.take_overflow())
      view_due_ = view_cause::overflowed;
    if (!view_due_ && seen_ < r.compacted_through)
      view_due_ = view_cause::compacted;
    if (view_due_) {
      events_.push(view_began{r.look(), *std::exchange(view_due_, std::nullopt)});
      seen_ = r.revision;
      return;
    }
    const auto first =
        std::ranges::upper_bound(r.history, seen_, {}, &memory_records::change::revision);
    for (auto it = first; it != r.history.end(); ++it)
      events_.push(view_changed{it->event});
    // A store that went back to an older revision is the pulse's to notice.
    seen_ = std::max(seen_, r.revision);
  }

  void estrange(estrangement what) {
    const auto id = cluster_->id;
    cluster_.reset();
    estranged_ = true;
    watching_ = false;
    view_due_.reset();
    lease_ = 0;
    heard_ = never;
    events_.push(estranged_by(what, this_process, id));
  }

  std::shared_ptr<memory_state> state_;
  memory_settings settings_;
  std::shared_ptr<memory_faults> faults_;
  event_queue events_;
  std::atomic<std::int64_t> heard_{never};
  // Guarded by the state's mutex:
  std::optional<cluster::cluster_record> cluster_; ///< open
  bool estranged_ = false, member_ = false, watching_ = false, reachable_ = true;
  std::optional<view_cause> view_due_;
  std::uint64_t seen_ = 0, highest_ = 0;
  cluster::node_id node_;
  lease_id lease_ = 0;
  base::duration ttl_{}, pulsed_{};
  call_id last_call_ = 0;
  std::vector<std::pair<base::duration, coordinator_event>> pending_;
};

memory_store::memory_store(const clock& time) : state_{std::make_shared<memory_state>(time)} {}
memory_store::~memory_store() = default;

std::unique_ptr<coordinator> memory_store::handle(const memory_settings& settings,
                                                  std::shared_ptr<memory_faults> faults) {
  return std::make_unique<memory_handle>(state_, settings, std::move(faults));
}

void memory_store::wipe() {
  const std::lock_guard hold{state_->mutex};
  state_->records = {};
}

memory_store::backup memory_store::save() const {
  const std::lock_guard hold{state_->mutex};
  backup out;
  out.held_ = std::make_shared<const memory_records>(state_->records);
  return out;
}

void memory_store::restore(const backup& from) {
  const std::lock_guard hold{state_->mutex};
  state_->records = *from.held_;
}

void memory_store::compact() {
  const std::lock_guard hold{state_->mutex};
  state_->records.compacted_through = state_->records.revision;
  state_->records.history.clear();
}

} // namespace vedette::io
