#include "nodes/client/completion.hpp"

#include <fmt/format.h>

#include <vector>

namespace vedette::client {

namespace {

struct word {
  std::string text, meaning;
};
/// What may follow one chain of commands, e.g. "alerts list".
struct place {
  std::string chain;
  std::vector<word> words;
};

void collect(const CLI::App& app, const std::string& chain, std::vector<place>& out) {
  place here{chain, {}};
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const auto* c : commands)
    here.words.push_back({c->get_name(), c->get_description()});
  for (const auto* o : app.get_options()) {
    if (o->get_group().empty())
      continue;
    for (const auto& name : o->get_snames())
      here.words.push_back({"-" + name, o->get_description()});
    for (const auto& name : o->get_lnames())
      here.words.push_back({"--" + name, o->get_description()});
  }
  out.push_back(std::move(here));
  for (const auto* c : commands)
    collect(*c, chain.empty() ? c->get_name() : chain + " " + c->get_name(), out);
}

/// Inside single quotes of a shell.
std::string quoted(std::string text) {
  for (std::size_t i = 0; (i = text.find('\'', i)) != std::string::npos; i += 4)
    text.replace(i, 1, "'\\''");
  return "'" + text + "'";
}

std::string table_of(const std::vector<place>& places) {
  std::string out;
  for (const auto& p : places) {
    std::string words;
    for (const auto& w : p.words)
      words += (words.empty() ? "" : " ") + w.text;
    out += fmt::format("    {}) words={} ;;\n", quoted(p.chain), quoted(words));
  }
  return out;
}

/// Finds the chain of commands before the cursor, then offers what may follow it.
std::string bash_script(const std::vector<place>& places) {
  std::string chains;
  for (const auto& p : places)
    if (!p.chain.empty())
      chains += (chains.empty() ? "" : "|") + quoted(p.chain);
  return fmt::format(R"(# bash completion of vedette; made by `vedette completion bash`
_vedette() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} chain= next word words i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    next=${{chain:+$chain }}$word
    case "$next" in
    {}) chain=$next ;;
    esac
  done
  case "$chain" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _vedette vedette
)",
                     chains, table_of(places));
}

std::string fish_script(const std::vector<place>& places) {
  std::string out = "# fish completion of vedette; made by `vedette completion fish`\n"
                    "function __vedette_at\n"
                    "  set -l words (commandline -opc | string match -v -- '-*')\n"
                    "  test (count $words) -gt (count $argv); or return 1\n"
                    "  for i in (seq (count $argv))\n"
                    "    test $words[(math $i + 1)] = $argv[$i]; or return 1\n"
                    "  end\n"
                    "end\n";
  for (const auto& p : places)
    for (const auto& w : p.words) {
      const auto when = p.chain.empty() ? std::string{"'test (count (commandline -opc)) -eq 1'"}
                                        : quoted("__vedette_at " + p.chain);
      const auto what = w.text.starts_with("--")  ? "-l " + w.text.substr(2)
                        : w.text.starts_with('-') ? "-s " + w.text.substr(1)
                                                  : "-f -a " + w.text;
      out += fmt::format("complete -c vedette -n {} {} -d {}\n", when, what, quoted(w.meaning));
    }
  return out;
}

} // namespace

std::string completion(const CLI::App& program, std::string_view shell) {
  std::vector<place> places;
  collect(program, {}, places);
  if (shell == "fish")
    return fish_script(places);
  if (shell == "zsh")
    return "#compdef vedette\n# made by `vedette completion zsh`\nautoload -U +X bashcompinit && "
           "bashcompinit\n" +
           bash_script(places);
  return bash_script(places);
}

} // namespace vedette::client
