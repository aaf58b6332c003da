#include "nodes/membership/membership.hpp"

#include "nodes/membership/member.hpp"
#include "nodes/membership/starvation.hpp"

#include <condition_variable>
#include <thread>

namespace vedette::membership {

struct membership::impl {
  impl(membership_args args, membership_hooks hooks)
      : tick{args.tick}, what{std::move(args), std::move(hooks)} {}

  using command = std::function<void(member&)>;

  base::duration tick;
  std::thread thread;
  starvation time_given; ///< the thread's own

  std::mutex mutex;
  std::condition_variable waiting, decided;
  // Guarded by mutex:
  std::vector<command> commands;
  bool woken = false, stopping = false;
  std::optional<base::status> started;

  /// Ends first: until its coordinator is gone, that wakes us from other threads.
  member what;

  void post(command c) {
    const std::lock_guard hold{mutex};
    commands.push_back(std::move(c));
    waiting.notify_one();
  }

  void run();
  /// False when it is time to end.
  bool pass();
};

void membership::impl::run() {
  what.begin();
  for (auto began = std::chrono::steady_clock::now(); pass();) {
    const auto now = std::chrono::steady_clock::now();
    time_given.round(tick, now - began);
    what.set_starved(time_given.starved(), time_given.lost());
    began = now;
  }
  what.leave();
  const auto until =
      std::chrono::steady_clock::now() + io::call_deadline_default + std::chrono::seconds{1};
  while (!what.left() && std::chrono::steady_clock::now() < until)
    for (auto& e : what.coordinator().poll(std::chrono::milliseconds{20}))
      what.handle(e);
}

bool membership::impl::pass() {
  std::vector<command> now;
  bool stop = false;
  {
    std::unique_lock hold{mutex};
    waiting.wait_for(hold, tick, [this] { return woken || stopping || !commands.empty(); });
    woken = false;
    stop = stopping;
    now.swap(commands);
  }
  for (auto& c : now)
    c(what);
  for (auto& e : what.coordinator().poll({}))
    what.handle(e);
  what.tick();
  if (what.started()) {
    const std::lock_guard hold{mutex};
    if (!started) {
      started = what.started();
      decided.notify_all();
    }
    stop = stop || !*started;
  }
  return !stop;
}

std::string_view to_string(standing s) noexcept {
  switch (s) {
  case standing::joining:
    return "joining";
  case standing::member:
    return "member";
  case standing::estranged:
    return "estranged";
  }
  return "";
}

membership::membership(membership_args args, membership_hooks hooks)
    : impl_{std::make_unique<impl>(std::move(args), std::move(hooks))} {
  impl_->what.coordinator().on_waiting([i = impl_.get()] {
    const std::lock_guard hold{i->mutex};
    i->woken = true;
    i->waiting.notify_one();
  });
}

membership::~membership() {
  stop();
}

base::status membership::start() {
  VEDETTE_ASSERT(!impl_->thread.joinable());
  impl_->thread = std::thread{[i = impl_.get()] { i->run(); }};
  base::status out;
  {
    std::unique_lock hold{impl_->mutex};
    impl_->decided.wait(hold, [this] { return impl_->started.has_value(); });
    out = *impl_->started;
  }
  if (!out)
    stop();
  return out;
}

void membership::stop() {
  {
    const std::lock_guard hold{impl_->mutex};
    impl_->stopping = true;
    impl_->waiting.notify_one();
  }
  if (impl_->thread.joinable())
    impl_->thread.join();
}

void membership::propose(base::partition_id partition, const cluster::propose& what) {
  impl_->post([partition, what](member& m) { m.propose(partition, what); });
}

void membership::reread(base::partition_id partition) {
  impl_->post([partition](member& m) { m.reread(partition); });
}

void membership::peer_liveness(const cluster::node_id& reporter, const cluster::node_id& about,
                               bool alive) {
  impl_->post([reporter, about, alive](member& m) { m.peer_liveness(reporter, about, alive); });
}

void membership::set_writable(bool on) {
  impl_->post([on](member& m) { m.set_writable(on); });
}

void membership::set_draining(bool on) {
  impl_->post([on](member& m) { m.set_draining(on); });
}

void membership::recover(base::partition_id partition, const cluster::member& survivor,
                         cluster::revision base,
                         std::function<void(base::result<base::epoch>)> done) {
  impl_->post([partition, survivor, base, done = std::move(done)](member& m) mutable {
    m.recover(partition, survivor, base, std::move(done));
  });
}

void membership::claim_table(std::uint64_t seen,
                             std::function<void(base::result<std::uint64_t>)> done) {
  impl_->post(
      [seen, done = std::move(done)](member& m) mutable { m.claim_table(seen, std::move(done)); });
}

void membership::put_table(std::uint64_t generation,
                           std::map<base::partition_id, cluster::assignment> table,
                           std::function<void(base::status)> done) {
  impl_->post([generation, table = std::move(table), done = std::move(done)](member& m) mutable {
    m.put_table(generation, table, std::move(done));
  });
}

void membership::put_document(const cluster::document_swap& what,
                              std::function<void(base::status)> done) {
  impl_->post(
      [what, done = std::move(done)](member& m) mutable { m.put_document(what, std::move(done)); });
}

void membership::move(base::partition_id partition, std::vector<cluster::node_id> copies,
                      std::function<void(base::status)> done) {
  impl_->post([partition, copies = std::move(copies), done = std::move(done)](member& m) mutable {
    m.move(partition, copies, std::move(done));
  });
}

std::optional<base::duration> membership::heard_at() const {
  return impl_->what.heard_at();
}

view membership::snapshot() const {
  return impl_->what.snapshot();
}

} // namespace vedette::membership
