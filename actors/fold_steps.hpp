// What a detector and an aggregator do alike as folds over a replica's log: take no more, give up,
// write checkpoints, stand still, and pass over what no fold survives.
//
// `Self` points to what has the state: a tenants' actor, or one partition of a group's. The state
// has copy, turns, term, draining, gave_up, shown and suspects. Internal to the detectors' and the
// aggregator's files.
#pragma once

#include "actors/checkpoint_stream.hpp"
#include "actors/checkpoint_turns.hpp"
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
  if (!st.term || st.gave_up)
    return base::error{base::ec::unavailable, "partition " +
                                                  std::to_string(st.copy->partition().value) +
                                                  " is not served here now; ask again in a moment"};
  return std::nullopt;
}

/// A fold that cannot go on must not say anything more; the replica hands the partition over.
template <class Self>
void give_up(Self self, const base::error& why) {
  auto& st = self->state;
  if (st.draining || st.gave_up)
    return;
  st.gave_up = why;
  spdlog::error("partition {}: {}", st.copy->partition().value, base::to_string(why));
  st.copy->replica().fold_failed(why);
}

/// In a turn that has begun. `hold`: the log behind it stays, others are seeded from it. `failed`
/// before the actor gives up.
template <class Self>
void request_checkpoint(Self self, std::shared_ptr<const state::changes> changes, bool hold,
                        std::function<void()> then,
                        std::function<void(const base::error&)> failed = {}) {
  self->state.copy->seat().commit(checkpoint_request{std::move(changes), true, hold},
                                  [self, then, failed](const base::status& how) {
                                    if (how) {
                                      then();
                                    } else {
                                      if (failed)
                                        failed(how.err());
                                      give_up(self, how.err());
                                    }
                                    self->state.turns.ended(how);
                                  });
}

/// What a fold was asked to do is done, or failed.
using outcome_to = std::function<void(const base::status&)>;

/// For who waits for the checkpoint under way instead of writing one.
inline checkpoint_turns::outcome when_ended(std::function<void()> then,
                                            std::function<void(const base::error&)> failed) {
  return [then = std::move(then), failed = std::move(failed)](const base::status& how) {
    if (how)
      then();
    else if (failed)
      failed(how.err());
  };
}

/// A checkpoint that others are seeded from: the log behind it stays. Only this fold's checkpoints
/// change its entities, so what is there is as of the entry it was taken at. `stored` before they
/// hear of it.
template <class Self>
void take_held_checkpoint(Self self, const take_checkpoint& order, std::string meta_name,
                          std::function<void(base::entry_index)> stored) {
  auto& st = self->state;
  if (st.gave_up)
    return order.then(*st.gave_up);
  if (!st.turns.begin([self, order, meta_name, stored](const base::status& how) {
        if (how)
          take_held_checkpoint(self, order, meta_name, stored);
        else if (self->state.gave_up) // else nobody is seeded from a state that is gone
          order.then(how.err());
      }))
    return;
  request_checkpoint(
      self, st.fold->checkpoint(), true,
      [self, at = st.fold->applied(), then = order.then, meta_name, stored] {
        stored(at);
        const auto& copy = *self->state.copy;
        then(view_of(copy.store()->entities(), copy.partition(), at, meta_name));
      },
      [then = order.then](const base::error& e) { then(e); });
}

/// Another generation is in force: `then` once the log says so. `announce` gets the content and
/// what to do once it does, or cannot.
template <class Self, class Announce>
void take_content(Self self, const content_change& c, const outcome_to& then, Announce announce) {
  auto& st = self->state;
  if (st.draining)
    return then(base::error{base::ec::shutting_down, "this node is draining"});
  if (c.content->number > st.args.content->number)
    st.args.content = c.content;
  if (!st.term || st.gave_up)
    return then({}); // whoever serves announces it
  announce(
      c.content, [then] { then({}); }, [then](const base::error& e) { then(e); });
}

/// `then` with the last checkpoint; nothing is taken any more.
template <class Self, class WriteCheckpoint>
void drain(Self self, const outcome_to& then, WriteCheckpoint write_checkpoint) {
  auto& st = self->state;
  if (st.gave_up)
    return then({});
  write_checkpoint([then] { then({}); }, [then](const base::error& e) { then(e); });
  st.draining = true;
}

/// Answers a request with an outcome.
inline outcome_to answer_to(caf::typed_response_promise<atom::done> promise) {
  return [promise](const base::status& how) mutable {
    if (how)
      promise.deliver(atom::done::value);
    else
      promise.deliver(to_caf(how.err()));
  };
}

/// Calls `then` when it was called so often, or at the first error; at once when it is to be called
/// never.
inline outcome_to for_all(std::size_t left, outcome_to then) {
  if (left == 0)
    then({});
  return [left = std::make_shared<std::size_t>(left),
          then = std::move(then)](const base::status& how) {
    if (*left == 0)
      return;
    *left = how ? *left - 1 : 0;
    if (*left == 0)
      then(how);
  };
}

/// The store's log and the fold's own state, before anything else. Errors: there is no log to fold;
/// a state that cannot be loaded is the replica's to hand over.
template <class Self, class Load>
base::status open_copy(Self self, Load load) {
  auto& copy = *self->state.copy;
  if (auto ok = copy.open(); !ok) {
    spdlog::error("opening partition {}: {}", copy.partition().value, base::to_string(ok.err()));
    return ok;
  }
  if (auto ok = load(self); ok)
    copy.replica().fold_there();
  else
    give_up(self, ok.err());
  return {};
}

template <class Self, class Load>
void load_anew(Self self, Load load) {
  auto& st = self->state;
  st.turns.move_on();
  if (auto ok = load(self); !ok)
    give_up(self, ok.err());
  else if (st.gave_up) // before the replica began again, which has forgotten it
    st.copy->replica().fold_failed(*st.gave_up);
}

/// `fold_one` false: the fold has given up.
template <class Self, class FoldOne, class BeginTerm>
void fold_shown(Self self, FoldOne fold_one, BeginTerm begin_term) {
  auto& st = self->state;
  auto& shown = st.shown;
  if (st.gave_up)
    return;
  while (!shown.runs.empty()) {
    auto& run = shown.runs.front();
    for (; shown.at < run.items.size(); ++shown.at) {
      auto& item = run.items[shown.at];
      const auto index = item.entry.index;
      if (st.suspects.must_ask(index)) {
        if (std::exchange(shown.asked, index) != index)
          st.copy->replica().find_skips({index, st.suspects.deadly(index)});
        return;
      }
      if (!fold_one(item))
        return;
    }
    const auto bytes = run.bytes;
    shown.runs.pop_front();
    shown.at = 0;
    st.copy->replica().folded(bytes);
  }
  if (const auto epoch = std::exchange(shown.term_waits, std::nullopt))
    begin_term(*epoch);
}

template <class Self>
void log_answered(Self self, const skips_found& s) {
  auto& st = self->state;
  for (const auto record : s.records)
    spdlog::error("partition {}: {} of entry {} ended the fold again and again: it is skipped",
                  st.copy->partition().value,
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
