// Alerts, incidents and actions: lists, single ones, and what operators decide about them.
#include "nodes/server/api/listing.hpp"
#include "nodes/server/api/route_book.hpp"

#include <algorithm>

namespace vedette::server {

namespace {

using about = actors::tenant_query::about;
using context_ptr = std::shared_ptr<api_context>;

const std::vector<std::pair<std::string, std::string>> page_parameters{
    {"tenant", "only this tenant"},
    {"limit", "at most so many, 1..1000; 100 unless given"},
    {"cursor", "`next` of the page before"}};

std::vector<std::pair<std::string, std::string>>
with_page(std::vector<std::pair<std::string, std::string>> more) {
  more.insert(more.end(), page_parameters.begin(), page_parameters.end());
  return more;
}

/// Refuses and says false when the query names something else.
bool query_is(const exchange_ptr& x, std::initializer_list<std::string_view> known) {
  auto ok = check_query(x->request, known);
  if (!ok)
    x->refuse(ok.err());
  return static_cast<bool>(ok);
}

void show_one(const context_ptr& c, const exchange_ptr& x, about what) {
  if (!query_is(x, {"tenant"}))
    return;
  find_one(c, x, what, x->parameter("id"), patience,
           [x](caf::event_based_actor*, const base::tenant_id&, std::string json) {
             x->answer(std::move(json));
           });
}

/// What a body may say about a decision.
struct decision {
  std::string reason, plan_hash;
};

std::optional<decision> decision_of(const exchange_ptr& x) {
  decision out;
  if (x->request.body.find_first_not_of(" \t\r\n") == std::string::npos)
    return out;
  auto doc = json_document::parse(x->request.body, "the body");
  if (!doc) {
    x->refuse(doc.err());
    return std::nullopt;
  }
  out.reason = text_at(doc->root(), "reason");
  out.plan_hash = text_at(doc->root(), "plan_hash");
  constexpr std::size_t reason_max = 1024;
  if (out.reason.size() > reason_max) {
    x->refuse({base::ec::too_large, "reading the body: a reason is at most 1024 bytes"});
    return std::nullopt;
  }
  return out;
}

api_handler decide(respond::verb what, about on) {
  return [what, on](const context_ptr& c, const exchange_ptr& x) {
    if (!query_is(x, {"tenant"}))
      return;
    auto said = decision_of(x);
    if (!said)
      return;
    if (what == respond::verb::approve && said->plan_hash.empty()) {
      x->refuse({base::ec::invalid_argument,
                 "approving an action: the body must hold plan_hash, the plan that was looked at"});
      return;
    }
    respond::operator_command command;
    command.what = what;
    command.id = x->parameter("id");
    command.who = x->who.name;
    command.reason = std::move(said->reason);
    command.plan_hash = std::move(said->plan_hash);
    command_one(c, x, on, std::move(command));
  };
}

/// Freezing is for emergencies: every tenant the caller means, in one call.
api_handler freeze_or_not(respond::verb what) {
  return [what](const context_ptr& c, const exchange_ptr& x) {
    if (!query_is(x, {"tenant"}))
      return;
    auto said = decision_of(x);
    if (!said)
      return;
    auto tenants = tenants_of(x->who, x->request, c->tenants.all());
    if (!tenants) {
      x->refuse(tenants.err());
      return;
    }
    c->node.run(
        [c, x, what, reason = said->reason, tenants = *tenants](caf::event_based_actor* self) {
          auto all = gathering::of(tenants.size(), [x, tenants](gathering::all& answers) {
            base::json_writer w;
            w.begin_object().key("items").begin_array();
            bool failed = false;
            for (std::size_t i = 0; i < answers.size(); ++i) {
              w.begin_object().member("tenant", tenants[i].value);
              if (answers[i].ok())
                w.key("answer").raw(answers[i].json);
              else
                w.member("problem", answers[i].problem.context);
              failed = failed || !answers[i].ok();
              w.end_object();
            }
            w.end_array().end_object();
            x->answer(std::string{w.text()}, failed ? 503 : 200);
          });
          for (std::size_t i = 0; i < tenants.size(); ++i) {
            actors::tenant_command order;
            order.tenant = tenants[i];
            order.command.what = what;
            order.command.who = x->who.name;
            order.command.reason = reason;
            order.command.at = c->node.clock->now();
            ask(self, c->node.aggregator_of(tenants[i]), patience, all->slot(i), std::move(order));
          }
        });
  };
}

void list_alerts(const context_ptr& c, const exchange_ptr& x) {
  if (!query_is(x, {"tenant", "limit", "cursor", "after", "severity", "rule", "identity", "since",
                    "until", "status"}))
    return;
  auto filter = alert_filter_of(x->request);
  if (filter && filter->after > 0)
    if (auto one = one_tenant_of(x->who, x->request, c->tenants.all()); !one)
      filter =
          base::error{one.err().code, "?after= counts within one tenant: " + one.err().context};
  if (!filter) {
    x->refuse(filter.err());
    return;
  }
  listing what;
  what.aim = [filter = *filter](actors::tenant_query& q, std::uint64_t position,
                                std::size_t limit) {
    q.what = about::alerts;
    q.alerts = filter;
    q.alerts.after = std::max(filter.after, position);
    q.alerts.limit = limit;
  };
  answer_list(c, x, std::move(what));
}

bool matches(const incident_question& q, json_value v) {
  const auto last = base::parse_rfc3339(text_at(v, "last_event")).value_or(base::event_time{});
  if ((q.since && last < *q.since) || (q.until && last >= *q.until))
    return false;
  if (q.rule.empty())
    return true;
  const auto alerts = list_at(v, "alerts");
  return std::any_of(alerts.begin(), alerts.end(),
                     [&](json_value a) { return text_at(a, "rule") == q.rule; });
}

void list_incidents(const context_ptr& c, const exchange_ptr& x) {
  if (!query_is(x, {"tenant", "limit", "cursor", "severity", "rule", "identity", "since", "until",
                    "status"}))
    return;
  auto question = incident_question_of(x->request);
  if (!question) {
    x->refuse(question.err());
    return;
  }
  listing what;
  what.aim = [f = question->filter](actors::tenant_query& q, std::uint64_t position,
                                    std::size_t limit) {
    q.what = about::incidents;
    q.incidents = f;
    q.incidents.before = position;
    q.incidents.limit = limit;
  };
  what.show = [question = *question](json_value v) {
    return matches(question, v) ? to_text(v) : std::string{};
  };
  answer_list(c, x, std::move(what));
}

void list_actions(const context_ptr& c, const exchange_ptr& x) {
  if (!query_is(x, {"tenant", "limit", "cursor", "status", "incident", "playbook"}))
    return;
  auto filter = action_filter_of(x->request);
  if (!filter) {
    x->refuse(filter.err());
    return;
  }
  listing what;
  what.aim = [f = *filter](actors::tenant_query& q, std::uint64_t position, std::size_t limit) {
    q.what = about::actions;
    q.actions = f;
    q.actions.before = position;
    q.actions.limit = limit;
  };
  answer_list(c, x, std::move(what));
}

} // namespace

void add_alert_routes(route_book& book) {
  using io::http_method;
  book.add(http_method::get, "/v1/alerts", {io::role::viewer},
           {"Alerts, by tenant and then by number; each element is {number, alert}",
            with_page({{"after", "numbers above this one, of one tenant"},
                       {"severity", "this or worse"},
                       {"rule", "of this rule"},
                       {"identity", "of this identity"},
                       {"since", "not before this time"},
                       {"until", "before this time"},
                       {"status", "provisional, final or withdrawn"}}),
            {}},
           list_alerts);
  book.add(http_method::get, "/v1/alerts/{id}", {io::role::viewer},
           {"One alert", {page_parameters[0]}, {}},
           [](const auto& c, const auto& x) { show_one(c, x, about::alert); });
}

void add_incident_routes(route_book& book) {
  using io::http_method;
  const std::vector<io::role> deciders{io::role::analyst, io::role::responder, io::role::approver};
  book.add(
      http_method::get, "/v1/incidents", {io::role::viewer},
      {"Incidents, by tenant, newest first; a page filtered by rule, since or until may be short, "
       "so go on "
       "while there is `next`",
       with_page({{"severity", "this or worse"},
                  {"rule", "with an alert of this rule"},
                  {"identity", "with an alert of this identity"},
                  {"since", "last event not before this time"},
                  {"until", "last event before this time"},
                  {"status", "open, acknowledged, closed or merged; all but merged unless given"}}),
       {}},
      list_incidents);
  book.add(http_method::get, "/v1/incidents/{id}", {io::role::viewer},
           {"One incident with its alerts, actions and story", {page_parameters[0]}, {}},
           [](const auto& c, const auto& x) { show_one(c, x, about::incident); });
  book.add(http_method::post, "/v1/incidents/{id}/ack", deciders,
           {"Somebody looks at it", {page_parameters[0]}, "optional: {reason}"},
           decide(respond::verb::acknowledge, about::incident));
  book.add(http_method::post, "/v1/incidents/{id}/close", deciders,
           {"It is dealt with", {page_parameters[0]}, "optional: {reason}"},
           decide(respond::verb::close, about::incident));
}

void add_action_routes(route_book& book) {
  using io::http_method;
  book.add(http_method::get, "/v1/actions", {io::role::viewer},
           {"Planned and done actions, by tenant, newest first",
            with_page({{"status", "state of the action"},
                       {"incident", "of this incident"},
                       {"playbook", "of this playbook"}}),
            {}},
           list_actions);
  book.add(http_method::get, "/v1/actions/{id}", {io::role::viewer},
           {"One action with its calls and their inverse", {page_parameters[0]}, {}},
           [](const auto& c, const auto& x) { show_one(c, x, about::action); });
  book.add(http_method::post, "/v1/actions/{id}/approve", {io::role::approver},
           {"Agrees to exactly the plan that was looked at",
            {page_parameters[0]},
            "{plan_hash, reason}"},
           decide(respond::verb::approve, about::action));
  book.add(http_method::post, "/v1/actions/{id}/reject", {io::role::approver, io::role::responder},
           {"It shall not run", {page_parameters[0]}, "optional: {reason}"},
           decide(respond::verb::reject, about::action));
  book.add(
      http_method::post, "/v1/actions/{id}/revert", {io::role::approver, io::role::responder},
      {"Plans the inverse of an action that is done", {page_parameters[0]}, "optional: {reason}"},
      decide(respond::verb::revert, about::action));
  book.add(http_method::post, "/v1/freeze", {io::role::responder, io::role::approver},
           {"Nothing becomes runnable until it is lifted, for every tenant the token sees or the "
            "one named",
            {page_parameters[0]},
            "optional: {reason}"},
           freeze_or_not(respond::verb::freeze));
  book.add(http_method::del, "/v1/freeze", {io::role::approver},
           {"Lifts the freeze", {page_parameters[0]}, "optional: {reason}"},
           freeze_or_not(respond::verb::unfreeze));
}

} // namespace vedette::server
