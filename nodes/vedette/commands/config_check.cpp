#include "nodes/vedette/commands.hpp"

#include "io/files/text_file.hpp"
#include "nodes/config/load.hpp"

#include <unistd.h>

#include <cstdio>

namespace vedette::cli {

namespace {

int run(const std::string& file) {
  config::inputs from;
  from.file_name = file;
  auto text = io::read_text(file);
  if (!text) {
    complain(text.err());
    return input_trouble;
  }
  from.file_text = std::move(*text);
  from.environment = config::environment_of(environ);
  // These two are for the commands that ask a node, not for the node.
  std::erase_if(from.environment, [](const auto& v) {
    return v.first == "VEDETTE_SERVER" || v.first == "VEDETTE_TOKEN_FILE";
  });
  const auto out = config::examine(from);
  for (const auto& p : out.problems)
    std::fprintf(stderr, "vedette: %s\n", base::to_string(p).c_str());
  for (const auto& note : out.notes)
    std::fprintf(stderr, "vedette: note: %s\n", note.c_str());
  if (!out.problems.empty())
    return failed;
  std::printf("%s", config::render(out).c_str());
  return done;
}

} // namespace

void add_config(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("config", "The configuration of a node");
  c->require_subcommand(1);
  c->footer("Example: vedette config check /etc/vedette/vedette.yaml");
  auto* s = c->add_subcommand("check", "Say everything that is wrong with it, or print the "
                                       "settings in force and where each comes from");
  auto file = std::make_shared<std::string>();
  s->footer("Example: vedette config check vedette.yaml");
  s->add_option("file", *file, "The file; variables VEDETTE_SECTION_KEY win over it, as for a node")
      ->required();
  s->callback([file, &chosen] { chosen = [file] { return run(*file); }; });
}

} // namespace vedette::cli
