// Figures for docs/coordination.md: test_coordination "[.measure]".
#include "tests/coordination/world.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdio>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::chrono_literals;

namespace {

void print(const char* what, std::vector<base::duration> v) {
  std::ranges::sort(v);
  const auto ms = [&](std::size_t i) {
    return std::chrono::duration<double, std::milli>(v[std::min(i, v.size() - 1)]).count();
  };
  std::printf("%-40s n=%zu p50 %.2f ms  p99 %.2f ms  max %.2f ms\n", what, v.size(),
              ms(v.size() / 2), ms(v.size() * 99 / 100), ms(v.size() - 1));
}

} // namespace

TEST_CASE("measure: swap, watch and the end of a lease on etcd", "[.measure]") {
  const auto w = make_etcd_world();
  if (!w)
    return;
  auto& p = w->join_in();
  auto& watcher = w->join_in();
  enter(p, "n1", 5s);
  open(watcher);
  view(watcher);
  std::vector<base::duration> swaps, watches, reads;
  std::uint64_t at = 0;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    auto began = w->now();
    const auto call = p->swap({i, {0}, {at}, assignment("n1", i, i), {}});
    for (bool done = false; !done;)
      for (auto& e : p->poll(1s))
        if (const auto* d = std::get_if<swap_done>(&e); d != nullptr && d->call == call) {
          at = d->answer.at.value;
          done = true;
        }
    swaps.push_back(w->now() - began);
    for (bool done = false; !done;)
      for (auto& e : watcher->poll(1s))
        if (const auto* c = std::get_if<view_changed>(&e))
          done = done || revision_of(c->event) == at;
    watches.push_back(w->now() - began);
    began = w->now();
    const auto read = p->reread({0});
    for (bool done = false; !done;)
      for (auto& e : p->poll(1s))
        if (const auto* d = std::get_if<partition_read>(&e))
          done = done || d->call == read;
    reads.push_back(w->now() - began);
  }
  print("swap, asked to answered", swaps);
  print("swap, asked to seen by another's watch", watches);
  print("reread, asked to answered", reads);
  std::vector<base::duration> ends;
  std::vector<party*> dying;
  for (int i = 0; i < 100; ++i)
    dying.push_back(&w->join_in());
  for (std::size_t i = 0; i < dying.size(); ++i)
    enter(*dying[i], "d" + std::to_string(i), 2s);
  std::vector<base::duration> crashed(dying.size());
  std::vector<bool> gone(dying.size(), false);
  watcher.seen.clear();
  const auto note = [&] {
    for (const auto& e : changes(watcher))
      if (const auto* n = std::get_if<cluster::node_event>(&e); n && !n->record) {
        const auto i = static_cast<std::size_t>(std::stoi(n->id.value.substr(1)));
        if (!gone[i])
          ends.push_back(w->now() - crashed[i]);
        gone[i] = true;
      }
    watcher.seen.clear();
    return ends.size() == dying.size();
  };
  for (std::size_t i = 0; i < dying.size(); ++i) {
    dying[i]->crash();
    crashed[i] = w->now();
    // So that they end at every phase of their renewals.
    static_cast<void>(w->until(note, 20ms));
  }
  static_cast<void>(w->until(note, 30s));
  print("lease of 2 s, crash to node event", ends);
}
