// How many alerts there were, of what and where it goes: the counts of every tenant the caller
// sees, added up into one report. Asks `wave` tenants at a time; who has not answered when the time
// is over is named as unreachable, and the report is of the others.
#include "nodes/server/api/route_book.hpp"
#include "nodes/server/api/scope.hpp"
#include "nodes/server/api/trend_answers.hpp"
#include "respond/trends/trend_report.hpp"

#include <algorithm>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

constexpr std::size_t wave = 16;

/// One report on its way.
struct trend_call {
  context_ptr context;
  exchange_ptr x;
  std::vector<base::tenant_id> tenants;
  std::size_t next_tenant = 0;
  respond::trend_table table;
  base::duration deadline{};
  std::vector<std::string> unreachable;
};
using call_ptr = std::shared_ptr<trend_call>;

void finish(const call_ptr& p) {
  base::json_writer w;
  respond::describe(respond::report_of(p->table), p->unreachable, w);
  p->x->answer(std::string{w.text()});
}

std::optional<base::event_time> start_of(std::optional<base::day_number> day) {
  return day ? std::optional{base::event_time{std::chrono::days{*day}}} : std::nullopt;
}

void next_wave(caf::event_based_actor* self, const call_ptr& p) {
  const auto left = p->deadline - p->context->node.clock->monotonic();
  if (p->next_tenant >= p->tenants.size() || left <= base::duration::zero()) {
    for (; p->next_tenant < p->tenants.size(); ++p->next_tenant)
      p->unreachable.push_back(p->tenants[p->next_tenant].value);
    finish(p);
    return;
  }
  const auto first = p->next_tenant;
  const auto count = std::min(wave, p->tenants.size() - first);
  p->next_tenant += count;
  auto all = gathering::of(count, [self, p, first](gathering::all& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const auto& name = p->tenants[first + i].value;
      if (!answers[i].ok() || !add_counts(p->table, name, answers[i].json))
        p->unreachable.push_back(name);
    }
    next_wave(self, p);
  });
  for (std::size_t i = 0; i < count; ++i) {
    actors::tenant_query q;
    q.tenant = p->tenants[first + i];
    q.what = actors::tenant_query::about::trends;
    q.alerts.since = start_of(p->table.asked().since);
    q.alerts.until = start_of(p->table.asked().until);
    const auto& home = p->context->node.aggregator_of(q.tenant);
    ask(self, home, left, all->slot(i), std::move(q));
  }
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
  const auto p = std::make_shared<trend_call>(trend_call{c,
                                                         x,
                                                         std::move(*tenants),
                                                         0,
                                                         respond::trend_table{std::move(*question)},
                                                         c->node.clock->monotonic() + patience,
                                                         {}});
  c->node.run([p](caf::event_based_actor* self) { next_wave(self, p); });
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
