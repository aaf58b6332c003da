#include "respond/recording_executor.hpp"

namespace vedette::respond {

std::string would_call(const std::vector<vendor_call>& calls) {
  if (calls.empty())
    return "would call nothing";
  std::string out = "would call ";
  for (std::size_t i = 0; i < calls.size(); ++i)
    out += (i == 0 ? "" : ", ") + calls[i].api;
  return out;
}

base::result<prior_values> recording_executor::read(const action&, const execution_context&) {
  return prior_values{};
}

step_answer recording_executor::execute(const action& a, const prior_values&,
                                        const execution_context& c) {
  return note(a, false, a.plan.calls, c);
}

verdict recording_executor::verify(const action&, const execution_context&) {
  return verdict::unknown;
}

step_answer recording_executor::revert(const action& a, const prior_values&,
                                       const execution_context& c) {
  return note(a, true, a.plan.inverse, c);
}

step_answer recording_executor::note(const action& a, bool reverted,
                                     const std::vector<vendor_call>& calls,
                                     const execution_context& c) {
  if (c.forbidden && !only_speaks(a.plan.kind) && c.forbidden(a.plan.target))
    return {attempt_result::failed, "break-glass: " + a.plan.target + " is never touched"};
  records_.push_back({a.id, reverted, calls});
  while (records_.size() > capacity_)
    records_.pop_front();
  return {attempt_result::done, "dry run: " + would_call(calls)};
}

} // namespace vedette::respond
