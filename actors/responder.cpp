#include "actors/responder.hpp"

#include "base/json_writer.hpp"

namespace vedette::actors {

responder_actor::behavior_type responder(responder_actor::stateful_pointer<responder_state> self,
                                         responder_args args) {
  self->state.args = std::move(args);
  return {
      [self](const action_order& order) {
        auto& st = self->state;
        if (order.action.plan.mode == respond::mode::dry_run) {
          ++st.dry_runs;
          return action_report{respond::attempt_result::done,
                               "dry run: recorded, nothing was called"};
        }
        if (order.looks_only)
          return st.args.execute(order);
        if (const auto may = st.args.may_begin ? st.args.may_begin() : base::status{}; !may) {
          ++st.held_back;
          return action_report{respond::attempt_result::try_again, base::to_string(may.err())};
        }
        auto report = st.args.execute(order);
        if (report.result == respond::attempt_result::done)
          ++st.carried_out;
        else
          ++st.failed;
        return report;
      },
      [self](atom::status) {
        const auto& st = self->state;
        base::json_writer w;
        w.begin_object();
        w.member("carried_out", st.carried_out)
            .member("dry_runs", st.dry_runs)
            .member("failed", st.failed)
            .member("held_back", st.held_back);
        w.end_object();
        return std::string{w.text()};
      },
  };
}

} // namespace vedette::actors
