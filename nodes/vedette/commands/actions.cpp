#include "base/json_writer.hpp"
#include "nodes/client/render.hpp"
#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace vedette::cli {

namespace {

using client::harmless;
using server::json_value;
using server::text_at;

struct action_flags {
  remote_flags remote;
  std::string tenant, status, incident, playbook, id, reason, plan_hash;
  std::size_t limit = 500;
};

int list(const action_flags& f) {
  return show_list(f.remote, {"/v1/actions",
                              {{"tenant", f.tenant},
                               {"status", f.status},
                               {"incident", f.incident},
                               {"playbook", f.playbook}},
                              f.limit,
                              {{"PLANNED", time("planned_at")},
                               {"STATE", member("state")},
                               {"MODE", member("mode")},
                               {"TENANT", member("tenant")},
                               {"ACTION", id("action_id")},
                               {"INCIDENT", id("incident")},
                               {"KIND", member("kind")},
                               {"PLAYBOOK", member("playbook")},
                               {"TARGET", member("target")}},
                              "No actions.",
                              "planned_at",
                              true,
                              {}});
}

std::string calls_text(json_value v, const char* name, const char* heading) {
  std::string out;
  for (const auto call : server::list_at(v, name)) {
    out += fmt::format("  {} {}\n",
                       out.empty() ? heading : std::string(std::string_view{heading}.size(), ' '),
                       harmless(text_at(call, "api")));
    if (const auto with = server::at(call, "with"))
      out += client::to_outline(*with, 10);
  }
  return out;
}

std::string action_text(json_value v) {
  std::string out = fmt::format("{} on {}\n", text_at(v, "kind"), harmless(text_at(v, "target")));
  out += fmt::format("  {}  mode {}  {} of {} approvals\n", text_at(v, "state"), text_at(v, "mode"),
                     server::list_at(v, "approvals").size(), text_at(v, "approvals_needed"));
  out += fmt::format("  step {} of playbook {} for incident {}\n", text_at(v, "step"),
                     text_at(v, "playbook"), text_at(v, "incident"));
  for (const auto& path : {"reason", "note"})
    if (const auto text = text_at(v, path); !text.empty())
      out += fmt::format("  {}: {}\n", path, harmless(text));
  out += calls_text(v, "calls", "calls  ");
  out += calls_text(v, "inverse", "undo   ");
  out += fmt::format(
      "  planned {}  expires {}\n  plan {}\n  id {}\n", local_time_of(text_at(v, "planned_at")),
      local_time_of(text_at(v, "expires_at")), text_at(v, "plan_hash"), text_at(v, "action_id"));
  return out;
}

int show(const action_flags& f) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto whole = whole_id(*node, f.id, "/v1/actions", "action_id");
  if (!whole)
    return complain(whole.err());
  return show_one(f.remote,
                  client::path_with(path_of("/v1/actions", *whole), {{"tenant", f.tenant}}),
                  action_text);
}

std::string changed_text(json_value v) {
  return fmt::format("action {} is {}\n", text_at(v, "action_id"), text_at(v, "state"));
}

int decide(const action_flags& f, const char* verb) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  auto whole = whole_id(*node, f.id, "/v1/actions", "action_id");
  if (!whole)
    return complain(whole.err());
  const auto path = path_of("/v1/actions", *whole);
  auto hash = f.plan_hash;
  if (std::string_view{verb} == "approve" && hash.empty()) {
    // What is approved is what is shown here, not what the plan may have become a moment later.
    auto seen = node->get(client::path_with(path, {{"tenant", f.tenant}}));
    if (!seen)
      return complain(seen.err());
    hash = text_at(seen->root(), "plan_hash");
    std::fprintf(stderr, "%s", action_text(seen->root()).c_str());
  }
  base::json_writer w;
  w.begin_object().member("reason", f.reason).member("plan_hash", hash).end_object();
  auto answer = node->post(client::path_with(path + "/" + verb, {{"tenant", f.tenant}}),
                           std::string{w.text()});
  if (!answer)
    return complain(answer.err());
  return print_one(f.remote, answer->root(), changed_text);
}

