#include "nodes/server/shared_documents.hpp"

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/limits.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace vedette::server {

namespace {

/// Between two rounds of asking for what is missing.
constexpr std::chrono::milliseconds ask_every{300};
/// Whoever offered something has put it in force by then, or never will: `put` waits less.
constexpr std::chrono::minutes offer_lasts{1};

using instant = std::chrono::steady_clock::time_point;

using kind = actors::shared_bytes::kind;

std::string stored_name(const std::string& name, const std::string& hash) {
  return "shared/" + name + "/" + hash;
}

std::string hash_of_bytes(std::string_view bytes) {
  return base::to_hex(base::sha256(bytes));
}

} // namespace

struct shared_documents::impl {
  std::shared_ptr<state::store> store;
  cluster::node_id self;
  doors out;

  mutable std::mutex mutex;
  std::condition_variable changed;
  // Below: protected by mutex.
  std::map<std::string, cluster::versioned_document> wanted; ///< in force
  std::map<std::string, std::set<cluster::node_id>> holders; ///< of what is being put, by hash
  /// Kept and not handed on, by name, in the order in which they came.
  struct offer {
    std::string hash;
    instant came;
  };
  std::map<std::string, std::vector<offer>> offers;
  bool stopping = false;
  std::map<std::string, std::thread> threads;

  [[nodiscard]] std::optional<std::string> held(const std::string& name,
                                                const std::string& hash) const {
    auto bytes = store->entities().meta(stored_name(name, hash));
    if (!bytes || !*bytes || hash_of_bytes(**bytes) != hash)
      return std::nullopt;
    return std::move(**bytes);
  }
  base::status keep(const std::string& name, const std::string& hash, const std::string& bytes) {
    {
      // Noted before it is written, or another version that is handed on just now would forget it.
      const std::lock_guard lock{mutex};
      auto& all = offers[name];
      std::erase_if(all, [&](const offer& o) { return o.hash == hash; });
      if (all.size() == offers_max)
        all.erase(all.begin());
      all.push_back({hash, std::chrono::steady_clock::now()});
    }
    state::changes c;
    c.put_meta(stored_name(name, hash), bytes);
    if (auto ok = store->entities().apply(c); !ok)
      return ok;
    return store->log().sync();
  }
  void forget_others(const std::string& name, const std::string& hash);
  void run(const std::string& name, const in_force& taken);
  [[nodiscard]] bool tend(const std::string& name, const cluster::versioned_document& d,
                          const in_force& taken);
};

/// Forgets what was in force before, and offers of which nothing came.
void shared_documents::impl::forget_others(const std::string& name, const std::string& hash) {
  std::set<std::string> keeping{stored_name(name, hash)};
  {
    const std::lock_guard lock{mutex};
    auto& all = offers[name];
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(all,
                  [&](const offer& o) { return o.hash == hash || now - o.came > offer_lasts; });
    for (const auto& o : all)
      keeping.insert(stored_name(name, o.hash));
    if (const auto w = wanted.find(name); w != wanted.end())
      keeping.insert(stored_name(name, w->second.value.hash));
  }
  state::changes c;
  (void)store->entities().scan_meta("shared/" + name + "/", [&](std::string_view n, auto) {
    if (!keeping.contains(std::string{n}))
      c.erase_meta(std::string{n});
    return true;
  });
  if (!c.empty())
    (void)store->entities().apply(c);
}

bool shared_documents::impl::tend(const std::string& name, const cluster::versioned_document& d,
                                  const in_force& taken) {
  const auto bytes = held(name, d.value.hash);
  if (!bytes) {
    for (const auto& n : out.others())
      (void)out.send(n, encode(actors::shared_bytes{kind::ask, name, d.value.hash, {}}));
    return false;
  }
  if (auto ok = taken(d.value.version, *bytes); !ok) {
    spdlog::error("putting version {} of {} in force: {}", d.value.version, name,
                  base::to_string(ok.err()));
    return false;
  }
  forget_others(name, d.value.hash);
  return true;
}

void shared_documents::impl::run(const std::string& name, const in_force& taken) {
  std::uint64_t handed_on = 0;
  std::unique_lock lock{mutex};
  while (!stopping) {
    const auto w = wanted.find(name);
    if (w == wanted.end() || w->second.value.version <= handed_on) {
      changed.wait(lock);
      continue;
    }
    const auto d = w->second;
    lock.unlock();
    const bool done = tend(name, d, taken);
    lock.lock();
    if (done)
      handed_on = d.value.version;
    else if (!stopping)
      changed.wait_for(lock, ask_every);
  }
}

shared_documents::shared_documents(std::shared_ptr<state::store> store, cluster::node_id self,
                                   doors d)
    : impl_{std::make_unique<impl>()} {
  impl_->store = std::move(store);
  impl_->self = std::move(self);
  impl_->out = std::move(d);
}

shared_documents::~shared_documents() {
  std::map<std::string, std::thread> threads;
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->stopping = true;
    impl_->changed.notify_all();
    threads.swap(impl_->threads);
  }
  for (auto& [name, t] : threads)
    t.join();
}

void shared_documents::own(const std::string& name, in_force taken) {
  const std::lock_guard lock{impl_->mutex};
  VEDETTE_ASSERT(!impl_->threads.contains(name));
  impl_->threads[name] =
      std::thread{[i = impl_.get(), name, taken = std::move(taken)] { i->run(name, taken); }};
}

