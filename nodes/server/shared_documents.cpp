#include "nodes/server/shared_documents.hpp"

#include "base/hash.hpp"
#include "base/limits.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

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
  membership::membership& member;
  cluster::node_id self;
  doors out;

  mutable std::mutex mutex;
  std::condition_variable changed;
  // Below: protected by mutex.
  std::map<std::string, cluster::versioned_document> wanted; ///< in force
  std::map<std::string, std::uint64_t> taken;                ///< version handed on
  std::map<std::string, std::set<cluster::node_id>> holders; ///< by hash, as they said
  bool stopping = false;
  std::thread thread;

  [[nodiscard]] std::optional<std::string> held(const std::string& name,
                                                const std::string& hash) const {
    auto bytes = store->entities().meta(stored_name(name, hash));
    if (!bytes || !*bytes || hash_of_bytes(**bytes) != hash)
      return std::nullopt;
    return std::move(**bytes);
  }
  base::status keep(const std::string& name, const std::string& hash, const std::string& bytes) {
    state::changes c;
    c.put_meta(stored_name(name, hash), bytes);
    if (auto ok = store->entities().apply(c); !ok)
      return ok;
    return store->log().sync();
  }
  /// What is neither in force nor offered just now is of no use any more.
  void forget_others(const std::string& name, const std::string& hash) {
    state::changes c;
    (void)store->entities().scan_meta("shared/" + name + "/", [&](std::string_view n, auto) {
      if (n != stored_name(name, hash))
        c.erase_meta(std::string{n});
      return true;
    });
    if (!c.empty())
      (void)store->entities().apply(c);
  }
  void run();
  void tend(const std::string& name, const cluster::versioned_document& d);
};

void shared_documents::impl::tend(const std::string& name, const cluster::versioned_document& d) {
  const auto bytes = held(name, d.value.hash);
  if (!bytes) {
    for (const auto& n : out.others())
      (void)out.send(n, encode(actors::shared_bytes{kind::ask, name, d.value.hash, {}}));
    return;
  }
  if (auto ok = out.in_force(name, d.value.version, *bytes); !ok) {
    spdlog::error("putting version {} of {} in force: {}", d.value.version, name,
                  base::to_string(ok.err()));
    return;
  }
  forget_others(name, d.value.hash);
  const std::lock_guard lock{mutex};
  taken[name] = std::max(taken[name], d.value.version);
  changed.notify_all();
}

void shared_documents::impl::run() {
  std::unique_lock lock{mutex};
  while (!stopping) {
    std::vector<std::pair<std::string, cluster::versioned_document>> due;
    for (const auto& [name, d] : wanted)
      if (taken[name] < d.value.version)
        due.emplace_back(name, d);
    if (due.empty()) {
      changed.wait(lock);
      continue;
    }
    lock.unlock();
    for (const auto& [name, d] : due)
      tend(name, d);
    lock.lock();
    if (!stopping)
      changed.wait_for(lock, ask_every);
  }
}

shared_documents::shared_documents(std::shared_ptr<state::store> store,
                                   membership::membership& member, cluster::node_id self, doors d)
    : impl_{new impl{
          std::move(store), member, std::move(self), std::move(d), {}, {}, {}, {}, {}, false, {}}} {
  impl_->thread = std::thread{[i = impl_.get()] { i->run(); }};
}

shared_documents::~shared_documents() {
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  impl_->thread.join();
}

void shared_documents::named(const std::string& name, const cluster::versioned_document& d) {
  const std::lock_guard lock{impl_->mutex};
  auto& w = impl_->wanted[name];
  if (d.at > w.at)
    w = d;
  impl_->changed.notify_all();
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
  m.holders[w.hash].insert(from);
  m.changed.notify_all();
}

base::result<shared_documents::current> shared_documents::wait_for(const std::string& name,
                                                                   base::duration patience) {
  auto& m = *impl_;
  const auto until = std::chrono::steady_clock::now() + patience;
  std::unique_lock lock{m.mutex};
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
                                   base::duration patience) {
  auto& m = *impl_;
  const auto until = std::chrono::steady_clock::now() + patience;
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
    m.holders.clear();
  }
  if (auto ok = m.keep(name, hash, bytes); !ok)
    return ok;
  // Every node that is there has it before anybody is told to use it.
  const auto others = m.out.others();
  const auto offer = encode(actors::shared_bytes{kind::bytes, name, hash, std::move(bytes)});
  std::unique_lock lock{m.mutex};
  while (true) {
    std::vector<cluster::node_id> missing;
    for (const auto& n : others)
      if (!m.holders[hash].contains(n))
        missing.push_back(n);
    if (missing.empty())
      break;
    if (std::chrono::steady_clock::now() >= until)
      return base::error{base::ec::unavailable,
                         fmt::format("putting {} in force: node {} did not take it in time; try "
                                     "again",
                                     name, missing.front().value)};
    lock.unlock();
    for (const auto& n : missing)
      (void)m.out.send(n, offer);
    lock.lock();
    m.changed.wait_for(lock, ask_every);
  }
  lock.unlock();
  const auto answer = std::make_shared<std::optional<base::status>>();
  m.member.put_document(swap, [&m, answer](base::status s) {
    const std::lock_guard hold{m.mutex};
    *answer = std::move(s);
    m.changed.notify_all();
  });
  lock.lock();
  // The membership answers within the coordinator's deadline.
  m.changed.wait(lock, [&] { return answer->has_value() || m.stopping; });
  if (!*answer)
    return base::error{base::ec::shutting_down, "putting " + name + " in force: this node stops"};
  return **answer;
}

} // namespace vedette::server