int freeze(const action_flags& f, bool on) {
  auto node = connect(f.remote);
  if (!node)
    return complain(node.err());
  const auto path = client::path_with("/v1/freeze", {{"tenant", f.tenant}});
  base::json_writer w;
  w.begin_object().member("reason", f.reason).end_object();
  auto answer = on ? node->post(path, std::string{w.text()}) : node->del(path);
  if (!answer)
    return complain(answer.err());
  return print_one(f.remote, answer->root(), [](json_value v) {
    std::string out;
    for (const auto t : server::list_at(v, "items"))
      out += fmt::format("{}: {}\n", text_at(t, "tenant"),
                         server::flag_at(t, "answer.frozen") ? "frozen, nothing becomes runnable"
                                                             : "not frozen");
    return out;
  });
}

void add_filters(CLI::App& c, action_flags& f) {
  c.add_option("--tenant", f.tenant, "Only this tenant");
  c.add_option("--status", f.status, "Only actions in this state, e.g. waiting_approval");
  c.add_option("--incident", f.incident, "Of this incident, whole id");
  c.add_option("--playbook", f.playbook, "Of this playbook");
  c.add_option("--limit", f.limit, "At most so many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
}

CLI::App* add_one(CLI::App& c, action_flags& f, const char* name, const char* what) {
  auto* s = c.add_subcommand(name, what);
  s->footer(fmt::format("Example: vedette actions {} 3fa94c1b20de", name));
  s->add_option("id", f.id, "Id, or the beginning of one")->required();
  s->add_option("--tenant", f.tenant, "The tenant it belongs to");
  add_remote_options(*s, f.remote);
  return s;
}

} // namespace

void add_actions(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("actions", "Response steps: planned, approved, done");
  auto f = std::make_shared<action_flags>();
  c->require_subcommand(0, 1);
  c->footer("Example: vedette actions list --status waiting_approval");
  add_filters(*c, *f);
  add_remote_options(*c, f->remote);
  c->callback([f, &chosen] {
    if (!chosen)
      chosen = [f] { return list(*f); };
  });
  auto* l = c->add_subcommand("list", "Actions, newest first");
  l->footer("Example: vedette actions list --incident 3fa94c1b20de44c1a3d05e8e0a52c1f7");
  add_filters(*l, *f);
  add_remote_options(*l, f->remote);
  l->callback([f, &chosen] { chosen = [f] { return list(*f); }; });

  auto* s = add_one(*c, *f, "show", "One action with its calls and how to undo them");
  s->callback([f, &chosen] { chosen = [f] { return show(*f); }; });
  auto* y = add_one(*c, *f, "approve", "Agree to the plan, which is shown");
  y->add_option("--plan-hash", f->plan_hash, "Agree to this plan only; default: the one in force");
  y->add_option("--reason", f->reason, "Goes into the journal");
  y->callback([f, &chosen] { chosen = [f] { return decide(*f, "approve"); }; });
  for (const auto& [name, what] :
       {std::pair{"reject", "It shall not run"},
        std::pair{"revert", "Plan the inverse of an action that is done"}}) {
    auto* o = add_one(*c, *f, name, what);
    o->add_option("--reason", f->reason, "Goes into the journal");
    o->callback([f, verb = name, &chosen] { chosen = [f, verb] { return decide(*f, verb); }; });
  }
  for (const bool on : {true, false}) {
    auto* o =
        c->add_subcommand(on ? "freeze" : "unfreeze",
                          on ? "Nothing becomes runnable until it is lifted" : "Lift the freeze");
    o->footer(fmt::format("Example: vedette actions {} --tenant acme", on ? "freeze" : "unfreeze"));
    o->add_option("--tenant", f->tenant, "Only this tenant; default: all that the token sees");
    if (on)
      o->add_option("--reason", f->reason, "Goes into the journal");
    add_remote_options(*o, f->remote);
    o->callback([f, on, &chosen] { chosen = [f, on] { return freeze(*f, on); }; });
  }
}

} // namespace vedette::cli
