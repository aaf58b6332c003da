// What both kinds of gates do alike. Internal to actors/gate_of_*.cpp.
#pragma once

#include "actors/error.hpp"
#include "actors/gate.hpp"

#include <type_traits>
#include <utility>

namespace vedette::actors {

template <class Self>
gate_core::time now_of_gate(Self* self) {
  return self->clock().now().time_since_epoch();
}

/// Beats come while something waits; a gate that is idle costs nothing, and one whose batches are
/// answered at once little.
template <class Self>
void wake_gate(Self* self, const gate_core& core, gate_core::time now) {
  /// Of a gate that waits for somebody who takes what it has, and of one that waits for answers.
  constexpr std::chrono::milliseconds soon{50}, later{500};
  if (core.waiting() == 0 && !core.parking())
    return;
  const auto at = now + (core.hurries() ? soon : later);
  auto& next = self->state.beats_at;
  if (next && *next <= at)
    return;
  next = at;
  self->delayed_send(self, core.hurries() ? soon : later, atom::beat::value);
}

template <class Self>
void gate_beat_came(Self* self, gate_core::time now) {
  auto& next = self->state.beats_at;
  if (next && *next <= now)
    next.reset(); // else it was overtaken by one that came sooner
}

/// Answers with what the reply says; an error of the fold is CAF's.
template <class Answer>
gate_core::answer_to deliver_reply(caf::typed_response_promise<Answer> promise) {
  return [promise](reply r) mutable {
    auto* e = std::get_if<base::error>(&r);
    if constexpr (std::is_same_v<Answer, answer>) {
      if (auto* text = std::get_if<std::string>(&r))
        promise.deliver(answer{std::move(*text), {}});
      else
        promise.deliver(answer{{}, e != nullptr ? std::move(*e) : not_what_was_asked()});
    } else if (e != nullptr) {
      promise.deliver(to_caf(*e));
    } else if constexpr (std::is_same_v<Answer, atom::done>) {
      promise.deliver(atom::done::value);
    } else if (auto* a = std::get_if<Answer>(&r)) {
      promise.deliver(std::move(*a));
    } else {
      promise.deliver(to_caf(not_what_was_asked()));
    }
  };
}

/// To the folds of this process, when there are any.
template <class Self, class Message>
caf::result<atom::done> pass_on(Self* self, const Message& m) {
  if (!self->state.local)
    return atom::done::value;
  auto promise = self->template make_response_promise<atom::done>();
  self->request(self->state.local, caf::infinite, m)
      .then([promise](atom::done) mutable { promise.deliver(atom::done::value); },
            [promise](const caf::error& e) mutable { promise.deliver(e); });
  return promise;
}

} // namespace vedette::actors
