#include "nodes/server/actor_stage.hpp"

#include "actors/committer.hpp"
#include "actors/error.hpp"
#include "actors/ingest.hpp"
#include "actors/responder.hpp"
#include "nodes/server/task_runner.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace vedette::server {

namespace {

/// Of all partitions that a node may lead together: the newest entries, for copies that lag a
/// little. Who lags more is read for from the log.
constexpr std::size_t tails_bytes = std::size_t{32} << 20;

std::function<void(double)> observer(io::metrics& metrics, const std::string& name,
                                     const std::string& help) {
  return [h = metrics.make_histogram(name, help)](double seconds) mutable { h.observe(seconds); };
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
  std::unique_ptr<partition_stage> partitions;
  std::vector<actors::ingest_actor> ingest;

  std::mutex subscribers_guard;
  std::map<std::uint64_t, std::function<void(const respond::published_alert&)>> subscribers;
  std::uint64_t next_subscriber = 1;

  std::thread ticker;
  std::mutex tick_guard;
  std::condition_variable tick_stop;
  bool stopping = false;
  /// Every copy has loaded its state, and the node does not drain.
  std::atomic<bool> ready = false;

  std::function<void(const respond::published_alert&)> publish;
  void publish_here(const respond::published_alert& a) {
    publish(a);
    const std::lock_guard lock{subscribers_guard};
    for (const auto& [id, f] : subscribers)
      f(a);
  }
  [[nodiscard]] actors::content_ptr in_force() const {
    const std::lock_guard lock{content_guard};
    return content;
  }
};

actor_stage::actor_stage(const config::settings& settings, cluster_doors doors,
                         std::shared_ptr<state::store> store,
                         std::shared_ptr<actors::content_library> library,
                         actors::content_ptr content, const io::clock& clock,
                         const std::vector<io::last_words>& deaths, io::metrics& metrics,
                         std::function<actors::action_report(const actors::action_order&)> execute,
                         std::function<void(const respond::published_alert&)> publish)
    : impl_{std::make_unique<impl>()} {
  auto& m = *impl_;
  m.settings = &settings;
  m.clock = &clock;
  m.store = std::move(store);
  m.content = std::move(content);
  m.publish = std::move(publish);
  const auto threads = settings.node.threads != 0
                           ? settings.node.threads
                           : std::max(1U, std::thread::hardware_concurrency());
  m.config.set("scheduler.max-threads", std::size_t{threads});
  // Batches are few and large: workers that sleep until one comes cost less than ones that look for
  // work to steal, and none sleeps through an alert.
  m.config.set("scheduler.policy", caf::atom("sharing"));
  m.system = std::make_unique<caf::actor_system>(m.config);
  m.runner_actor = m.system->spawn<task_runner>();
  m.routing = doors.routing;

  state::positions checkpoints;
  for (const auto p : m.store->log().partitions())
    checkpoints[p] = *m.store->entities().position(p);
  const auto sync_interval = settings.store.sync == config::sync_policy::risk_interval
                                 ? settings.store.sync_interval
                                 : base::duration{0};
  m.committer = m.system->spawn<caf::detached>(
      actors::committer,
      actors::committer_args{
          .store = m.store,
          .linger = settings.store.linger,
          .keep = {settings.store.retention, settings.store.retention_bytes.value},
          .checkpoints = checkpoints,
          .wrote = observer(metrics, "vedette_commit_seconds", "Writing one group commit."),
          .sync_interval = sync_interval});
  m.responder = m.system->spawn<caf::detached>(
      actors::responder, actors::responder_args{std::move(execute), doors.may_act});

  partition_stage::args p;
  p.store = m.store;
  p.committer = m.committer;
  p.desks = threads;
  // Enough that all threads have work, few enough that a batch is not hundreds of messages.
  p.groups = std::max<std::size_t>(16, 2 * threads);
  const auto digest_every = p.limits.digest_every;
  const bool alone = !doors.send_replica;
  p.limits.cache_bytes =
      alone ? 0 : tails_bytes / (m.routing.partitions + m.routing.tenant_partitions);
  const auto deaths_in = [deaths](base::partition_id id) {
    std::vector<actors::fold_suspects::death> out;
    for (const auto& d : deaths)
      if (d.place.partition == id)
        out.push_back({d.place.entry, d.place.record, d.times});
    return out;
  };
  p.aggregator = [&m, &clock, library, digest_every, alone, deaths_in,
                  tell = doors.publish](base::partition_id id) {
    actors::aggregator_args args;
    args.library = library;
    args.content = m.in_force();
    args.responder = m.responder;
    args.publish = [&m, tell](const respond::published_alert& a) {
      m.publish_here(a);
      if (tell)
        tell(a);
    };
    args.now = [&clock] { return clock.now(); };
    // A step on a cloud is some calls one after the other, each made at most twice.
    const auto& respond = m.settings->respond;
    const bool many = respond.has(config::executor_kind::aws);
    args.action_timeout = (many ? 6 : 1) * respond.call_timeout + std::chrono::seconds{1};
    args.resume_after =
        alone ? base::duration{0} : (many ? 2 : 1) * respond.call_timeout + std::chrono::seconds{1};
    args.checkpoint_interval = m.settings->store.checkpoint_interval;
    args.digest_every = digest_every;
    args.deaths = deaths_in(id);
    return args;
  };
  if (!alone)
    p.folded_after =
        observer(metrics, "vedette_fold_lag_seconds",
                 "From an entry that comes to a copy that follows until it is folded.");
  p.keepers_of = [alone, routing = m.routing](base::partition_id home) {
    // A node alone has nobody who would serve them before it is back itself.
    return alone ? std::vector<base::partition_id>{} : routing.keepers_of(home);
  };
  p.detector = [&m, library, digest_every, deaths_in,
                keepers_of = p.keepers_of](base::partition_id id) {
    actors::detector_args args;
    args.library = library;
    args.content = m.in_force();
    args.limits.cache_bytes = m.settings->store.cache_bytes.value / m.routing.partitions;
    args.limits.dedup_bytes = m.settings->store.dedup_bytes.value / m.routing.partitions;
    args.limits.source_silence = m.settings->detect.source_silence;
    args.aggregator_of = [&m](const base::tenant_id& tenant) {
      return m.partitions->aggregators().at(m.routing.home_of(tenant.value));
    };
    args.checkpoint_interval = m.settings->store.checkpoint_interval;
    args.digest_every = digest_every;
    args.deaths = deaths_in(id);
    args.keepers = keepers_of(id);
    args.partition_of = [&m](base::partition_id other) {
      return m.partitions->detectors().of(other);
    };
    return args;
  };
  const auto tell_marks = doors.tell_marks;
  p.doors = std::move(doors);
  m.partitions = std::make_unique<partition_stage>(*m.system, std::move(p));
  for (unsigned i = 0; i < threads; ++i) {
    actors::ingest_args args;
    args.content = m.content;
    args.routing = m.routing;
    args.detectors = m.partitions->detectors();
    args.source_silence = settings.detect.source_silence;
    args.tell_marks = tell_marks;
    args.answered = observer(metrics, "vedette_ingest_batch_seconds",
                             "From a batch that is read to its acknowledgement.");
    for (const auto& d : deaths)
      if (d.place.partition == base::unread && d.times >= actors::fold_suspects::times_max)
        args.deadly.insert(d.place.entry);
    m.ingest.push_back(m.system->spawn(actors::ingest, args));
  }
}

actor_stage::~actor_stage() {
  stop();
  // Threads of single actors run until here.
  impl_->system.reset();
}

void actor_stage::stop() {
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
  m.partitions->stop();
  end(m.responder);
  end(m.committer);
  end(m.runner_actor);
  m.ingest.clear();
  m.committer = nullptr;
  m.responder = nullptr;
  m.runner_actor = nullptr;
  m.system->await_all_actors_done();
}

partition_stage& actor_stage::partitions() {
  return *impl_->partitions;
}

void actor_stage::publish_here(const respond::published_alert& a) {
  impl_->publish_here(a);
}

void actor_stage::marks_told(std::vector<actors::source_mark> marks) {
  auto& m = *impl_;
  const actors::tick t{m.clock->now(),
                       std::make_shared<const std::vector<actors::source_mark>>(std::move(marks))};
  for (const auto& d : m.partitions->local_groups())
    caf::anon_send(d, t);
}

base::status actor_stage::wait_until_recovered(bool until_served) {
  caf::scoped_actor self{*impl_->system};
  auto& stage = *impl_->partitions;
  std::optional<base::error> failed;
  const auto ask = [&](const auto& who, const auto&... words) {
    self->request(who, caf::infinite, words...)
        .receive([](const std::string&) {},
                 [&](const caf::error& e) {
                   if (!failed)
                     failed = actors::from_caf(e);
                 });
  };
  for (const auto& f : stage.local())
    if (f.detector)
      ask(f.detector, f.partition, actors::atom::status::value);
    else
      ask(f.aggregator, actors::atom::status::value);
  if (failed)
    return stage.failure().value_or(*failed);
  // What is folded behind the checkpoints may take long; what cannot be folded says so.
  for (const auto p : until_served ? stage.led() : std::vector<base::partition_id>{}) {
    while (!stage.serves(p)) {
      if (const auto why = stage.failure())
        return *why;
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
  }
  if (const auto why = stage.failure())
    return *why;
  impl_->ready = true;
  return {};
}

void actor_stage::describe(parts& out) const {
  auto& m = *impl_;
  out.routing = m.routing;
  out.committer = m.committer;
  out.responder = m.responder;
  out.detectors = m.partitions->detectors();
  out.aggregators = m.partitions->aggregators();
  out.ingest = m.ingest;
  out.content = [&m] { return m.in_force(); };
  out.run = [&m](task t) { run_in(m.runner_actor, std::move(t)); };
  // A partition that gave up (a full disk, damage) takes nothing any more; whoever balances load
  // must see that, while the API goes on answering.
  out.ready = [&m] { return m.ready && !m.partitions->failure(); };
  out.nodes = m.partitions->nodes();
  caf::anon_send(out.nodes, node_figures{m.ingest, out.ready});
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
  for (const auto& d : m.partitions->detectors().groups)
    tell(d);
  for (const auto& [p, a] : m.partitions->aggregators())
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
      for (const auto& [p, a] : m.partitions->aggregators())
        caf::anon_send(a, t);
    }
  }};
}

bool actor_stage::drain(base::duration patience) {
  auto& m = *impl_;
  m.ready = false;
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
  for (const auto& d : m.partitions->detectors().groups)
    ask(d);
  for (const auto& [p, a] : m.partitions->aggregators())
    ask(a);
  return all;
}

} // namespace vedette::server
