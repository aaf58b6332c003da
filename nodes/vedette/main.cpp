// `vedette`: the one command-line program.
#include "nodes/vedette/commands.hpp"

#include "nodes/version.hpp"

#include <fmt/format.h>

#include <cstdio>

int main(int argc, char** argv) {
  using namespace vedette::cli;
  CLI::App app{"Vedette: cloud detection and response. Detects in audit logs what attackers do to "
               "identities and storage, and plans the response."};
  app.name("vedette");
  app.require_subcommand(1);
  app.set_version_flag("--version",
                       fmt::format("vedette {} ({})", vedette::version(), vedette::commit()));
  app.set_help_all_flag("--help-all", "Help for every command");
  action chosen;
  add_replay(app, chosen);
  add_normalize(app, chosen);
  add_simulate(app, chosen);
  add_rules(app, chosen);
  add_send(app, chosen);
  add_status(app, chosen);
  add_apply(app, chosen);
  add_node(app, chosen);
  add_partition(app, chosen);
  add_cluster(app, chosen);
  add_alerts(app, chosen);
  add_trends(app, chosen);
  add_incidents(app, chosen);
  add_actions(app, chosen);
  add_identity(app, chosen);
  add_quarantine(app, chosen);
  add_gaps(app, chosen);
  add_keys(app, chosen);
  add_tokens(app, chosen);
  add_config(app, chosen);
  add_completion(app, chosen);
  add_bench(app, chosen);
  add_version(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (argc > 1 && app.get_subcommands().empty() && argv[1][0] != '-') {
      std::fprintf(stderr, "vedette: there is no command %s; vedette --help lists them\n", argv[1]);
      return usage;
    }
    const int code = app.exit(e);
    return code == 0 ? done : usage;
  }
  return chosen ? chosen() : usage;
}
