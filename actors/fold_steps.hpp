// What a detector and an aggregator do alike as folds over a replica's log: take no more, give up,
// write checkpoints, stand still, and pass over what no fold survives.
//
// `Self` is the actor's pointer; its state has args (partition, committer, replica), turns, term,
// draining, shown and suspects. Internal to actors/detector.cpp and actors/aggregator.cpp.
#pragma once

#include "actors/error.hpp"
#include "actors/interfaces.hpp"
#include "actors/shown_entries.hpp"

#include <spdlog/spdlog.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace vedette::actors {

/// Why nothing can be taken now; nothing when it can.
template <class State>
std::optional<base::error> closed(const State& st) {
  if (st.draining)
    return base::error{base::ec::shutting_down,
                       "this node is draining; send it to another, or here again later"};
  if (!st.term)
    return base::error{base::ec::unavailable, "partition " +
                                                  std::to_string(st.args.partition.value) +
                                                  " is not served here now; ask again in a moment"};
  return std::nullopt;
}

/// A fold that cannot go on must not say anything more; the replica hands the partition over.
template <class Self>
void give_up(Self self, const base::error& why) {
  auto& st = self->state;
  if (st.draining)
    return;
  spdlog::error("partition {}: {}", st.args.partition.value, base::to_string(why));
  self->send(st.args.replica, fold_failed{why});
  self->quit(to_caf(why));
}

/// In a turn that has begun. `hold`: the log behind it stays, others are seeded from it. `failed`
/// before the actor gives up.
template <class Self>
void request_checkpoint(Self self, std::shared_ptr<const state::changes> changes, bool hold,
                        std::function<void()> then,
                        std::function<void(const base::error&)> failed = {}) {
  self->request(self->state.args.committer, caf::infinite,
                checkpoint_request{std::move(changes), true, hold})
      .then(
          [self, then](atom::done) {
            then();
            self->state.turns.ended();
          },
          [self, failed](const caf::error& e) {
            if (failed)
              failed(from_caf(e));
            give_up(self, from_caf(e));
          });
}

/// Answers once no checkpoint is under way; none is begun before the turns move on.
template <class Self>
caf::result<atom::done> stand_still(Self self) {
  auto promise = self->template make_response_promise<atom::done>();
  self->state.turns.stand_still([promise]() mutable { promise.deliver(atom::done::value); });
  return promise;
}

/// `fold_one` false: the fold has given up.
template <class Self, class FoldOne, class BeginTerm>
void fold_shown(Self self, FoldOne fold_one, BeginTerm begin_term) {
  auto& st = self->state;
  auto& shown = st.shown;
  while (!shown.runs.empty()) {
    auto& run = shown.runs.front();
    for (; shown.at < run.items.size(); ++shown.at) {
      auto& item = run.items[shown.at];
      const auto index = item.entry.index;
      if (st.suspects.must_ask(index)) {
        if (std::exchange(shown.asked, index) != index)
          self->send(st.args.replica, ask_skips{index, st.suspects.deadly(index)});
        return;
      }
      if (!fold_one(item))
        return;
    }
    self->send(st.args.replica, folded_so_far{run.bytes});
    shown.runs.pop_front();
    shown.at = 0;
  }
  if (const auto epoch = std::exchange(shown.term_waits, std::nullopt))
    begin_term(*epoch);
}

template <class Self>
void log_answered(Self self, const skips_found& s) {
  auto& st = self->state;
  for (const auto record : s.records)
    spdlog::error("partition {}: {} of entry {} ended the fold again and again: it is skipped",
                  st.args.partition.value,
                  record == base::whole_entry ? "all" : "record " + std::to_string(record),
                  s.entry.value);
  st.suspects.answered(s.entry, s.records);
  st.shown.asked.reset();
}

/// Those of the tokens that wait, taken out.
template <class Pending>
std::map<std::uint64_t, Pending> take_out(std::map<std::uint64_t, Pending>& appended,
                                          const std::vector<std::uint64_t>& tokens) {
  std::map<std::uint64_t, Pending> out;
  for (const auto token : tokens)
    if (auto p = appended.extract(token))
      out.insert(std::move(p));
  return out;
}

} // namespace vedette::actors