void shared_documents::named(const std::string& name, const cluster::versioned_document& d) {
  const std::lock_guard lock{impl_->mutex};
  auto& w = impl_->wanted[name];
  if (d.at > w.at)
    w = d;
  impl_->changed.notify_all();
}

void shared_documents::table_lost() {
  const std::lock_guard lock{impl_->mutex};
  for (auto& [name, d] : impl_->wanted)
    d.at = {};
}

void shared_documents::received(const cluster::node_id& from, const actors::shared_bytes& w) {
  auto& m = *impl_;
  switch (w.what) {
  case kind::ask:
    if (auto bytes = m.held(w.name, w.hash))
      (void)m.out.send(
          from, encode(actors::shared_bytes{kind::bytes, w.name, w.hash, std::move(*bytes)}));
    return;
  case kind::bytes:
    if (hash_of_bytes(w.bytes) != w.hash) {
      spdlog::warn("node {} sent bytes of {} that do not have their hash", from.value, w.name);
      return;
    }
    if (auto ok = m.keep(w.name, w.hash, w.bytes); !ok) {
      spdlog::error("keeping {}: {}", w.name, base::to_string(ok.err()));
      return;
    }
    (void)m.out.send(from, encode(actors::shared_bytes{kind::held, w.name, w.hash, {}}));
    break;
  case kind::held:
    break;
  }
  const std::lock_guard lock{m.mutex};
  if (const auto put = m.holders.find(w.hash); put != m.holders.end())
    put->second.insert(from);
  m.changed.notify_all();
}

base::result<shared_documents::current>
shared_documents::wait_for(const std::string& name, base::duration within,
                           std::optional<std::uint64_t> after) {
  auto& m = *impl_;
  const auto until = std::chrono::steady_clock::now() + within;
  std::unique_lock lock{m.mutex};
  const auto is_there = [&] {
    const auto at = m.wanted.find(name);
    return at != m.wanted.end() && (!after || at->second.value.version > *after);
  };
  if (after && !m.changed.wait_until(lock, until, is_there))
    return base::error{base::ec::timed_out,
                       fmt::format("waiting for a version of {} later than {}: the coordinator "
                                   "named none in time; try again",
                                   name, *after)};
  while (true) {
    const auto at = m.wanted.find(name);
    if (at == m.wanted.end())
      return base::error{base::ec::not_found, "no " + name + " is in force in this cluster yet"};
    const auto d = at->second.value;
    lock.unlock();
    if (auto bytes = m.held(name, d.hash))
      return current{d.version, std::move(*bytes)};
    lock.lock();
    if (std::chrono::steady_clock::now() >= until)
      return base::error{base::ec::timed_out,
                         fmt::format("waiting for version {} of {}, which node {} made: no node "
                                     "that has it answered; start that node",
                                     d.version, name, d.author.value)};
    m.changed.wait_for(lock, ask_every);
  }
}

base::status shared_documents::put(const std::string& name, std::uint64_t base, std::string bytes,
                                   base::duration within) {
  auto& m = *impl_;
  const auto until = std::chrono::steady_clock::now() + within;
  const auto hash = hash_of_bytes(bytes);
  cluster::document_swap swap{name, {}, {base + 1, hash, m.self}};
  {
    const std::lock_guard lock{m.mutex};
    const auto at = m.wanted.find(name);
    if ((at == m.wanted.end() ? 0 : at->second.value.version) != base)
      return base::error{base::ec::conflict,
                         fmt::format("putting {} in force: version {} came meanwhile; look at it "
                                     "and try again",
                                     name, at->second.value.version)};
    if (at != m.wanted.end())
      swap.base = at->second.at;
    m.holders[hash].clear();
  }
  const auto forget_holders = [&] {
    const std::lock_guard lock{m.mutex};
    m.holders.erase(hash);
  };
  if (auto ok = m.keep(name, hash, bytes); !ok) {
    forget_holders();
    return ok;
  }
  // Every node that is there has it before anybody is told to use it. Who dies meanwhile is waited
  // for until the mesh says so, who joins meanwhile is asked too.
  const auto offer = encode(actors::shared_bytes{kind::bytes, name, hash, std::move(bytes)});
  while (true) {
    auto missing = m.out.others();
    std::unique_lock lock{m.mutex};
    std::erase_if(missing, [&](const auto& n) { return m.holders[hash].contains(n); });
    const auto held = m.holders[hash].size();
    lock.unlock();
    if (missing.empty())
      break;
    if (std::chrono::steady_clock::now() >= until) {
      forget_holders();
      return base::error{base::ec::unavailable,
                         fmt::format("putting {} in force: node {} did not take it in time; try "
                                     "again",
                                     name, missing.front().value)};
    }
    for (const auto& n : missing)
      (void)m.out.send(n, offer);
    lock.lock();
    m.changed.wait_for(lock, ask_every, [&] { return m.holders[hash].size() > held; });
  }
  forget_holders();
  const auto answer = std::make_shared<std::optional<base::status>>();
  m.out.swap(swap, [&m, answer](base::status s) {
    const std::lock_guard hold{m.mutex};
    *answer = std::move(s);
    m.changed.notify_all();
  });
  std::unique_lock lock{m.mutex};
  // The coordinator's deadline bounds it.
  m.changed.wait(lock, [&] { return answer->has_value() || m.stopping; });
  if (!*answer)
    return base::error{base::ec::shutting_down, "putting " + name + " in force: this node stops"};
  return **answer;
}

} // namespace vedette::server
