#include "actors/detectors.hpp"

#include "actors/awaited_shares.hpp"
#include "actors/detector_answers.hpp"
#include "actors/detector_parking.hpp"
#include "actors/fold_steps.hpp"
#include "base/assert.hpp"

#include <utility>

namespace vedette::actors {

namespace {

detector* find(detectors_pointer self, base::partition_id p) {
  const auto at = self->state.here.find(p);
  return at == self->state.here.end() ? nullptr : at->second.get();
}

/// A question to one partition, which may not be here.
template <class Ask>
auto ask_one(detectors_pointer self, base::partition_id p, Ask ask)
    -> decltype(ask(std::declval<detector*>())) {
  const auto together = self->state.seat->burst();
  if (auto* one = find(self, p))
    return ask(one);
  return to_caf(no_copy(p));
}

void open_copy_of(detectors_pointer self, const new_detector& n) {
  auto& st = self->state;
  const auto p = n.args->log.partition;
  const auto failed = n.args->log.failed;
  auto one = std::make_unique<detector>(self, *st.seat, st.seat->beat(), std::move(*n.args));
  if (auto ok = one->open(); !ok) {
    if (failed)
      failed(p, ok.err(), false);
    return;
  }
  VEDETTE_ASSERT(!st.here.contains(p)); // what is under way names the one before
  st.here[p] = std::move(one);
  st.seat->beat_soon();
}

share_result share_result_of(const base::result<partition_batch_result>& r) {
  return r ? share_result{*r, {}} : share_result{{}, r.err()};
}

void send_answers(detectors_pointer self) {
  for (auto& [to, answers] : std::exchange(self->state.answers, {}))
    self->send(to, batch_answers{std::move(answers)});
}

/// For a gate: each as soon as it can be, those of one moment together.
void take_asks(detectors_pointer self, batch_asks& asked) {
  const auto together = self->state.seat->burst();
  for (auto& a : asked.asks) {
    const auto then = [self, to = asked.from, id = a.id,
                       p = a.partition](const base::result<partition_batch_result>& r) {
      auto& st = self->state;
      st.answers[to].push_back({id, p, share_result_of(r)});
      if (!st.seat->in_burst())
        send_answers(self);
    };
    if (auto* one = find(self, a.partition))
      take_share(one, a.batch, then);
    else
      then(no_copy(a.partition));
  }
}

caf::result<batch_results> take_shares(detectors_pointer self, batch_shares& all) {
  const auto together = self->state.seat->burst();
  const auto promise = self->make_response_promise<batch_results>();
  const auto results = std::make_shared<awaited_shares>(all.shares.size(), promise);
  for (std::size_t i = 0; i < all.shares.size(); ++i) {
    auto& [p, batch] = all.shares[i];
    const auto then = [results, i](const base::result<partition_batch_result>& r) {
      results->put(i, share_result_of(r));
    };
    if (auto* one = find(self, p))
      take_share(one, batch, then);
    else
      then(no_copy(p));
  }
  return promise;
}

/// Answers when all partitions have done it, or one has failed.
template <class Do>
caf::result<atom::done> all_do(detectors_pointer self, Do what) {
  auto& here = self->state.here;
  const auto together = self->state.seat->burst();
  auto promise = self->make_response_promise<atom::done>();
  const auto done = for_all(here.size(), answer_to(promise));
  for (auto& [p, one] : here)
    what(one.get(), done);
  return promise;
}

} // namespace

folding_detector::behavior_type detectors(detectors_pointer self, seat_args args) {
  auto& st = self->state;
  st.seat = std::make_unique<actor_seat<detectors_pointer>>(self, std::move(args));
  st.seat->at_end_of_burst([self] { send_answers(self); });
  using base::partition_id;
  return copy_behavior(
      self,
      [self](partition_id p) {
        auto* one = find(self, p);
        return one == nullptr ? nullptr : one->state.copy.get();
      },
      [self](auto what) {
        const auto together = self->state.seat->burst();
        for (auto& [p, one] : self->state.here)
          what(*one->state.copy);
      },
      [self](batch_shares& s) { return take_shares(self, s); },
      [self](partition_id p, park_request& r) {
        return ask_one(self, p, [&](detector* one) { return park(one, r); });
      },
      [self](partition_id p, drain_request& d) {
        return ask_one(self, p, [&](detector* one) { return take_back(one, d); });
      },
      [self](partition_id p, const parked_question& q) {
        return ask_one(self, p, [&](detector* one) { return count_parked(one, q); });
      },
      [self](partition_id p, const pressure_question& q) {
        return ask_one(self, p, [&](detector* one) -> caf::result<alert_pressure> {
          if (const auto why = closed(one->state))
            return to_caf(*why);
          return alert_pressure{one->state.waiting(q.tenant)};
        });
      },
      [](partition_id, atom::parked) { return atom::done::value; }, // gates park
      [self](const tick& t) {
        const auto together = self->state.seat->burst();
        for (auto& [p, one] : self->state.here)
          take_tick(one.get(), t);
      },
      [self](const content_change& c) {
        return all_do(self,
                      [&](detector* one, const outcome_to& done) { take_content(one, c, done); });
      },
      [self](partition_id p, atom::identity, const std::string& tenant, const std::string& key) {
        return ask_one(self, p, [&](detector* one) -> caf::result<answer> {
          return show_identity(one, tenant, key);
        });
      },
      [self](partition_id p, atom::quarantine, const std::string& tenant, std::uint64_t limit) {
        return ask_one(self, p, [&](detector* one) -> caf::result<answer> {
          return show_quarantine(one, tenant, limit);
        });
      },
      [self](atom::drain) {
        return all_do(self, [](detector* one, const outcome_to& done) { drain(one, done); });
      },
      [self](partition_id p, atom::status) {
        return ask_one(self, p,
                       [&](detector* one) -> caf::result<std::string> { return describe(one); });
      },
      [self](batch_asks& a) { take_asks(self, a); },
      [self](const new_detector& n) { open_copy_of(self, n); },
      [self](partition_id p, atom::again) {
        if (auto* one = find(self, p)) {
          one->state.home.beating = false;
          go_on_asking(one);
        }
      });
}

} // namespace vedette::actors
