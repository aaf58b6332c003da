// deploy/config/vedette.yaml is the manual of the configuration: it must name every key, show its
// default and explain it, or operators are told something untrue.
#include "nodes/config/keys.hpp"
#include "nodes/config/load.hpp"
#include "tests/config/contains.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace vedette;
using namespace vedette::config;

namespace {

std::string shipped() {
  const char* root = std::getenv("VEDETTE_SOURCE_DIR");
  REQUIRE(root != nullptr); // ctest sets it; by hand: the top of the tree
  std::ifstream in{std::string{root} + "/deploy/config/vedette.yaml"};
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

} // namespace

TEST_CASE("shipped configuration: shows every key at its default", "[config][shipped]") {
  inputs in;
  in.file_name = "vedette.yaml";
  in.file_text = shipped();
  const auto out = examine(in);
  for (const auto& p : out.problems)
    FAIL_CHECK(p.context);
  for (const auto& note : out.notes)
    FAIL_CHECK(note);
  const settings defaults;
  for (const auto& k : keys()) {
    INFO(k.full_name());
    if (k.is_secret) {
      CHECK_CONTAINS(in.file_text, k.variable());
      continue;
    }
    CHECK(out.origins.count(k.full_name()) == 1);
    CHECK(k.get(out.values) == k.get(defaults));
  }
  CHECK(out.values.tenants.empty());
}

TEST_CASE("shipped configuration: a comment explains each key", "[config][shipped]") {
  const auto lines = lines_of(shipped());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (!lines[i].starts_with("  ") || lines[i].find_first_not_of(' ') != 2 || lines[i][2] == '#')
      continue;
    const auto& before = lines[i - 1];
    // The first key of a section may be explained by what stands above the section.
    const bool first = !before.starts_with(" ") && before.ends_with(":") && i > 1;
    INFO(lines[i]);
    CHECK((before.starts_with("  #") || (first && lines[i - 2].starts_with("#"))));
  }
}

TEST_CASE("shipped configuration: its example of a tenant is one that loads", "[config][shipped]") {
  std::string example;
  bool inside = false;
  for (const auto& line : lines_of(shipped())) {
    if (line == "#   tenants:")
      inside = true;
    else if (!line.starts_with("#"))
      inside = false;
    if (inside)
      example += line.substr(1) + '\n';
  }
  inputs in;
  in.file_name = "example";
  in.file_text = example;
  const auto out = load(in);
  REQUIRE(out);
  REQUIRE(out->values.tenants.count("acme") == 1);
  const auto& acme = out->values.tenants.at("acme");
  CHECK(!acme.accounts.empty());
  CHECK(!acme.own_networks.empty());
  CHECK(!acme.corporate_networks.empty());
  CHECK(!acme.ci_roles.empty());
  CHECK(!acme.backup_roles.empty());
  CHECK(!acme.break_glass.empty());
  CHECK(!acme.allowed_regions.empty());
  CHECK(!acme.sensitive_resources.empty());
}
