#include "nodes/client/event_lines.hpp"
#include "nodes/client/render.hpp"
#include "nodes/vedette/output/format.hpp"
#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <thread>

namespace vedette::cli {

namespace {

using server::json_value;
using server::text_at;

struct alert_flags {
  remote_flags remote;
  std::string tenant, severity, rule, identity, since, until, status, after, id;
  std::size_t limit = 500;
};

client::query filters_of(const alert_flags& f) {
  return {{"tenant", f.tenant},     {"severity", f.severity}, {"rule", f.rule},
          {"identity", f.identity}, {"since", f.since},       {"until", f.until},
          {"status", f.status},     {"after", f.after}};
}

std::string who(json_value v) {
  auto name = text_at(v, "identity.name");
  if (name.empty())
    name = text_at(v, "identity.id");
  return name.empty() ? text_at(v, "entity.key") : name;
}

int list(const alert_flags& f) {
  return show_list(f.remote, {"/v1/alerts",
                              filters_of(f),
                              f.limit,
                              {{"TIME", time("time")},
                               {"SEVERITY", member("severity")},
                               {"TENANT", member("tenant")},
                               {"RULE", member("rule")},
                               {"ALERT", id("alert_id")},
                               {"COUNT", member("count")},
                               {"STATE", member("state")},
                               {"IDENTITY", who},
                               {"WHY", member("why")}},
                              "No alerts.",
                              "time",
                              false,
                              "alert"});
}

std::string alert_text(json_value v) {
  auto out =
      fmt::format("{}\n{}  {}  {}  {}\n{}\n\n", client::harmless(text_at(v, "title")),
                  text_at(v, "severity"), text_at(v, "state"), local_time_of(text_at(v, "time")),
                  text_at(v, "rule"), client::harmless(text_at(v, "why")));
  return out + client::to_outline(v);
}

int show(const alert_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto whole = whole_id(*node, f.id, "/v1/alerts", "alert.alert_id");
  if (!whole)
    return complain(whole.err());
  return show_one(f.remote,
                  client::path_with(path_of("/v1/alerts", *whole), {{"tenant", f.tenant}}),
                  alert_text);
}

void print_line(const alert_flags& f, const std::string& json) {
  if (f.remote.format != "table") {
    print(json + "\n");
  } else if (auto doc = server::json_document::parse(json, "an alert")) {
    const auto v = doc->root();
    print(fmt::format("{}  {:8}  {:12}  {}  {}: {}\n", local_time_of(text_at(v, "time")),
                      text_at(v, "severity"), text_at(v, "tenant"), text_at(v, "rule"),
                      client::harmless(who(v)), client::harmless(text_at(v, "why"))));
  }
  std::fflush(stdout);
}

/// Follows the stream for as long as the user lets it; a broken connection resumes behind the last
/// alert that was shown.
int tail(const alert_flags& f) {
  using namespace std::chrono_literals;
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  const auto path = client::path_with(
      "/v1/alerts/stream",
      {{"tenant", f.tenant}, {"severity", f.severity}, {"rule", f.rule}, {"after", f.after}});
  client::event_lines lines;
  bool ever = false;
  for (;;) {
    auto ended = node->stream(path, lines.last_id(), [&](std::string_view piece) {
      ever = true;
      lines.push(piece, [&](const client::sent_event& e) { print_line(f, e.data); });
      return std::ferror(stdout) == 0;
    });
    if (std::ferror(stdout) != 0)
      return done;
    if (!ended && (!ever || ended.err().code != base::ec::unavailable))
      return complain(ended.err());
    std::fprintf(stderr, "vedette: the stream ended; connecting again\n");
    std::this_thread::sleep_for(2s);
  }
}

void add_filters(CLI::App& c, alert_flags& f, bool all) {
  c.add_option("--tenant", f.tenant, "Only this tenant");
  c.add_option("--severity", f.severity, "This or worse: info, low, medium, high, critical");
  c.add_option("--rule", f.rule, "Only this rule");
  c.add_option("--after", f.after, "Only numbers of the alert stream above this, of one tenant");
  if (!all)
    return;
  c.add_option("--identity", f.identity, "Only this identity");
  c.add_option("--since", f.since, "Not before this time, RFC 3339");
  c.add_option("--until", f.until, "Before this time, RFC 3339");
  c.add_option("--status", f.status, "provisional, final or withdrawn");
  c.add_option("--limit", f.limit, "At most so many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
}

} // namespace

void add_alerts(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("alerts", "What the detections found");
  auto f = std::make_shared<alert_flags>();
  c->require_subcommand(0, 1);
  c->footer("Example: vedette alerts list --severity high --since 2026-01-02T00:00:00Z");
  add_filters(*c, *f, true);
  add_remote_options(*c, f->remote);
  c->callback([f, &chosen] {
    if (!chosen)
      chosen = [f] { return list(*f); };
  });

  auto* l =
      c->add_subcommand("list", "Alerts in the order of their times; json is an alert a line");
  l->footer("Example: vedette alerts list -o json --rule impossible-travel");
  add_filters(*l, *f, true);
  add_remote_options(*l, f->remote);
  l->callback([f, &chosen] { chosen = [f] { return list(*f); }; });

  auto* s = c->add_subcommand("show", "One alert with its evidence");
  s->footer("Example: vedette alerts show 3fa94c1b20de");
  s->add_option("id", f->id, "Id, or the beginning of one")->required();
  s->add_option("--tenant", f->tenant, "The tenant it belongs to");
  add_remote_options(*s, f->remote);
  s->callback([f, &chosen] { chosen = [f] { return show(*f); }; });

  auto* t =
      c->add_subcommand("tail", "Follow alerts as they change; resumes after a broken connection");
  t->footer("Example: vedette alerts tail --severity high -o json");
  add_filters(*t, *f, false);
  add_remote_options(*t, f->remote);
  t->callback([f, &chosen] { chosen = [f] { return tail(*f); }; });
}

} // namespace vedette::cli
