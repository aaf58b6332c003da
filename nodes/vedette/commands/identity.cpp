#include "nodes/client/render.hpp"
#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

namespace vedette::cli {

namespace {

using client::harmless;
using server::json_value;
using server::text_at;

std::string seen_text(json_value v, const char* path, const char* heading) {
  std::string out;
  for (const auto s : server::list_at(v, path))
    out += fmt::format("  {}  to  {}  {}\n", local_time_of(text_at(s, "first")),
                       local_time_of(text_at(s, "last")), harmless(text_at(s, "value")));
  return out.empty() ? out : std::string{"\n"} + heading + "\n" + out;
}

std::string identity_text(json_value v) {
  std::string out = fmt::format("{}\n", harmless(text_at(v, "profile.id")));
  for (const auto& [name, path] :
       {std::pair{"name", "profile.name"}, std::pair{"tenant", "profile.tenant"},
        std::pair{"type", "profile.type"}, std::pair{"session class", "profile.session_class"},
        std::pair{"cloud", "profile.cloud"}, std::pair{"account", "profile.account"},
        std::pair{"events", "profile.events"}})
    if (const auto text = text_at(v, path); !text.empty())
      out += fmt::format("  {}: {}\n", name, harmless(text));
  out += fmt::format("  seen from {} to {}\n", local_time_of(text_at(v, "profile.first_seen")),
                     local_time_of(text_at(v, "profile.last_seen")));
  out += seen_text(v, "profile.networks", "Networks");
  out += seen_text(v, "profile.services", "Services");
  const auto alerts = server::list_at(v, "alerts");
  out += alerts.empty() ? "\nNo alerts.\n" : "\nAlerts\n";
  for (const auto a : alerts)
    out += fmt::format("  {}  {:8}  {:11}  {}: {}\n", local_time_of(text_at(a, "time")),
                       text_at(a, "severity"), text_at(a, "state"), text_at(a, "rule"),
                       harmless(text_at(a, "why")));
  return out;
}

} // namespace

void add_identity(CLI::App& app, action& chosen) {
  struct flags {
    remote_flags remote;
    std::string tenant, id;
  };
  auto* c = app.add_subcommand("identity", "What is known of one identity");
  auto f = std::make_shared<flags>();
  c->require_subcommand(1);
  c->footer("Example: vedette identity show arn:aws:iam::111122223333:role/app");
  auto* s = c->add_subcommand("show", "Profile, networks, services, alerts");
  s->footer("Example: vedette identity show arn:aws:iam::111122223333:role/app --tenant acme");
  s->add_option("id", f->id, "The identity as alerts name it")->required();
  s->add_option("--tenant", f->tenant, "The tenant it belongs to");
  add_remote_options(*s, f->remote);
  s->callback([f, &chosen] {
    chosen = [f] {
      return show_one(f->remote,
                      client::path_with(path_of("/v1/identities", f->id), {{"tenant", f->tenant}}),
                      identity_text);
    };
  });
}

} // namespace vedette::cli
