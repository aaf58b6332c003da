#include "nodes/client/objects/queue.hpp"

#include "io/aws/s3_notice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace vedette::client {

namespace {

using base::ec;
using base::error;
using namespace std::chrono_literals;

struct message {
  std::string receipt;
  std::uint64_t received = 1;
  std::size_t objects = 0; ///< not decided
  bool missing = false, again = false;
};

bool may_pass(ec code) {
  return code == ec::unavailable || code == ec::timed_out;
}

} // namespace

struct queue_reader::impl {
  impl(queue_options o, object_fetcher& f) : options{std::move(o)}, from{f} {}

  queue_options options;
  object_fetcher& from;
  bool dead_letters = false; ///< constant once the threads run

  mutable std::mutex lock;
  std::condition_variable changed;
  // State below is protected by `lock`.
  std::map<std::uint64_t, message> under_way;
  std::vector<std::string> finished; ///< receipts to delete
  std::uint64_t next_message = 1;
  queue_totals totals;
  bool ending = false, empty = false;
  std::optional<error> failed;

  // --- the thread that receives ------------------------------------------------------------------

  void receive(io::sqs_client& queue) {
    bool complained = false;
    while (wait_for_room()) {
      const auto got = queue.receive(options.until_empty ? 1s : receive_wait, hidden);
      if (!got && may_pass(got.err().code) && !options.until_empty) {
        if (!std::exchange(complained, true))
          options.complain({got.err().code, got.err().context + "; trying on"});
        std::unique_lock held{lock};
        changed.wait_for(held, receive_wait, [&] { return ending; });
        continue;
      }
      if (!got) {
        const std::lock_guard held{lock};
        failed = got.err();
        changed.notify_all();
        return;
      }
      complained = false;
      for (const auto& m : *got)
        take(m);
      const std::lock_guard held{lock};
      empty = got->empty();
      changed.notify_all();
    }
  }

  bool wait_for_room() {
    std::unique_lock held{lock};
    changed.wait(held, [&] { return ending || under_way.size() < messages_max; });
    return !ending;
  }

  void take(const io::sqs_message& m) {
    auto notice = io::read_s3_notice(m.body);
    std::unique_lock held{lock};
    ++totals.messages;
    if (!notice) {
      ++totals.left;
      held.unlock();
      if (m.received == 1)
        options.complain(
            {notice.err().code,
             fmt::format("message {} of the queue: {}; it stays in the queue{}", m.id,
                         notice.err().context,
                         dead_letters ? " until that gives it to its dead letters" : "")});
      return;
    }
    if (notice->objects.empty()) {
      ++totals.others;
      finished.push_back(m.receipt);
      return;
    }
    const auto number = next_message++;
    under_way[number] = {m.receipt, m.received, notice->objects.size()};
    held.unlock();
    for (auto& object : notice->objects)
      while (!from.push(object, number)) {
        held.lock();
        if (changed.wait_for(held, 20ms, [&] { return ending; }))
          return; // it comes again
        held.unlock();
      }
  }

  // --- the thread that keeps messages from others ------------------------------------------------

  void keep(io::sqs_client& queue) {
    std::unique_lock held{lock};
    while (!changed.wait_for(held, kept_every, [&] { return ending; })) {
      const auto receipts = receipts_under_way();
      held.unlock();
      // One that could not be kept comes again, here or elsewhere, and the ledger knows it.
      hide(queue, receipts, hidden);
      held.lock();
    }
  }

  std::vector<std::string> receipts_under_way() const {
    std::vector<std::string> out;
    for (const auto& [number, m] : under_way)
      out.push_back(m.receipt);
    return out;
  }
  static void hide(io::sqs_client& queue, std::span<const std::string> receipts,
                   std::chrono::seconds how_long) {
    for (std::size_t i = 0; i < receipts.size(); i += io::sqs_batch_max)
      (void)queue.hide(receipts.subspan(i, std::min(io::sqs_batch_max, receipts.size() - i)),
                       how_long);
  }

