#include "nodes/vedette/commands.hpp"

#include "nodes/version.hpp"

#include <cstdio>

namespace vedette::cli {

void add_version(CLI::App& app, action& chosen) {
  auto* command = app.add_subcommand("version", "Print version and commit");
  command->footer("Example: vedette version");
  command->callback([&chosen] {
    chosen = [] {
      std::printf("vedette %s (%s)\n", version(), commit());
      return done;
    };
  });
}

} // namespace vedette::cli
