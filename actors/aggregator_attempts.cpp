#include "actors/aggregator_attempts.hpp"

#include "actors/aggregator_journal.hpp"
#include "actors/error.hpp"

#include <utility>

namespace vedette::actors {

namespace {

/// Asks the responder; an error comes as a report that it may work later.
template <class Then>
void order(aggregator_pointer self, action_order what, Then then) {
  const auto& args = self->state.args;
  what.until = args.now() + args.action_timeout;
  self->request(args.responder, args.action_timeout, std::move(what))
      .then(then, [then](const caf::error& e) {
        then(action_report{respond::attempt_result::try_again, base::to_string(from_caf(e))});
      });
}

/// The attempt is in the log before the call, with what was so before it; what came of it after.
void carry_out_one(aggregator_pointer self, action_order what, const action_report& look) {
  const respond::action_attempt begun{what.action.id, look.prior, self->state.args.now()};
  const auto tenant = what.tenant;
  journal(self, tenant, {begun},
          [self, what = std::move(what), look](const respond::outputs& said) mutable {
            auto& st = self->state;
            if (said.refused || !st.term)
              return; // it was frozen or has expired since its turn came
            const auto ended = [self, term = *st.term, tenant = what.tenant,
                                id = what.action.id](const action_report& r) {
              if (self->state.term == term)
                journal(self, tenant,
                        {respond::action_outcome{id, r.result, r.text, r.results,
                                                 self->state.args.now()}},
                        {});
            };
            if (look.result != respond::attempt_result::done)
              return ended(look);
            // As the log has it now, but for the number of attempts before this one.
            const auto* known = st.fold->find(what.tenant);
            if (const auto* now = known == nullptr ? nullptr : known->find_action(what.action.id)) {
              const auto before = what.action.attempts;
              what.action = *now;
              what.action.attempts = before;
            }
            what.looks_only = false;
            what.settings = st.fold->in_force()->tenant(what.tenant);
            order(self, std::move(what), ended);
          });
}

} // namespace

void attempt(aggregator_pointer self, const base::tenant_id& tenant, const respond::action& a) {
  auto& st = self->state;
  ++st.actions;
  action_order what{tenant, a, std::nullopt, true, st.fold->in_force()->tenant(tenant)};
  if (!a.reverts.empty()) {
    const auto* known = st.fold->find(tenant);
    const auto* taken_back = known == nullptr ? nullptr : known->find_action(a.reverts);
    if (taken_back == nullptr)
      return carry_out_one(
          self, std::move(what),
          {respond::attempt_result::failed, "the action that it takes back is not known any more"});
    what.reverted = *taken_back;
  }
  // Only what was seen before the first call was untouched, and a revert knows what was.
  if (a.plan.mode == respond::mode::dry_run || !a.prior.empty() || what.reverted)
    return carry_out_one(self, std::move(what), {respond::attempt_result::done, {}, a.prior});
  order(self, what, [self, what](const action_report& look) {
    if (self->state.term)
      carry_out_one(self, what, look);
  });
}

} // namespace vedette::actors