  // --- the caller's thread -----------------------------------------------------------------------

  void decide(std::uint64_t number) {
    const auto at = under_way.find(number);
    auto& m = at->second;
    const bool hopeless = m.missing && !dead_letters && m.received >= missing_received_max;
    if (m.again || (m.missing && !hopeless))
      ++totals.left;
    else
      finished.push_back(std::move(m.receipt));
    under_way.erase(at);
    changed.notify_all();
  }

  base::status remove_finished(io::sqs_client& queue) {
    std::vector<std::string> receipts;
    {
      const std::lock_guard held{lock};
      receipts.swap(finished);
    }
    for (std::span<const std::string> left{receipts}; !left.empty();) {
      const auto some = left.first(std::min(io::sqs_batch_max, left.size()));
      if (auto ok = queue.remove(some); !ok)
        return ok;
      left = left.subspan(some.size());
      const std::lock_guard held{lock};
      totals.deleted += some.size();
    }
    return {};
  }

  bool over() const {
    const std::lock_guard held{lock};
    return failed.has_value() ||
           (options.until_empty && empty && under_way.empty() && finished.empty());
  }

  base::status work(object_reader& to, io::sqs_client& queue) {
    while (!options.stop() && !over()) {
      // What is there already goes together.
      auto patience = 50ms;
      for (std::size_t i = 0; i < object_reader::group_objects; ++i) {
        auto object = from.next(std::exchange(patience, 0ms));
        if (!object)
          break;
        if (auto ok = to.take(std::move(*object)); !ok)
          return ok;
      }
      if (auto ok = to.flush(); !ok)
        return ok;
      if (auto ok = remove_finished(queue); !ok)
        return ok;
    }
    return {};
  }
};

queue_reader::queue_reader(queue_options options, object_fetcher& from)
    : impl_{std::make_unique<impl>(std::move(options), from)} {}
queue_reader::~queue_reader() = default;

void queue_reader::tell(const fetched_object& object, object_outcome what) {
  const std::lock_guard held{impl_->lock};
  const auto at = impl_->under_way.find(object.message);
  if (at == impl_->under_way.end())
    return; // of the run before, which had it from a message that comes again
  at->second.again = at->second.again || what == object_outcome::failed;
  at->second.missing = at->second.missing || (what == object_outcome::gone && object.failed &&
                                              object.failed->code == ec::not_found);
  if (--at->second.objects == 0)
    impl_->decide(object.message);
}

void queue_reader::complain(const base::error& e) const {
  if (e.code != ec::not_found)
    return impl_->options.complain(e);
  impl_->options.complain(
      {e.code, fmt::format("{}; its message {}", e.context,
                           impl_->dead_letters
                               ? "stays in the queue until that gives it to its dead letters"
                               : fmt::format("is deleted when it has come {} times, for the queue "
                                             "has no dead-letter queue",
                                             missing_received_max))});
}

base::status queue_reader::run(object_reader& to) {
  auto& q = *impl_;
  auto receiver = q.options.open(), keeper = q.options.open(), remover = q.options.open();
  for (const auto* made : {&receiver, &keeper, &remover})
    if (!*made)
      return made->err();
  const auto letters = remover->has_dead_letters();
  if (!letters)
    return letters.err();
  q.dead_letters = *letters;
  std::thread receiving{[&] { q.receive(*receiver); }};
  std::thread keeping{[&] { q.keep(*keeper); }};
  auto done = q.work(to, *remover);
  {
    const std::lock_guard held{q.lock};
    q.ending = true;
  }
  q.changed.notify_all();
  receiving.join();
  keeping.join();
  if (done)
    done = to.flush();
  if (done)
    done = q.remove_finished(*remover);
  // What was not begun is for others at once.
  impl::hide(*remover, q.receipts_under_way(), 0s);
  if (done && q.failed)
    return *q.failed;
  return done;
}

queue_totals queue_reader::totals() const {
  const std::lock_guard held{impl_->lock};
  return impl_->totals;
}

} // namespace vedette::client
