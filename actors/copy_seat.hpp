// The actor that copies of partitions live in, as far as they need one, and how any actor is that.
//
// A tenant's aggregator seats one copy, a group's detectors many. What its copies want
// written while one message is handled is one request to the committer: with a thousand partitions
// a batch of events is a hundred entries of one event each, and what an entry costs must not be a
// message.
#pragma once

#include "actors/error.hpp"
#include "actors/interfaces.hpp"
#include "actors/replica.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace vedette::actors {

/// On the actor's thread, like what is called back.
class copy_seat {
 public:
  using outcome = replica_host::outcome;

  virtual ~copy_seat() = default;
  /// By the committer, which answers in the order it was asked, whatever it was asked for.
  virtual void commit(write_request r, outcome then) = 0;
  virtual void commit(stage_request r, outcome then) = 0;
  virtual void commit(switch_request r, outcome then) = 0;
  virtual void commit(checkpoint_request r, outcome then) = 0;
  virtual void release(base::partition_id p) = 0;
  /// The partition's copy is to `wake` in a message of its own.
  virtual void wake(base::partition_id p) = 0;
  /// Runs `work` on a thread of its own, and then, in a turn of the partition's copy, what it
  /// returns.
  virtual void offload(base::partition_id p, std::function<std::function<void()>()> work) = 0;
  /// Runs what it is given in a turn of the partition's copy, if there still is one; any thread.
  [[nodiscard]] virtual std::function<void(std::function<void()>)> poster(base::partition_id p) = 0;
};

struct seat_args {
  committer_actor committer;
  base::duration beat = std::chrono::milliseconds{50};
  /// Runs what reads for long; empty: on a thread of its own.
  std::function<void(std::function<void()>)> aside = {};
};

/// `Self` is the actor's pointer.
template <class Self>
class actor_seat final : public copy_seat {
 public:
  actor_seat(Self self, seat_args args) : self_{self}, args_{std::move(args)} {}
  actor_seat(const actor_seat&) = delete;
  actor_seat& operator=(const actor_seat&) = delete;

  /// While one is alive, what is to be written is gathered; it goes out when the last one ends.
  class together {
   public:
    explicit together(actor_seat& of) : of_{of} { ++of_.bursts_; }
    ~together() {
      if (--of_.bursts_ == 0)
        of_.flush();
    }
    together(const together&) = delete;
    together& operator=(const together&) = delete;

   private:
    actor_seat& of_;
  };
  [[nodiscard]] together burst() { return together{*this}; }
  [[nodiscard]] bool in_burst() const noexcept { return bursts_ > 0; }
  /// What else goes out when a burst ends.
  void at_end_of_burst(std::function<void()> what) { at_end_ = std::move(what); }

  /// Between two beats of a copy that has something to do.
  [[nodiscard]] base::duration beat() const noexcept { return args_.beat; }
  void beat_at(base::duration at) {
    if (beats_at_ && *beats_at_ <= at)
      return;
    beats_at_ = at;
    self_->delayed_send(self_, std::max(at - now(), base::duration{0}), atom::beat::value);
  }
  /// For a copy that has just come.
  void beat_soon() { beat_at(now() + args_.beat); }
  /// Now, on the scale of beats.
  [[nodiscard]] base::duration beat_came() {
    const auto time = now();
    if (beats_at_ && *beats_at_ <= time)
      beats_at_.reset(); // else it was overtaken by one that came sooner
    return time;
  }

  void commit(write_request r, outcome then) override {
    auto& entries = gathered_.entries;
    if (entries.empty())
      entries = std::move(r.entries);
    else
      std::move(r.entries.begin(), r.entries.end(), std::back_inserter(entries));
    gathered_.urgent = gathered_.urgent || r.urgent;
    waiting_.push_back(std::move(then));
    if (!in_burst())
      flush_writes();
  }
  void commit(stage_request r, outcome then) override { ask(std::move(r), std::move(then)); }
  void commit(switch_request r, outcome then) override { ask(std::move(r), std::move(then)); }
  void commit(checkpoint_request r, outcome then) override { ask(std::move(r), std::move(then)); }
  void release(base::partition_id p) override { self_->send(args_.committer, release_hold{p}); }

  void wake(base::partition_id p) override { self_->send(self_, p, atom::turn::value); }

  void offload(base::partition_id p, std::function<std::function<void()>()> work) override {
    auto job = [post = poster(p), work = std::move(work)] { post(work()); };
    if (args_.aside) {
      args_.aside(std::move(job));
      return;
    }
    // With an argument: CAF 0.17 spawns a function without one through a null pointer.
    self_->system().template spawn<caf::detached>(
        [](caf::event_based_actor*, const std::shared_ptr<std::function<void()>>& what) {
          (*what)();
        },
        std::make_shared<std::function<void()>>(std::move(job)));
  }

  [[nodiscard]] std::function<void(std::function<void()>)> poster(base::partition_id p) override {
    return [to = replica_actor{self_}, p](std::function<void()> what) {
      caf::anon_send(to, work_done{p, std::make_shared<std::function<void()>>(std::move(what))});
    };
  }

 private:
  [[nodiscard]] base::duration now() const { return self_->clock().now().time_since_epoch(); }
  void flush() {
    if (at_end_)
      at_end_();
    flush_writes();
  }
  void flush_writes() {
    if (waiting_.empty())
      return;
    send(std::exchange(gathered_, {}), std::exchange(waiting_, {}));
  }
  template <class Request>
  void ask(Request r, outcome then) {
    flush_writes();
    send(std::move(r), std::vector<outcome>{std::move(then)});
  }
  template <class Request>
  void send(Request r, std::vector<outcome> then) {
    const auto tell = [this, all = std::make_shared<std::vector<outcome>>(std::move(then))](
                          const base::status& how) {
      const auto gathered = burst();
      for (const auto& t : *all)
        t(how);
    };
    self_->request(args_.committer, caf::infinite, std::move(r))
        .then([tell](atom::done) { tell({}); }, [tell](const caf::error& e) { tell(from_caf(e)); });
  }

  Self self_;
  seat_args args_;
  std::optional<base::duration> beats_at_;
  int bursts_ = 0;
  std::function<void()> at_end_;
  write_request gathered_;
  std::vector<outcome> waiting_; ///< for what is gathered
};

} // namespace vedette::actors
