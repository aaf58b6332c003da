#include "nodes/vedette/remote.hpp"

#include <fmt/format.h>

namespace vedette::cli {

namespace {

struct quarantine_flags {
  remote_flags remote;
  std::string tenant, id;
  std::size_t limit = 100;
};

int list(const quarantine_flags& f) {
  return show_list(f.remote, {"/v1/quarantine",
                              {{"tenant", f.tenant}},
                              f.limit,
                              {{"RECEIVED", time("received")},
                               {"TENANT", member("tenant")},
                               {"SOURCE", member("source")},
                               {"ID", member("id")},
                               {"REASON", member("reason")},
                               {"RECORD", member("record")}},
                              "Nothing is in quarantine.",
                              "received",
                              true,
                              {}});
}

} // namespace

void add_quarantine(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("quarantine", "Records that could not be read, and why");
  auto f = std::make_shared<quarantine_flags>();
  c->require_subcommand(0, 1);
  c->footer("Example: vedette quarantine list --tenant acme");
  const auto options = [f](CLI::App& on) {
    on.add_option("--tenant", f->tenant, "Only this tenant");
    add_remote_options(on, f->remote);
  };
  const auto limit = [f](CLI::App& on) {
    on.add_option("--limit", f->limit, "At most so many")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
  };
  options(*c);
  limit(*c);
  c->callback([f, &chosen] {
    if (!chosen)
      chosen = [f] { return list(*f); };
  });
  auto* l = c->add_subcommand("list", "Newest first");
  l->footer("Example: vedette quarantine list --limit 20");
  options(*l);
  limit(*l);
  l->callback([f, &chosen] { chosen = [f] { return list(*f); }; });
  auto* s = c->add_subcommand("show", "One record with its beginning, secrets redacted");
  s->footer("Example: vedette quarantine show 3-fffffffffffffffe-000000");
  s->add_option("id", f->id, "As `list` shows it")->required();
  options(*s);
  s->callback([f, &chosen] {
    chosen = [f] {
      return show_one(f->remote,
                      client::path_with(path_of("/v1/quarantine", f->id), {{"tenant", f->tenant}}));
    };
  });
}

} // namespace vedette::cli
