#include "nodes/client/objects/fetcher.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace vedette::client {

namespace {

/// Small enough to be held whole.
bool is_small(const io::s3_object& o) {
  return o.size_known && o.size <= io::s3_client::object_bytes_max;
}
/// Announced without what tells one content from another.
bool is_vague(const io::s3_object& o) {
  return !o.size_known || o.etag.empty();
}

struct slot {
  enum class standing : std::uint8_t { waiting, loading, ready };
  fetched_object what;
  standing is = standing::waiting;
  std::size_t held = 0; ///< bytes that it may take
};

} // namespace

struct object_fetcher::impl {
  mutable std::mutex lock;
  std::condition_variable work, ready;
  // State below is protected by `lock`.
  std::deque<std::shared_ptr<slot>> slots; ///< in order
  std::size_t bytes = 0;                   ///< of those that are loading or ready
  bool ending = false;

  std::vector<std::thread> threads; ///< constant after construction

  /// The first that waits, if its bytes fit; the first of all always does.
  std::shared_ptr<slot> take() {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (slots[i]->is != slot::standing::waiting)
        continue;
      const auto& o = slots[i]->what.object;
      const auto size =
          is_small(o) ? static_cast<std::size_t>(o.size) : io::s3_client::object_bytes_max;
      if (i > 0 && bytes + size > bytes_max)
        return nullptr;
      bytes += slots[i]->held = size;
      slots[i]->is = slot::standing::loading;
      return slots[i];
    }
    return nullptr;
  }

  static void load(io::s3_client& client, fetched_object& what) {
    if (is_vague(what.object))
      client.look(what.object);
    // One that cannot be looked at is read to hear why.
    if (what.object.size_known && !is_small(what.object))
      return;
    auto got = client.get(what.object);
    if (got)
      what.bytes = std::move(*got);
    else
      what.failed = got.err();
  }

  void run(io::s3_client client) {
    std::unique_lock held{lock};
    while (!ending) {
      const auto mine = take();
      if (!mine) {
        work.wait(held);
        continue;
      }
      held.unlock();
      load(client, mine->what);
      held.lock();
      mine->is = slot::standing::ready;
      ready.notify_one();
    }
  }
};

object_fetcher::object_fetcher(const std::function<io::s3_client()>& open, int connections)
    : impl_{std::make_unique<impl>()} {
  for (int i = 0; i < connections; ++i)
    impl_->threads.emplace_back(
        [this, client = open()]() mutable { impl_->run(std::move(client)); });
}

object_fetcher::~object_fetcher() {
  {
    const std::lock_guard held{impl_->lock};
    impl_->ending = true;
  }
  impl_->work.notify_all();
  for (auto& t : impl_->threads)
    t.join();
}

bool object_fetcher::push(io::s3_object object, std::uint64_t message) {
  const std::lock_guard held{impl_->lock};
  if (impl_->slots.size() >= objects_max)
    return false;
  auto made = std::make_shared<slot>();
  made->what.object = std::move(object);
  made->what.message = message;
  if (!is_small(made->what.object) && !is_vague(made->what.object))
    made->is = slot::standing::ready;
  impl_->slots.push_back(std::move(made));
  impl_->work.notify_one();
  impl_->ready.notify_one();
  return true;
}

std::optional<fetched_object> object_fetcher::next(std::chrono::milliseconds patience) {
  std::unique_lock held{impl_->lock};
  const auto there = [&] {
    return !impl_->slots.empty() && impl_->slots.front()->is == slot::standing::ready;
  };
  if (!impl_->ready.wait_for(held, patience, there))
    return std::nullopt;
  auto out = std::move(impl_->slots.front()->what);
  impl_->bytes -= impl_->slots.front()->held;
  impl_->slots.pop_front();
  impl_->work.notify_one(); // who finishes one looks for the next
  return out;
}

std::size_t object_fetcher::waiting() const {
  const std::lock_guard held{impl_->lock};
  return impl_->slots.size();
}

} // namespace vedette::client
