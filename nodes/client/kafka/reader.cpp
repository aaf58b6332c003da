#include "nodes/client/kafka/reader.hpp"

#include "ingest/record_splitter.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace vedette::client {

namespace {

using base::ec;
using base::error;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// The thread that sends: one group at a time.
class group_sender {
 public:
  group_sender(sender& to, const kafka_options& how)
      : to_{to}, how_{how}, thread_{[this] { run(); }} {}
  ~group_sender() {
    {
      const std::lock_guard held{lock_};
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  group_sender(const group_sender&) = delete;
  group_sender& operator=(const group_sender&) = delete;

  void start(kafka_group group) {
    const std::lock_guard held{lock_};
    VEDETTE_ASSERT(!group_ && !done_);
    group_ = std::move(group);
    changed_.notify_all();
  }
  /// What became of it; nothing while it is under way, or when there was none.
  std::optional<base::status> finished(std::chrono::milliseconds patience) {
    std::unique_lock held{lock_};
    changed_.wait_for(held, patience, [&] { return done_.has_value(); });
    return std::exchange(done_, std::nullopt);
  }
  std::optional<base::status> finished_at_last() {
    std::unique_lock held{lock_};
    changed_.wait(held, [&] { return done_ || !group_; });
    return std::exchange(done_, std::nullopt);
  }
  [[nodiscard]] kafka_totals totals() const {
    const std::lock_guard held{lock_};
    return totals_;
  }

 private:
  void run() {
    std::unique_lock held{lock_};
    for (;;) {
      changed_.wait(held, [&] { return ending_ || group_; });
      if (!group_)
        return;
      const auto group = std::move(*group_);
      held.unlock();
      kafka_totals more;
      auto outcome = send(group, more);
      held.lock();
      totals_.values += group.values.size();
      totals_.records += more.records;
      totals_.bytes += more.bytes;
      totals_.refused += more.refused;
      ++totals_.groups;
      group_.reset();
      done_ = std::move(outcome);
      changed_.notify_all();
    }
  }

  base::status send(const kafka_group& group, kafka_totals& count) {
    if (auto ok = to_.begin(group.name()); !ok)
      return ok;
    std::optional<error> refused;
    const ingest::record_splitter::sink take = [&](const ingest::split_record& r) {
      if (refused)
        return;
      ++count.records;
      count.bytes += r.text.size();
      count.refused += r.problem.empty() ? 0 : 1;
      if (auto ok = to_.add(r.text); !ok)
        refused = ok.err();
    };
    // Each value is whole: what is broken in one does not reach into the next.
    ingest::record_splitter splitter{how_.unwrap, how_.columns};
    for (const auto& value : group.values) {
      splitter.push(value, take);
      splitter.finish(take);
    }
    if (refused)
      return *refused;
    return to_.settle();
  }

  sender& to_;
  const kafka_options& how_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  // State below is protected by `lock_`.
  std::optional<kafka_group> group_;
  std::optional<base::status> done_;
  kafka_totals totals_;
  bool ending_ = false;

  std::thread thread_;
};

class kafka_reader {
 public:
  kafka_reader(sender& to, const kafka_options& how) : how_{how}, sending_{to, how} {}

  base::result<kafka_totals> run() {
    auto opened = io::kafka_consumer::open(how_.kafka, handler());
    if (!opened)
      return opened.err();
    from_ = std::move(*opened);
    auto done = read();
    if (done && under_way_)
      done = finish(sending_.finished_at_last());
    if (done)
      (void)commit();
    from_.reset();
    if (!done)
      return done.err();
    auto out = sending_.totals();
    out.pauses = pauses_;
    return out;
  }

 private:
  io::kafka_handler handler() {
    return {
        [this](const auto& given) {
          for (const auto& [place, committed] : given)
            groups_.given(place, committed);
        },
        [this](const auto& places) { give_up(places); },
        [this](const auto& places) { forget(places); },
        how_.complain,
    };
  }

  base::status read() {
    const auto began = clock::now();
    while (!how_.stop()) {
      throttle();
      auto record = from_->poll(under_way_ ? 5ms : 50ms);
      if (!record)
        return record.err();
      if (failed_)
        return *failed_;
      if (*record)
        groups_.add(std::move(**record), clock::now());
      if (auto ok = step(); !ok)
        return ok;
      if (!from_->joined() && clock::now() - began > kafka_join_patience)
        return error{
            ec::unavailable,
            fmt::format("reading from Kafka at {}: {} for {} s; is it running, is this its "
                        "address, and does it want TLS (security.protocol in the settings "
                        "file)?",
                        how_.kafka.brokers,
                        from_->trouble().empty() ? "no answer" : from_->trouble(),
                        kafka_join_patience.count())};
      if (how_.until_empty && from_->at_the_end() && groups_.empty() && !next_ && !under_way_)
        return {};
    }
    return {};
  }

  /// Takes nothing more from Kafka while enough waits.
  void throttle() {
    if (!paused_ && groups_.full()) {
      from_->pause();
      paused_ = true;
      ++pauses_;
    } else if (paused_ && !groups_.half_full()) {
      from_->resume();
      paused_ = false;
    }
  }

  /// When the one before is durable, the next goes: its note and the position behind the one before
  /// are committed together, and first. A group that goes without its note could not be made again.
  base::status step() {
    if (under_way_)
      if (auto done = sending_.finished(0ms))
        if (auto ok = finish(std::move(done)); !ok)
          return ok;
    if (under_way_)
      return {};
    if (!next_)
      next_ = groups_.take(clock::now());
    if (next_)
      positions_[next_->place] = {next_->first, next_->note()};
    if (!commit() || !next_)
      return {};
    under_way_ = sent{next_->place, next_->last, false};
    sending_.start(*std::exchange(next_, std::nullopt));
    return {};
  }

  base::status finish(std::optional<base::status> outcome) {
    const auto was = *std::exchange(under_way_, std::nullopt);
    if (!outcome || !*outcome)
      return outcome ? *outcome : base::status{};
    if (!was.lost)
      positions_[was.place] = {was.last + 1, ""};
    return {};
  }

  /// False when it is to be tried again, or when partitions are about to change hands.
  bool commit() {
    if (positions_.empty())
      return true;
    const auto ok = from_->commit(positions_);
    if (!ok && ok.err().code != ec::stale_epoch && !std::exchange(complained_, true))
      how_.complain(ok.err());
    if (!ok)
      return false;
    complained_ = false;
    positions_.clear();
    return true;
  }

  void forget(const std::vector<io::kafka_place>& places) {
    for (const auto& p : places) {
      groups_.drop(p);
      positions_.erase(p);
      if (next_ && next_->place == p)
        next_.reset();
      if (under_way_ && under_way_->place == p)
        under_way_->lost = true;
    }
  }

  /// Partitions go to others once what was sent of them is durable and committed. Where that fails
  /// the note says what was sent.
  void give_up(const std::vector<io::kafka_place>& places) {
    if (next_) {
      positions_[next_->place].note.clear(); // it goes no more; what is before it is durable
      next_.reset();
    }
    if (under_way_)
      if (auto ok = finish(sending_.finished_at_last()); !ok)
        failed_ = ok.err();
    (void)commit();
    forget(places);
  }

  struct sent {
    io::kafka_place place;
    std::int64_t last = 0;
    bool lost = false; ///< others have the partition by now
  };

  const kafka_options& how_;
  std::unique_ptr<io::kafka_consumer> from_;
  kafka_groups groups_;
  std::map<io::kafka_place, io::kafka_position> positions_; ///< to be committed
  std::optional<kafka_group> next_;                         ///< waits for its note to be committed
  std::optional<sent> under_way_;
  std::optional<error> failed_; ///< while partitions changed hands
  bool paused_ = false, complained_ = false;
  std::uint64_t pauses_ = 0;
  group_sender sending_;
};

} // namespace

base::result<kafka_totals> read_kafka(sender& to, const kafka_options& how) {
  return kafka_reader{to, how}.run();
}

} // namespace vedette::client
