// One coordinator's data, what can happen to it and to the way there, and parties that use it: the
// same for both implementations, so that one suite holds both to the interface.
//
// In memory time is a number that `until` moves; with etcd it is real and a server runs. Everything
// waits with a bound and nothing sleeps without looking.
#pragma once

#include "io/coordination/coordinator.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io::testing {

class world;

/// A handle and everything that came out of it.
class party {
 public:
  party(world& w, std::unique_ptr<coordinator> c) : world_{w}, handle_{std::move(c)} {}

  coordinator* operator->() const { return handle_.get(); }
  void drain();
  /// The process is gone: nothing more is renewed or said.
  void crash() { handle_.reset(); }

  /// Waits for the answer of that call; fails the test when none comes.
  template <class T>
  T answer(call_id call);
  /// Waits for more than `skip` news of that kind for which `holds` and gives a copy of the last.
  template <class T>
  T news(
      const std::function<bool(const T&)>& holds = [](const T&) { return true; },
      std::size_t skip = 0);
  template <class T>
  [[nodiscard]] std::size_t count() const;

  std::vector<coordinator_event> seen;

 private:
  world& world_;
  std::unique_ptr<coordinator> handle_;
};

class world {
 public:
  virtual ~world() = default;

  /// A party of its own process and its own way to the coordinator.
  party& join_in();

  virtual void cut(party& p, bool on) = 0;          ///< nothing gets through
  virtual void lose_answers(party& p, bool on) = 0; ///< asks get through, answers do not
  virtual void compact() = 0;
  /// Before the first party of a test that loses or restores data.
  virtual void have_own_server() {}
  virtual void wipe() = 0;
  virtual void save() = 0;
  virtual void restore() = 0;

  /// Lets time pass and all parties drain until `holds`; false when `patience` is over.
  bool until(const std::function<bool()>& holds,
             base::duration patience = std::chrono::seconds{20});
  void pass(base::duration d);
  [[nodiscard]] virtual base::duration now() const = 0;

 protected:
  [[nodiscard]] virtual std::unique_ptr<coordinator> make_handle() = 0;
  virtual void let_pass(base::duration d) = 0;
  [[nodiscard]] std::size_t index_of(const party& p) const;
  /// First thing in a destructor: handles use what the derived world holds.
  void end_parties() { parties_.clear(); }

 private:
  std::vector<std::unique_ptr<party>> parties_;
};

[[nodiscard]] std::unique_ptr<world> make_memory_world();
/// Null when there is no etcd on this machine, which is said once.
[[nodiscard]] std::unique_ptr<world> make_etcd_world();
/// Runs a test on each.
void on_both(const std::function<void(world&)>& test);

// --- what tests say often ---

inline constexpr std::uint32_t partitions = 16;
[[nodiscard]] open_request founding(const std::string& id = "c1");
[[nodiscard]] cluster::node_record node(const std::string& id, std::uint64_t incarnation = 1,
                                        std::uint64_t stamp = 1);
[[nodiscard]] cluster::assignment assignment(const std::string& primary, std::uint64_t epoch = 1,
                                             std::uint64_t version = 1);
/// Opens, and demands that it worked.
void open(party& p);
/// Opens and joins.
void enter(party& p, const std::string& id, base::duration ttl = std::chrono::seconds{2});
/// Watches and waits for the view.
cluster::snapshot view(party& p);
swap_done swap(party& p, std::uint32_t partition, std::uint64_t base,
               const cluster::assignment& next, std::uint64_t fence = 0);
/// Puts a first assignment there, led by n1; its revision.
std::uint64_t founded_partition(party& p, std::uint32_t id);
[[nodiscard]] std::vector<cluster::watch_event> changes(const party& p);
[[nodiscard]] std::uint64_t revision_of(const cluster::watch_event& e);

[[nodiscard]] inline bool says(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// --- of the templates above ---

void fail_waiting(const char* what);

template <class T>
T party::answer(call_id call) {
  const T* found = nullptr;
  world_.until([&] {
    for (const auto& e : seen)
      if (const auto* t = std::get_if<T>(&e); t != nullptr && t->call == call)
        found = t;
    return found != nullptr;
  });
  if (found == nullptr)
    fail_waiting("an answer");
  return *found;
}

template <class T>
T party::news(const std::function<bool(const T&)>& holds, std::size_t skip) {
  const T* found = nullptr;
  world_.until([&] {
    std::size_t met = 0;
    for (const auto& e : seen)
      if (const auto* t = std::get_if<T>(&e); t != nullptr && holds(*t) && ++met > skip)
        found = t;
    return found != nullptr;
  });
  if (found == nullptr)
    fail_waiting("news");
  return *found;
}

template <class T>
std::size_t party::count() const {
  std::size_t n = 0;
  for (const auto& e : seen)
    n += std::holds_alternative<T>(e) ? 1U : 0U;
  return n;
}

} // namespace vedette::io::testing
