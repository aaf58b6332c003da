#include "tests/tidy/checks.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace vedette::tidy {
namespace {

constexpr std::size_t lines_max = 500;
/// Shorter than any sentence that says what a header is and who calls it.
constexpr std::size_t paragraph_min = 40;

} // namespace

complaints long_files(const tree& t) {
  complaints out;
  for (const auto& f : t.files()) {
    const bool counts = is_code(f) || f.path.ends_with(".cmake") || f.path == "dev" ||
                        f.path.ends_with("CMakeLists.txt");
    if (counts && f.lines.size() > lines_max)
      out.push_back(f.path + ": " + std::to_string(f.lines.size()) +
                    " lines; split it before it passes " + std::to_string(lines_max));
  }
  return out;
}

complaints headers_without_paragraph(const tree& t) {
  complaints out;
  for (const auto& f : t.files()) {
    if (!is_header(f))
      continue;
    const auto pragma = std::ranges::find(f.lines, "#pragma once");
    if (pragma == f.lines.end()) {
      out.push_back(f.path + ": no #pragma once");
      continue;
    }
    std::size_t said = 0;
    for (auto line = f.lines.begin(); line != pragma; ++line) {
      if (line->starts_with("// "))
        said += line->size() - 3;
    }
    if (said < paragraph_min)
      out.push_back(f.path + ": say before #pragma once what this is and who calls it");
  }
  return out;
}

complaints headers_nobody_includes(const tree& t) {
  std::set<std::string> included;
  for (const auto& f : t.files()) {
    if (!is_code(f))
      continue;
    for (const auto& i : includes_of(f)) {
      if (!i.angle)
        included.insert(i.target);
    }
  }
  complaints out;
  for (const auto& f : t.files()) {
    if (is_header(f) && included.count(f.path) == 0)
      out.push_back(f.path + ": nobody includes it");
  }
  return out;
}

complaints leftovers(const tree& t) {
  // Written in pieces, or this file would complain about itself.
  const RE2 unfinished{"\\b(TO"
                       "DO|FIX"
                       "ME|X"
                       "XX)\\b"};
  const RE2 machine{"(?:^|[^A-Za-z0-9_.~-])(/w"
                    "ork/|/t"
                    "mp/|/h"
                    "ome/)"};
  complaints out;
  for (const auto& f : t.files()) {
    for (std::size_t i = 0; i < f.lines.size(); ++i) {
      std::string found;
      if (RE2::PartialMatch(f.lines[i], unfinished, &found))
        out.push_back(f.path + ":" + std::to_string(i + 1) + ": unfinished work: " + found);
      if (RE2::PartialMatch(f.lines[i], machine, &found))
        out.push_back(f.path + ":" + std::to_string(i + 1) + ": a path of one machine: " + found);
    }
  }
  return out;
}

} // namespace vedette::tidy
