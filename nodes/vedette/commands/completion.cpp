#include "nodes/client/completion.hpp"
#include "nodes/vedette/commands.hpp"

#include <cstdio>

namespace vedette::cli {

void add_completion(CLI::App& app, action& chosen) {
  auto* c =
      app.add_subcommand("completion", "A script that lets a shell complete commands and options");
  auto shell = std::make_shared<std::string>();
  c->footer("Example: vedette completion bash > /etc/bash_completion.d/vedette");
  c->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  // The tree is read when the command runs: by then every other command is in it.
  c->callback([shell, &app, &chosen] {
    chosen = [shell, &app] {
      const auto text = client::completion(app, *shell);
      std::fwrite(text.data(), 1, text.size(), stdout);
      return done;
    };
  });
}

} // namespace vedette::cli
