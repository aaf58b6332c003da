#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

namespace vedette::cli {

namespace {

int run(const remote_flags& f, const std::string& tenant) {
  if (f.format != "table")
    return show_one(f, client::path_with("/v1/gaps", {{"tenant", tenant}}));
  const int code = show_list(f, {"/v1/gaps",
                                 {{"tenant", tenant}},
                                 0,
                                 {{"TENANT", member("tenant")},
                                  {"SOURCE", member("source")},
                                  {"STATE", member("state")},
                                  {"EVENT TIME", time("event_time")},
                                  {"RECEIVED", time("received")},
                                  {"BEHIND s", member("behind_seconds")},
                                  {"SILENT s", member("silent_seconds")}},
                                 "Nothing has sent anything since the node started.",
                                 {},
                                 false,
                                 {}});
  if (code != done)
    return code;
  return show_one(f, client::path_with("/v1/gaps", {{"tenant", tenant}}), [](server::json_value v) {
    std::string out;
    for (const auto l : server::list_at(v, "lists"))
      if (!server::flag_at(l, "loaded"))
        out += fmt::format("missing list {}: {}\n", server::text_at(l, "name"),
                           server::text_at(l, "without"));
    return out;
  });
}

} // namespace

void add_gaps(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("gaps", "What is late, silent or missing: sources and lists");
  auto f = std::make_shared<remote_flags>();
  auto tenant = std::make_shared<std::string>();
  c->footer("Example: vedette gaps --tenant acme");
  c->add_option("--tenant", *tenant, "Only this tenant");
  add_remote_options(*c, *f);
  c->callback([f, tenant, &chosen] { chosen = [f, tenant] { return run(*f, *tenant); }; });
}

} // namespace vedette::cli
