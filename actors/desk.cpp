#include "actors/desk.hpp"

#include "actors/ask_fold.hpp"

#include <spdlog/spdlog.h>

namespace vedette::actors {

desk_actor::behavior_type desk(desk_actor::stateful_pointer<desk_state> self, desk_args args) {
  self->state.args = std::move(args);
  return {
      [self](const asked_from_afar& a) {
        auto& st = self->state;
        const auto r = decode_remote_request(a.bytes);
        if (!r) {
          // Whoever asked does not hear of it in a way it would understand, and gives up in time.
          if (++st.refused % 1000 == 1)
            spdlog::warn("a request of node {} was refused: {}", a.from.value,
                         base::to_string(r.err()));
          return;
        }
        const auto answer = [self, to = a.from, id = r->id, p = r->partition](reply what) {
          self->state.args.answer(to, {id, p, std::move(what)});
        };
        const auto at = st.folds.find(r->partition);
        if (at != st.folds.end() && at->second.detector)
          ask_fold(self, r->partition, at->second.detector, r->what, answer);
        else if (at != st.folds.end() && at->second.aggregator)
          ask_fold(self, r->partition, at->second.aggregator, r->what, answer);
        else
          answer(reply{no_copy(r->partition)});
      },
      [self](const fold_here& f) { self->state.folds[f.partition] = f; },
  };
}

} // namespace vedette::actors
