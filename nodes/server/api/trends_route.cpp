// How many alerts there were, of what and where it goes: the counts of every tenant the caller
// sees, added up into one report. Who has not answered when the time is over is named as
// unreachable, and the report is of the others.
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"
#include "nodes/server/api/tenant_waves.hpp"
#include "nodes/server/api/trend_answers.hpp"
#include "respond/trends/trend_report.hpp"

#include <memory>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

std::optional<base::event_time> start_of(std::optional<base::day_number> day) {
  return day ? std::optional{base::event_time{std::chrono::days{*day}}} : std::nullopt;
}

void trends(const context_ptr& c, const exchange_ptr& x) {
  auto tenants = tenants_of(x->who, x->request, c->tenants.all());
  if (auto ok = check_query(x->request, {"tenant", "since", "until", "by", "severity", "rule"});
      !ok)
    tenants = ok.err();
  auto question = trend_question_of(x->request, base::day_of(c->node.clock->now()));
  if (!tenants || !question) {
    x->refuse(tenants ? question.err() : tenants.err());
    return;
  }
  const auto table = std::make_shared<respond::trend_table>(std::move(*question));
  tenant_waves w;
  w.context = c;
  w.tenants = std::move(*tenants);
  w.deadline = c->node.clock->monotonic() + patience;
  w.question = [table](const base::tenant_id& tenant) {
    actors::tenant_query q;
    q.tenant = tenant;
    q.what = actors::tenant_query::about::trends;
    q.alerts.since = start_of(table->asked().since);
    q.alerts.until = start_of(table->asked().until);
    return q;
  };
  w.take = [table](const base::tenant_id& tenant, const actors::answer& a) {
    return a.ok() && add_counts(*table, tenant.value, a.json);
  };
  w.done = [table, x](const std::vector<std::string>& unreachable) {
    base::json_writer out;
    respond::describe(respond::report_of(*table), unreachable, out);
    x->answer(std::string{out.text()});
  };
  c->node.run([w = std::move(w)](caf::event_based_actor* self) { ask_in_waves(self, w); });
}

} // namespace

void add_trends_route(route_book& book) {
  book.add(io::http_method::get, "/v1/trends", {io::role::viewer},
           {"How many alerts there were, by severity, rule and resource class, per day, week or "
            "month; what they grew by, and the largest rises from one month to the next",
            {{"tenant", "only this tenant"},
             {"since", "not before this day, UTC; a time counts as its day"},
             {"until", "before this day"},
             {"by", "day, week or month; month unless given"},
             {"severity", "this or worse"},
             {"rule", "of this rule"}},
            {}},
           trends);
}

} // namespace vedette::server
