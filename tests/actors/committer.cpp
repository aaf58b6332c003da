// The committer on a scheduler and a clock that the test moves: who shares a record, and when it is
// synced.
#include "actors/committer.hpp"

#include "state/memory/memory_store.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::actors;
using namespace std::chrono_literals;

namespace {

/// A memory store that counts what the committer asks of its log.
class counting_store final : public state::store, state::partition_log {
 public:
  partition_log& log() override { return *this; }
  state::entity_store& entities() override { return inner_->entities(); }
  std::uint64_t incarnation() const override { return inner_->incarnation(); }
  state::store_memory memory() const override { return inner_->memory(); }

  base::status switch_staged(base::partition_id p, const state::log_entry& reset,
                             const state::changes& beside) override {
    return inner_->switch_staged(p, reset, beside);
  }

  std::size_t appends = 0, syncs = 0;
  bool failing = false;

 private:
  base::status append(std::span<const state::log_entry> group) override {
    if (failing)
      return base::error{base::ec::disk_full, "writing the log: no space left"};
    ++appends;
    return inner_->log().append(group);
  }
  base::result<base::entry_index> last(base::partition_id p) const override {
    return inner_->log().last(p);
  }
  base::entry_index first_kept(base::partition_id p) const override {
    return inner_->log().first_kept(p);
  }
  state::log_standing standing(base::partition_id p) const override {
    return inner_->log().standing(p);
  }
  std::vector<base::partition_id> partitions() const override { return inner_->log().partitions(); }
  base::status read(const state::positions& after,
                    const std::function<bool(const state::log_entry&)>& sink) const override {
    return inner_->log().read(after, sink);
  }
  base::status trim(const state::positions& upto, const state::trim_limits& keep) override {
    return inner_->log().trim(upto, keep);
  }
  base::status sync() override {
    ++syncs;
    return inner_->log().sync();
  }
  state::log_usage usage() const override { return inner_->log().usage(); }

  std::unique_ptr<state::store> inner_ = state::make_memory_store();
};

struct committer_stage {
  explicit committer_stage(base::duration sync_interval) {
    config.set("scheduler.policy", caf::atom("testing"));
    system.emplace(config);
    args.store = store;
    args.linger = 1ms;
    args.sync_interval = sync_interval;
    actor = system->spawn(committer, args);
  }
  ~committer_stage() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    actor = nullptr;
    scheduler().run();
  }
  committer_stage(const committer_stage&) = delete;
  committer_stage& operator=(const committer_stage&) = delete;

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
  }
  /// Hands in one entry and gives the answer a place to arrive.
  void append(bool urgent = false) {
    write_request r;
    r.urgent = urgent;
    r.entries.push_back({{0}, {1}, {++next}, state::entry_kind::tick, 1, "x"});
    answers.push_back(system->spawn(
        [this](caf::event_based_actor* self, write_request request) {
          self->request(actor, caf::infinite, std::move(request))
              .then([this](atom::done) { ++answered; }, [this](const caf::error&) { ++refused; });
        },
        std::move(r)));
    scheduler().run();
  }
  void advance(base::duration by) {
    scheduler().advance_time(by);
    scheduler().run();
  }

  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  std::shared_ptr<counting_store> store = std::make_shared<counting_store>();
  committer_args args;
  committer_actor actor;
  std::vector<caf::actor> answers;
  std::uint64_t next = 0;
  int answered = 0, refused = 0;
};

} // namespace

TEST_CASE("committer: requests within the linger share one record and are answered after it",
          "[actors][committer]") {
  committer_stage s{0ms};
  s.append();
  s.append();
  CHECK(s.store->appends == 0);
  CHECK(s.answered == 0);
  s.advance(1ms);
  CHECK(s.store->appends == 1);
  CHECK(s.answered == 2);
}

TEST_CASE("committer: what is urgent does not linger, and takes along what does",
          "[actors][committer]") {
  committer_stage s{0ms};
  s.append();
  CHECK(s.answered == 0);
  s.append(true);
  CHECK(s.store->appends == 1);
  CHECK(s.answered == 2);
  s.append();
  CHECK(s.answered == 2); // lingers again
  s.advance(1ms);
  CHECK(s.answered == 3);
}

TEST_CASE("committer: under the interval policy the last group before a silence is synced in time",
          "[actors][committer]") {
  committer_stage s{100ms};
  s.append();
  s.advance(1ms);
  REQUIRE(s.answered == 1); // nobody waits for the sync
  CHECK(s.store->syncs == 0);
  s.advance(98ms);
  CHECK(s.store->syncs == 0);
  s.advance(2ms);
  CHECK(s.store->syncs == 1);

  // Nothing new, nothing to sync.
  for (int i = 0; i < 20; ++i)
    s.advance(100ms);
  CHECK(s.store->syncs == 1);

  // Many groups within one interval are one sync.
  for (int i = 0; i < 30; ++i) {
    s.append();
    s.advance(1ms);
  }
  s.advance(100ms);
  CHECK(s.store->appends == 31);
  CHECK(s.store->syncs == 2);
}

TEST_CASE("committer: when every commit is synced by the store no timer syncs it again",
          "[actors][committer]") {
  committer_stage s{0ms};
  s.append();
  for (int i = 0; i < 20; ++i)
    s.advance(100ms);
  CHECK(s.answered == 1);
  CHECK(s.store->syncs == 0);
}

TEST_CASE("committer: what the disk refuses is acknowledged to nobody", "[actors][committer]") {
  committer_stage s{100ms};
  s.store->failing = true;
  s.append();
  s.append();
  s.advance(1ms);
  CHECK(s.answered == 0);
  CHECK(s.refused == 2);
  s.advance(1s);
  CHECK(s.store->syncs == 0); // there is nothing that could be synced
}
