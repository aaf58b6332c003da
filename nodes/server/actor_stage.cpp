#include "nodes/server/actor_stage.hpp"

#include "actors/aggregator.hpp"
#include "actors/committer.hpp"
#include "actors/detector.hpp"
#include "actors/error.hpp"
#include "actors/ingest.hpp"
#include "actors/responder.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

namespace vedette::server {

namespace {

struct run_task {
  std::shared_ptr<task> what;
};

} // namespace

} // namespace vedette::server

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vedette::server::run_task)

namespace vedette::server {

namespace {

/// Runs what a request wants done in an actor's place. A class: CAF 0.17 spawns a function without
/// arguments through a null pointer, which the sanitizer rightly refuses.
class runner final : public caf::event_based_actor {
 public:
  using caf::event_based_actor::event_based_actor;

 protected:
  caf::behavior make_behavior() override {
    return {[this](const run_task& t) { (*t.what)(this); }};
  }
};

/// The secret that places entities on partitions; made once per store.
base::result<std::uint64_t> partition_seed(state::store& store) {
  auto known = store.entities().meta("partition-seed");
  if (!known)
    return known.err();
  if (*known)
    return std::stoull(**known);
  std::random_device entropy;
  const auto seed = (std::uint64_t{entropy()} << 32) ^ entropy();
  state::changes c;
  c.put_meta("partition-seed", std::to_string(seed));
  if (auto ok = store.entities().apply(c); !ok)
    return ok.err();
  return seed;
}

} // namespace

struct actor_stage::impl {
  const config::settings* settings = nullptr;
  const io::clock* clock = nullptr;
  std::shared_ptr<state::store> store;
  mutable std::mutex content_guard;
  actors::content_ptr content; ///< in force for new batches
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  actors::routing routing;
  caf::actor runner_actor;
  actors::committer_actor committer;
  actors::responder_actor responder;
  std::map<base::partition_id, actors::aggregator_actor> aggregators;
  std::vector<actors::detector_actor> detectors;
  std::vector<actors::ingest_actor> ingest;

  std::mutex subscribers_guard;
  std::map<std::uint64_t, std::function<void(const respond::published_alert&)>> subscribers;
  std::uint64_t next_subscriber = 1;

  std::thread ticker;
  std::mutex tick_guard;
  std::condition_variable tick_stop;
  bool stopping = false;
  /// Every partition has folded its log and none has given up since. Shared with what the actors
  /// call when they end.
  std::shared_ptr<std::atomic<bool>> ready = std::make_shared<std::atomic<bool>>(false);

