#include "io/coordination/etcd_coordinator.hpp"

#include "io/coordination/etcd_engine.hpp"
#include "io/coordination/event_queue.hpp"
#include "io/coordination/judgements.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

namespace vedette::io {
namespace {

constexpr std::int64_t never = -1;

class etcd_coordinator final : public coordinator {
 public:
  etcd_coordinator(const etcd_settings& settings, const clock& time)
      : engine_{settings,
                time,
                {.answer =
                     [this](coordinator_event e) {
                       --in_flight_;
                       events_.push(std::move(e));
                     },
                 .news = [this](coordinator_event e) { events_.push(std::move(e)); },
                 .heard =
                     [this](std::optional<base::duration> at) {
                       heard_ = at ? at->count() : never;
                     }}},
        thread_{[this] { run(); }} {}

  ~etcd_coordinator() override {
    stop_ = true;
    engine_.wake();
    thread_.join();
  }
  etcd_coordinator(const etcd_coordinator&) = delete;
  etcd_coordinator& operator=(const etcd_coordinator&) = delete;

  call_id open(const open_request& request) override {
    return ask(
        [](call_id id, base::error why) -> coordinator_event {
          return cluster_opened{id, std::move(why), false, {}};
        },
        [this, request](call_id id) { engine_.open(id, request); });
  }
  call_id read_store(const cluster::node_id& node) override {
    return ask(
        [](call_id id, base::error why) -> coordinator_event {
          return store_read{id, std::move(why), {}};
        },
        [this, node](call_id id) { engine_.read_store(id, node); });
  }
  call_id write_store(const cluster::node_id& node, const cluster::store_record& record) override {
    return ask(as_done(call_kind::write_store),
               [this, node, record](call_id id) { engine_.write_store(id, node, record); });
  }
  call_id join(const cluster::node_record& node, base::duration ttl) override {
    return ask(
        [](call_id id, base::error why) -> coordinator_event {
          return node_joined{id, std::move(why), {}};
        },
        [this, node, ttl](call_id id) { engine_.join(id, node, ttl); });
  }
  call_id update_node(const cluster::node_record& node) override {
    return ask(as_done(call_kind::update_node),
               [this, node](call_id id) { engine_.update_node(id, node); });
  }
  call_id leave() override {
    return ask(as_done(call_kind::leave), [this](call_id id) { engine_.leave(id); });
  }
  call_id watch() override {
    return ask(as_done(call_kind::watch), [this](call_id id) { engine_.watch(id); });
  }
  call_id reread(base::partition_id partition) override {
    return ask(
        [partition](call_id id, base::error why) -> coordinator_event {
          return partition_read{id, partition, std::move(why)};
        },
        [this, partition](call_id id) { engine_.reread(id, partition); });
  }
  call_id swap(const cluster::swap_request& request) override {
    const auto failed = [token = request.token, partition = request.partition](
                            call_id id, base::error why) -> coordinator_event {
      return swap_done{
          id, {token, partition, cluster::proposal_outcome::lost, {}}, std::move(why.context)};
    };
    return ask(failed, [this, request](call_id id) { engine_.swap(id, request); });
  }
  call_id put_document(const cluster::document_swap& request) override {
    const auto failed = [name = request.name](call_id id, base::error why) -> coordinator_event {
      return document_put{id, name, cluster::proposal_outcome::lost, {}, std::move(why.context)};
    };
    return ask(failed, [this, request](call_id id) { engine_.put_document(id, request); });
  }
  call_id campaign() override {
    return ask(
        [](call_id id, base::error why) -> coordinator_event {
          return campaign_done{id, cluster::proposal_outcome::lost, {}, std::move(why.context)};
        },
        [this](call_id id) { engine_.campaign(id); });
  }
  call_id resign(cluster::revision fence) override {
    return ask(as_done(call_kind::resign),
               [this, fence](call_id id) { engine_.resign(id, fence); });
  }
  call_id revoke(const cluster::node_id& node, cluster::revision fence) override {
    return ask(as_done(call_kind::revoke),
               [this, node, fence](call_id id) { engine_.revoke(id, node, fence); });
  }

  std::vector<coordinator_event> poll(base::duration wait) override { return events_.take(wait); }
  void on_waiting(std::function<void()> wake) override { events_.on_waiting(std::move(wake)); }
  std::optional<base::duration> heard_at() const override {
    const auto at = heard_.load();
    return at == never ? std::nullopt : std::optional{base::duration{at}};
  }

 private:
  using refusal = std::function<coordinator_event(call_id, base::error)>;

  static refusal as_done(call_kind kind) {
    return [kind](call_id id, base::error why) -> coordinator_event {
      return call_done{id, kind, std::move(why)};
    };
  }

  call_id ask(const refusal& as, std::function<void(call_id)> what) {
    const auto id = ++last_call_;
    if (++in_flight_ > calls_in_flight_max) {
      --in_flight_;
      events_.push(as(id, too_many_calls()));
      return id;
    }
    {
      const std::lock_guard hold{mutex_};
      asked_.emplace_back([id, what = std::move(what)] { what(id); });
    }
    engine_.wake();
    return id;
  }

  void run() {
    while (!stop_) {
      std::vector<std::function<void()>> asked;
      {
        const std::lock_guard hold{mutex_};
        asked.swap(asked_);
      }
      for (const auto& what : asked)
        what();
      if (events_.take_overflow())
        engine_.overflowed();
      engine_.run_once(std::chrono::milliseconds{250});
    }
  }

  event_queue events_;
  std::atomic<std::int64_t> heard_{never};
  std::atomic<call_id> last_call_{0};
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> asked_; ///< guarded by mutex_
  etcd::engine engine_;                      ///< the thread's
  std::thread thread_;
};

} // namespace

base::result<std::unique_ptr<coordinator>> make_etcd_coordinator(const etcd_settings& settings,
                                                                 const clock& time) {
  if (auto good = check(settings); !good)
    return good.err();
  return std::unique_ptr<coordinator>{std::make_unique<etcd_coordinator>(settings, time)};
}

} // namespace vedette::io
