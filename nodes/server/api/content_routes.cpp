// The content in force: rules and playbooks.
#include "nodes/server/api/route_book.hpp"

#include <algorithm>

namespace vedette::server {

namespace {

using context_ptr = std::shared_ptr<api_context>;

std::string_view operator_of(const detect::rule& r) {
  constexpr std::string_view names[] = {"single", "window", "sequence", "travel"};
  return names[r.op.index()];
}

std::string_view grouped_by(detect::group_by g) {
  constexpr std::string_view names[] = {"identity", "session", "address", "resource",
                                        "account",  "tenant",  "field"};
  return names[static_cast<int>(g)];
}

void write_head(base::json_writer& w, const detect::rule& r) {
  w.member("id", r.id.value).member("title", r.title).member("severity", to_string(r.severity));
  w.member("control", to_string(r.control))
      .member("operator", operator_of(r))
      .member("by", grouped_by(r.by));
}

void write_levels(base::json_writer& w, const std::vector<detect::level>& levels) {
  w.key("levels").begin_array();
  for (const auto& l : levels)
    w.begin_object().member("severity", to_string(l.severity)).member("why", l.why).end_object();
  w.end_array();
}

void write_operator(base::json_writer& w, const detect::rule& r) {
  if (const auto* single = std::get_if<detect::single_operator>(&r.op))
    write_levels(w, single->levels);
  if (const auto* window = std::get_if<detect::window_operator>(&r.op)) {
    w.member("window", base::format_duration(window->window));
    write_levels(w, window->levels);
  }
  if (const auto* sequence = std::get_if<detect::sequence_operator>(&r.op))
    w.member("within", base::format_duration(sequence->within))
        .member("ordered", sequence->ordered);
  if (const auto* travel = std::get_if<detect::travel_operator>(&r.op)) {
    w.member("within", base::format_duration(travel->within));
    w.member("km_min", travel->km_min).member("kmh_max", travel->kmh_max);
  }
}

void write_rule(base::json_writer& w, const detect::rule& r) {
  w.begin_object();
  write_head(w, r);
  w.member("sigma_id", r.sigma_id).member("description", r.description).member("origin", r.origin);
  w.member("quiet", base::format_duration(r.quiet)).array("marks", r.marks);
  write_operator(w, r);
  w.key("attack").begin_array();
  for (const auto& a : r.attack)
    w.begin_object().member("tactic", a.tactic).member("technique", a.technique).end_object();
  w.end_array().array("false_positives", r.false_positives).end_object();
}

void write_calls(base::json_writer& w, std::string_view name,
                 const std::vector<respond::call_template>& calls) {
  w.key(name).begin_array();
  for (const auto& c : calls)
    w.value(c.api);
  w.end_array();
}

void write_playbook(base::json_writer& w, const respond::playbook& p, bool whole) {
  w.begin_object();
  w.member("name", p.name).member("title", p.title).member("mode", to_string(p.mode));
  w.member("steps", std::uint64_t{p.steps.size()});
  w.array("rules", p.trigger.rules).array("incident_rules", p.trigger.incident_rules);
  w.member("min_severity", to_string(p.trigger.min_severity));
  if (whole) {
    w.member("id", p.id).member("description", p.description).member("origin", p.origin);
    w.member("targets_max", p.targets_max).member("actions_per_hour", p.actions_per_hour);
    w.key("plan").begin_array();
    for (const auto& s : p.steps) {
      w.begin_object().member("step", s.name).member("description", s.description);
      w.member("kind", to_string(s.kind)).member("class", to_string(s.repeats));
      w.member("approval", to_string(s.approval))
          .member("time_to_live", base::format_duration(s.time_to_live));
      write_calls(w, "calls", s.calls);
      write_calls(w, "inverse", s.inverse);
      w.end_object();
    }
    w.end_array();
  }
  w.end_object();
}

void list_rules(const context_ptr& c, const exchange_ptr& x) {
  const auto content = c->node.content();
  std::vector<const detect::rule*> rules;
  for (const auto& r : content->rules->rules())
    rules.push_back(&r);
  std::sort(rules.begin(), rules.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  base::json_writer w;
  w.begin_object().key("items").begin_array();
  for (const auto* r : rules) {
    w.begin_object();
    write_head(w, *r);
    w.end_object();
  }
  w.end_array().member("generation", content->number.value);
  w.member("content_hash", content->hash).end_object();
  x->answer(std::string{w.text()});
}

void show_rule(const context_ptr& c, const exchange_ptr& x) {
  const auto id = x->parameter("id");
  const auto content = c->node.content();
  const auto* r = content->rules->find(id);
  if (r == nullptr) {
    x->refuse({base::ec::not_found, "looking up rule " + id + ": there is none of that id"});
    return;
  }
  base::json_writer w;
  write_rule(w, *r);
  x->answer(std::string{w.text()});
}

void list_playbooks(const context_ptr& c, const exchange_ptr& x) {
  const auto content = c->node.content();
  base::json_writer w;
  w.begin_object().key("items").begin_array();
  for (const auto& p : content->playbooks->playbooks)
    write_playbook(w, p, false);
  w.end_array().end_object();
  x->answer(std::string{w.text()});
}

void show_playbook(const context_ptr& c, const exchange_ptr& x) {
  const auto id = x->parameter("id");
  const auto content = c->node.content();
  const auto* p = content->playbooks->find(id);
  if (p == nullptr) {
    x->refuse({base::ec::not_found, "looking up playbook " + id + ": there is none of that name"});
    return;
  }
  base::json_writer w;
  write_playbook(w, *p, true);
  x->answer(std::string{w.text()});
}

} // namespace

void add_content_routes(route_book& book) {
  using io::http_method;
  book.add(http_method::get, "/v1/rules", {io::role::viewer}, {"Detections in force", {}, {}},
           list_rules);
  book.add(http_method::get, "/v1/rules/{id}", {io::role::viewer}, {"One detection", {}, {}},
           show_rule);
  book.add(http_method::get, "/v1/playbooks", {io::role::viewer}, {"Playbooks in force", {}, {}},
           list_playbooks);
  book.add(http_method::get, "/v1/playbooks/{id}", {io::role::viewer},
           {"One playbook with its steps", {}, {}}, show_playbook);
}

} // namespace vedette::server