  void run(task t) { caf::anon_send(runner_actor, run_task{std::make_shared<task>(std::move(t))}); }
};

actor_stage::actor_stage(const config::settings& settings, std::shared_ptr<state::store> store,
                         std::shared_ptr<actors::content_library> library,
                         actors::content_ptr content, const io::clock& clock,
                         std::function<actors::action_report(const actors::action_order&)> execute,
                         std::function<void(const respond::published_alert&)> publish)
    : impl_{std::make_unique<impl>()} {
  auto& m = *impl_;
  m.settings = &settings;
  m.clock = &clock;
  m.store = std::move(store);
  m.content = std::move(content);
  const auto threads = settings.node.threads != 0
                           ? settings.node.threads
                           : std::max(1U, std::thread::hardware_concurrency());
  m.config.set("scheduler.max-threads", std::size_t{threads});
  // Batches are few and large: workers that sleep until one comes cost less than ones that look for
  // work to steal, and none sleeps through an alert.
  m.config.set("scheduler.policy", caf::atom("sharing"));
  m.system = std::make_unique<caf::actor_system>(m.config);
  m.runner_actor = m.system->spawn<runner>();

  const auto seed = partition_seed(*m.store);
  VEDETTE_ASSERT(seed.has_value());
  m.routing = {*seed, settings.store.partitions, 4};

  state::positions checkpoints;
  const auto name = [&](base::partition_id p) {
    checkpoints[p] = *m.store->entities().position(p);
  };
  for (std::uint32_t p = 0; p < m.routing.partitions; ++p)
    name({p});
  for (std::uint32_t p = 0; p < m.routing.tenant_partitions; ++p)
    name({actors::tenant_partitions_from + p});
  const auto sync_interval = settings.store.sync == config::sync_policy::risk_interval
                                 ? settings.store.sync_interval
                                 : base::duration{0};
  m.committer = m.system->spawn<caf::detached>(
      actors::committer, actors::committer_args{.store = m.store,
                                                .linger = settings.store.linger,
                                                .keep = {settings.store.retention,
                                                         settings.store.retention_bytes.value},
                                                .checkpoints = checkpoints,
                                                .sync_interval = sync_interval});
  m.responder =
      m.system->spawn<caf::detached>(actors::responder, actors::responder_args{std::move(execute)});

  const auto publish_all = [&m, publish](const respond::published_alert& a) {
    publish(a);
    std::lock_guard lock{m.subscribers_guard};
    for (const auto& [id, f] : m.subscribers)
      f(a);
  };
  for (std::uint32_t p = 0; p < m.routing.tenant_partitions; ++p) {
    actors::aggregator_args args;
    args.partition = {actors::tenant_partitions_from + p};
    args.store = m.store;
    args.library = library;
    args.content = m.content;
    args.committer = m.committer;
    args.responder = m.responder;
    args.publish = publish_all;
    args.now = [&clock] { return clock.now(); };
    args.action_timeout = settings.respond.call_timeout + std::chrono::seconds{1};
    args.checkpoint_interval = settings.store.checkpoint_interval;
    m.aggregators[args.partition] = m.system->spawn(actors::aggregator, args);
  }
  for (std::uint32_t p = 0; p < m.routing.partitions; ++p) {
    actors::detector_args args;
    args.partition = {p};
    args.store = m.store;
    args.library = library;
    args.content = m.content;
    args.limits.cache_bytes = settings.store.cache_bytes.value / m.routing.partitions;
    args.limits.dedup_bytes = settings.store.dedup_bytes.value / m.routing.partitions;
    args.limits.source_silence = settings.detect.source_silence;
    args.committer = m.committer;
    args.aggregator_of = [&m](const base::tenant_id& tenant) {
      return m.aggregators.at(m.routing.home_of(tenant.value));
    };
    args.checkpoint_interval = settings.store.checkpoint_interval;
    m.detectors.push_back(m.system->spawn(actors::detector, args));
  }
  for (unsigned i = 0; i < threads; ++i) {
    actors::ingest_args args;
    args.content = m.content;
    args.routing = m.routing;
    args.detectors = m.detectors;
    args.source_silence = settings.detect.source_silence;
    m.ingest.push_back(m.system->spawn(actors::ingest, args));
  }
}

actor_stage::~actor_stage() {
  auto& m = *impl_;
  {
    std::lock_guard lock{m.tick_guard};
    m.stopping = true;
  }
  m.tick_stop.notify_all();
  if (m.ticker.joinable())
    m.ticker.join();
  const auto end = [](const auto& a) {
    if (a)
      caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  };
  for (auto& a : m.ingest)
    end(a);
  for (auto& a : m.detectors)
    end(a);
  for (auto& [p, a] : m.aggregators)
    end(a);
  end(m.responder);
  end(m.committer);
  end(m.runner_actor);
}

base::status actor_stage::wait_until_recovered() {
  caf::scoped_actor self{*impl_->system};
  std::optional<base::error> failed;
  const auto ask = [&](const auto& who) {
    self->request(who, caf::infinite, actors::atom::status::value)
        .receive([](const std::string&) {},
                 [&](const caf::error& e) {
                   if (!failed)
                     failed = actors::from_caf(e);
                 });
  };
  for (const auto& d : impl_->detectors)
    ask(d);
  for (const auto& [p, a] : impl_->aggregators)
    ask(a);
  if (failed)
    return *failed;
  *impl_->ready = true;
  // A partition that gave up (a full disk, damage) takes nothing any more; whoever balances load
  // must see that, while the API goes on answering.
  const auto watch = [ready = impl_->ready](const auto& a) {
    caf::actor_cast<caf::strong_actor_ptr>(a)->get()->attach_functor(
        [ready](const caf::error&) { *ready = false; });
  };
  for (const auto& d : impl_->detectors)
    watch(d);
  for (const auto& [p, a] : impl_->aggregators)
    watch(a);
  return {};
}

void actor_stage::describe(parts& out) const {
  auto& m = *impl_;
  out.routing = m.routing;
  out.committer = m.committer;
  out.responder = m.responder;
  out.detectors = m.detectors;
  out.aggregators = m.aggregators;
  out.ingest = m.ingest;
  out.content = [&m] {
    std::lock_guard lock{m.content_guard};
    return m.content;
  };
  out.run = [&m](task t) { m.run(std::move(t)); };
  out.ready = [ready = m.ready] { return ready->load(); };
  out.subscribe = [&m](std::function<void(const respond::published_alert&)> f) {
    std::lock_guard lock{m.subscribers_guard};
    m.subscribers[m.next_subscriber] = std::move(f);
    return m.next_subscriber++;
  };
  out.unsubscribe = [&m](std::uint64_t id) {
    std::lock_guard lock{m.subscribers_guard};
    m.subscribers.erase(id);
  };
}

base::status actor_stage::switch_to(const actors::content_ptr& content, base::duration patience) {
  auto& m = *impl_;
  {
    std::lock_guard lock{m.content_guard};
    m.content = content;
  }
  caf::scoped_actor self{*m.system};
  std::optional<base::error> failed;
  const auto tell = [&](const auto& who) {
    self->request(who, patience, actors::content_change{content})
        .receive([](actors::atom::done) {},
                 [&](const caf::error& e) {
                   if (!failed)
                     failed = actors::from_caf(e);
                 });
  };
  for (const auto& a : m.ingest)
    tell(a);
  for (const auto& d : m.detectors)
    tell(d);
  for (const auto& [p, a] : m.aggregators)
    tell(a);
  if (failed)
    return *failed;
  return {};
}

void actor_stage::start_ticking() {
  impl_->ticker = std::thread{[this] {
    auto& m = *impl_;
    std::unique_lock lock{m.tick_guard};
    while (!m.tick_stop.wait_for(lock, tick_every, [&m] { return m.stopping; })) {
      const actors::tick t{m.clock->now(), nullptr};
      // Ingest actors pass it on to the detectors together with how far their sources are.
      for (const auto& a : m.ingest)
        caf::anon_send(a, t);
      for (const auto& [p, a] : m.aggregators)
        caf::anon_send(a, t);
    }
  }};
}

bool actor_stage::drain(base::duration patience) {
  auto& m = *impl_;
  *m.ready = false;
  {
    std::lock_guard lock{m.tick_guard};
    m.stopping = true;
  }
  m.tick_stop.notify_all();
  caf::scoped_actor self{*m.system};
  bool all = true;
  // One patience for all of them: an operator waits for the node, not for each of its partitions.
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto ask = [&](const auto& who) {
    const auto left = std::max<base::duration>(deadline - std::chrono::steady_clock::now(),
                                               std::chrono::milliseconds{1});
    self->request(who, left, actors::atom::drain::value)
        .receive([](actors::atom::done) {}, [&](const caf::error&) { all = false; });
  };
  for (const auto& d : m.detectors)
    ask(d);
  for (const auto& [p, a] : m.aggregators)
    ask(a);
  return all;
}

} // namespace vedette::server
