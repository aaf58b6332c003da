#include "base/json_writer.hpp"
#include "nodes/client/render.hpp"
#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

namespace vedette::cli {

namespace {

using client::harmless;
using server::json_value;
using server::text_at;

struct incident_flags {
  remote_flags remote;
  std::string tenant, severity, rule, identity, since, until, status, id, reason;
  std::size_t limit = 500;
};

int list(const incident_flags& f) {
  return show_list(f.remote, {"/v1/incidents",
                              {{"tenant", f.tenant},
                               {"severity", f.severity},
                               {"rule", f.rule},
                               {"identity", f.identity},
                               {"since", f.since},
                               {"until", f.until},
                               {"status", f.status}},
                              f.limit,
                              {{"LAST EVENT", time("last_event")},
                               {"SEVERITY", member("severity")},
                               {"STATE", member("state")},
                               {"TENANT", member("tenant")},
                               {"INCIDENT", id("incident_id")},
                               {"ALERTS", length("alerts")},
                               {"ACTIONS", length("actions")},
                               {"TITLE", member("title")}},
                              "No incidents.",
                              "last_event",
                              true,
                              {}});
}

/// How many alerts and actions of one incident are fetched for its story.
constexpr std::size_t told_max = 40;

void tell_evidence(std::string& out, json_value a) {
  out += fmt::format("  {}  {:8}  {}\n", local_time_of(text_at(a, "time")), text_at(a, "severity"),
                     text_at(a, "rule"));
  out += fmt::format("      {}\n", harmless(text_at(a, "why")));
  for (const auto& [name, path] : {std::pair{"identity", "identity.id"},
                                   std::pair{"session", "session"}, std::pair{"events", "count"}})
    if (const auto text = text_at(a, path); !text.empty())
      out += fmt::format("      {}: {}\n", name, harmless(text));
  for (const auto& [name, path] :
       {std::pair{"from", "source.ips"}, std::pair{"countries", "source.countries"},
        std::pair{"regions", "regions"}, std::pair{"on", "resources"}}) {
    std::string all;
    for (const auto& text : server::texts_at(a, path))
      all += (all.empty() ? "" : ", ") + harmless(text);
    if (!all.empty())
      out += fmt::format("      {}: {}\n", name, all);
  }
}

void tell_action(std::string& out, json_value a) {
  out += fmt::format("  {:16}  {} on {}\n", text_at(a, "state"), text_at(a, "kind"),
                     harmless(text_at(a, "target")));
  out += fmt::format("      {} of playbook {}, mode {}\n", text_at(a, "step"),
                     text_at(a, "playbook"), text_at(a, "mode"));
  for (const auto& path : {"reason", "note"})
    if (const auto text = text_at(a, path); !text.empty())
      out += fmt::format("      {}\n", harmless(text));
  for (const auto call : server::list_at(a, "calls"))
    out += fmt::format("      would call {}\n", harmless(text_at(call, "api")));
}

/// Evidence, alerts, actions, outcome: asks the node for what the incident only names.
std::string story(client::node_client& node, json_value v) {
  const auto tenant = text_at(v, "tenant");
  std::string out =
      fmt::format("{}\nIncident {} of {}  {}  {}\n", harmless(text_at(v, "title")),
                  text_at(v, "number"), tenant, text_at(v, "severity"), text_at(v, "state"));
  out += fmt::format("  id {}\n  {} {}, from {} to {}\n", text_at(v, "incident_id"),
                     text_at(v, "cloud"), text_at(v, "account"),
                     local_time_of(text_at(v, "first_event")),
                     local_time_of(text_at(v, "last_event")));
  std::string tactics;
  for (const auto& t : server::texts_at(v, "tactics"))
    tactics += (tactics.empty() ? "" : ", ") + t;
  if (!tactics.empty())
    out += "  tactics: " + tactics + "\n";

  const auto alerts = server::list_at(v, "alerts");
  out += "\nEvidence\n";
  for (std::size_t i = 0; i < alerts.size() && i < told_max; ++i) {
    auto a = node.get(client::path_with(path_of("/v1/alerts", text_at(alerts[i], "alert_id")),
                                        {{"tenant", tenant}}));
    if (a)
      tell_evidence(out, a->root());
    else // forgotten meanwhile, or not reachable: what the incident itself kept
      out += fmt::format("  {}  {:8}  {}\n", local_time_of(text_at(alerts[i], "time")),
                         text_at(alerts[i], "severity"), text_at(alerts[i], "rule"));
  }
  if (alerts.size() > told_max)
    out += fmt::format("  and {} more alerts\n", alerts.size() - told_max);

  const auto actions = server::texts_at(v, "actions");
  out += actions.empty() ? "\nResponse\n  no playbook applies\n" : "\nResponse\n";
  for (std::size_t i = 0; i < actions.size() && i < told_max; ++i) {
    auto a = node.get(client::path_with(path_of("/v1/actions", actions[i]), {{"tenant", tenant}}));
    if (a)
      tell_action(out, a->root());
    else
      out += "  " + actions[i] + "\n";
  }
  if (actions.size() > told_max)
    out += fmt::format("  and {} more actions\n", actions.size() - told_max);

  out += "\nWhat happened\n";
  for (const auto e : server::list_at(v, "timeline"))
    out += fmt::format("  {}  {:8}  {}\n", local_time_of(text_at(e, "at")), text_at(e, "kind"),
                       harmless(text_at(e, "text")));
  return out;
}

int show(const incident_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto whole = whole_id(*node, f.id, "/v1/incidents", "incident_id");
  if (!whole)
    return complain(whole.err());
  auto found =
      node->get(client::path_with(path_of("/v1/incidents", *whole), {{"tenant", f.tenant}}));
  if (!found)
    return complain(found.err());
  return print_one(f.remote, found->root(), [&](json_value v) { return story(*node, v); });
}

int decide(const incident_flags& f, const char* verb) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto whole = whole_id(*node, f.id, "/v1/incidents", "incident_id");
  if (!whole)
    return complain(whole.err());
  base::json_writer w;
  w.begin_object().member("reason", f.reason).end_object();
  auto answer = node->post(
      client::path_with(path_of("/v1/incidents", *whole) + "/" + verb, {{"tenant", f.tenant}}),
      std::string{w.text()});
  if (!answer)
    return complain(answer.err());
  return print_one(f.remote, answer->root(), [](json_value v) {
    return fmt::format("incident {} is {}\n", text_at(v, "incident_id"), text_at(v, "state"));
  });
}

void add_filters(CLI::App& c, incident_flags& f) {
  c.add_option("--tenant", f.tenant, "Only this tenant");
  c.add_option("--severity", f.severity, "This or worse: info, low, medium, high, critical");
  c.add_option("--rule", f.rule, "With an alert of this rule");
  c.add_option("--identity", f.identity, "With an alert of this identity");
  c.add_option("--since", f.since, "Last event not before this time, RFC 3339");
  c.add_option("--until", f.until, "Last event before this time, RFC 3339");
  c.add_option("--status", f.status, "open, acknowledged, closed or merged");
  c.add_option("--limit", f.limit, "At most so many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
}

CLI::App* add_one(CLI::App& c, incident_flags& f, const char* name, const char* what) {
  auto* s = c.add_subcommand(name, what);
  s->footer(fmt::format("Example: vedette incidents {} 3fa94c1b20de", name));
  s->add_option("id", f.id, "Id, or the beginning of one")->required();
  s->add_option("--tenant", f.tenant, "The tenant it belongs to");
  add_remote_options(*s, f.remote);
  return s;
}

} // namespace

void add_incidents(CLI::App& app, action& chosen) {
  auto* c =
      app.add_subcommand("incidents", "Alerts that belong together, and what is done about them");
  auto f = std::make_shared<incident_flags>();
  c->require_subcommand(0, 1);
  c->footer("Example: vedette incidents list --status open");
  add_filters(*c, *f);
  add_remote_options(*c, f->remote);
  c->callback([f, &chosen] {
    if (!chosen)
      chosen = [f] { return list(*f); };
  });
  auto* l = c->add_subcommand("list", "Incidents, newest first");
  l->footer("Example: vedette incidents list --severity high -o yaml");
  add_filters(*l, *f);
  add_remote_options(*l, f->remote);
  l->callback([f, &chosen] { chosen = [f] { return list(*f); }; });

  auto* s = add_one(*c, *f, "show", "The story: evidence, alerts, actions, outcome");
  s->callback([f, &chosen] { chosen = [f] { return show(*f); }; });
  auto* a = add_one(*c, *f, "ack", "Say that somebody looks at it");
  a->add_option("--reason", f->reason, "Goes into the incident's story");
  a->callback([f, &chosen] { chosen = [f] { return decide(*f, "ack"); }; });
  auto* d = add_one(*c, *f, "close", "Say that it is dealt with");
  d->add_option("--reason", f->reason, "Goes into the incident's story");
  d->callback([f, &chosen] { chosen = [f] { return decide(*f, "close"); }; });
}

} // namespace vedette::cli
