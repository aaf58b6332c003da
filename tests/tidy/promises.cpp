#include "tests/tidy/checks.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace vedette::tidy {
namespace {

bool is_page(const file& f) {
  return f.path.ends_with(".md");
}

/// Calls `take(text, line)` for each `back-quoted` piece outside code blocks.
template <class Take>
void for_each_quoted(const file& page, Take take) {
  bool block = false;
  for (std::size_t i = 0; i < page.lines.size(); ++i) {
    const auto& line = page.lines[i];
    if (line.starts_with("```")) {
      block = !block;
      continue;
    }
    if (block)
      continue;
    for (std::size_t open = line.find('`'); open != std::string::npos;) {
      const auto close = line.find('`', open + 1);
      if (close == std::string::npos)
        break;
      take(line.substr(open + 1, close - open - 1), i + 1);
      open = line.find('`', close + 1);
    }
  }
}

/// Looks like a path into the tree: plain characters, and a known top folder or a file's ending.
bool is_path(const tree& t, const std::string& text) {
  static const RE2 plain{"[A-Za-z0-9_.][A-Za-z0-9_./-]*"};
  static const RE2 ending{".*\\.(hpp|cpp|capnp|cmake|md|yaml)"};
  if (!RE2::FullMatch(text, plain) || text.starts_with("build/") || text.starts_with("../"))
    return false;
  const auto top = folder_of(text);
  if (top.empty())
    return false; // "result.hpp": the page speaks of a name, not of a place
  return t.top().count(std::string{top}) > 0 || RE2::FullMatch(text, ending);
}

std::set<std::string> commands_of(const file& dev) {
  static const RE2 function{"^cmd_([a-z]+)\\(\\)"};
  std::set<std::string> out;
  for (const auto& line : dev.lines) {
    std::string name;
    if (RE2::PartialMatch(line, function, &name))
      out.insert(name);
  }
  return out;
}

} // namespace

complaints untested_limits(const tree& t) {
  static const RE2 constant{"^inline constexpr [A-Za-z0-9_:]+ ([a-z0-9_]+)\\b"};
  complaints out;
  for (const auto& f : t.files()) {
    if (!f.path.ends_with("/limits.hpp"))
      continue;
    for (const auto& line : f.lines) {
      std::string name;
      if (!RE2::PartialMatch(line, constant, &name))
        continue;
      name = "limits::" + name;
      const RE2 word{name + "\\b"};
      const bool tested = std::ranges::any_of(t.files(), [&](const file& test) {
        return is_code(test) && test.path.starts_with("tests/") &&
               RE2::PartialMatch(without_comments(test.text), word);
      });
      if (!tested)
        out.push_back(f.path + ": no test names " + name);
    }
  }
  return out;
}

complaints rules_without_cases(const tree& t) {
  // `expect:` names the severity a case must raise, or none.
  static const RE2 cases{"cases:\\s*"};
  static const RE2 caught{"    expect:\\s*(?:info|low|medium|high|critical)\\b.*"};
  static const RE2 spared{"    expect:\\s*none\\b.*"};
  complaints out;
  for (const auto& f : t.files()) {
    if (!f.path.starts_with("rules/detections/") || !f.path.ends_with(".yaml"))
      continue;
    bool inside = false;
    std::size_t catches = 0;
    std::size_t spares = 0;
    for (const auto& line : f.lines) {
      inside = inside || RE2::FullMatch(line, cases);
      catches += inside && RE2::FullMatch(line, caught) ? 1 : 0;
      spares += inside && RE2::FullMatch(line, spared) ? 1 : 0;
    }
    if (!inside)
      out.push_back(f.path + ": no cases");
    else if (catches == 0 || spares == 0)
      out.push_back(f.path + ": needs a case it catches and one it spares");
  }
  return out;
}

complaints stale_paths(const tree& t) {
  complaints out;
  for (const auto& page : t.files()) {
    if (!is_page(page))
      continue;
    for_each_quoted(page, [&](const std::string& text, std::size_t line) {
      if (is_path(t, text) && !t.has(text))
        out.push_back(page.path + ":" + std::to_string(line) + ": there is no " + text);
    });
  }
  return out;
}

complaints unknown_tests(const tree& t) {
  // All names at once, long ones that are written in several pieces joined.
  std::string names;
  static const RE2 seam{"\"\\s*\""};
  for (const auto& f : t.files()) {
    if (!f.path.starts_with("tests/") || !f.path.ends_with(".cpp") ||
        f.path.starts_with("tests/tidy/"))
      continue;
    auto text = f.text;
    RE2::GlobalReplace(&text, seam, "");
    static const RE2 test{"TEST_CASE(?:_METHOD)?\\(\\s*(?:[a-z_:]+,)?\\s*\"([^\"]+)\""};
    re2::StringPiece rest{text};
    for (std::string name; RE2::FindAndConsume(&rest, test, &name);)
      names += '"' + name + '\n';
  }
  complaints out;
  for (const auto* page : {t.find("docs/guarantees.md"), t.find("docs/reliability.md")}) {
    if (page == nullptr)
      continue;
    static const RE2 quote{"(\"[^\"]+)\""};
    for (std::size_t i = 0; i < page->lines.size(); ++i) {
      re2::StringPiece rest{page->lines[i]};
      for (std::string name; RE2::FindAndConsume(&rest, quote, &name);) {
        if (names.find(name) == std::string::npos)
          out.push_back(page->path + ":" + std::to_string(i + 1) + ": no test is called " + name +
                        "…\"");
      }
    }
  }
  return out;
}

complaints unknown_commands(const tree& t) {
  const auto* dev = t.find("dev");
  if (dev == nullptr)
    return {"dev: missing"};
  const auto known = commands_of(*dev);
  if (known.empty())
    return {"dev: no command found; they are functions named cmd_x"};
  complaints out;
  static const RE2 use{"\\./dev ([a-z]+)"};
  for (const auto& page : t.files()) {
    if (!is_page(page))
      continue;
    for (std::size_t i = 0; i < page.lines.size(); ++i) {
      re2::StringPiece rest{page.lines[i]};
      for (std::string name; RE2::FindAndConsume(&rest, use, &name);) {
        if (known.count(name) == 0)
          out.push_back(page.path + ":" + std::to_string(i + 1) + ": ./dev knows no " + name);
      }
    }
  }
  for (const auto& name : known) {
    // The opening comment is what `./dev help` prints.
    const RE2 explained{"^#   " + name + "\\b.*"};
    if (std::ranges::none_of(
            dev->lines, [&](const std::string& line) { return RE2::FullMatch(line, explained); }))
      out.push_back("dev: its opening comment does not explain " + name);
  }
  return out;
}

} // namespace vedette::tidy
