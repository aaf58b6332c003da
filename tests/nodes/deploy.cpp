// What deploy/ ships for a cluster is what this build understands: the configuration of a node, and
// the settings that the compose file gives its containers.
#include "nodes/config/load.hpp"
#include "tests/support/catch.hpp"

#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace vedette;

namespace {

std::string shipped(const std::string& path) {
  const char* root = std::getenv("VEDETTE_SOURCE_DIR");
  REQUIRE(root != nullptr); // ctest sets it; by hand: the top of the tree
  std::ifstream in{std::string{root} + "/" + path};
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

} // namespace

TEST_CASE("deploy: the configuration of a cluster's node is taken without a problem",
          "[nodes][deploy]") {
  config::inputs in;
  in.file_name = "cluster-node.yaml";
  in.file_text = shipped("deploy/config/cluster-node.yaml");
  const auto out = config::examine(in);
  for (const auto& p : out.problems)
    FAIL_CHECK(p.context);
  for (const auto& note : out.notes)
    FAIL_CHECK(note);
  CHECK(out.values.cluster.coordinator == config::coordinator_kind::etcd);
  CHECK(out.values.cluster.copies == 3);
}

TEST_CASE("deploy: every node of the compose file starts with settings that exist, one founds the "
          "cluster",
          "[nodes][deploy]") {
  const auto compose = YAML::Load(shipped("deploy/compose/compose.yaml"));
  int nodes = 0, founders = 0;
  for (const auto& service : compose["services"]) {
    const auto environment = service.second["environment"];
    if (!environment["VEDETTE_NODE_ID"])
      continue;
    ++nodes;
    const auto name = service.first.as<std::string>();
    INFO(name);
    CHECK(environment["VEDETTE_NODE_ID"].as<std::string>() == name);
    config::inputs in;
    // The merge key is left to the reader of the file by this parser.
    for (const auto& part : {environment["<<"], environment})
      for (const auto& e : part)
        if (e.first.as<std::string>() != "<<")
          in.environment.emplace_back(e.first.as<std::string>(), e.second.as<std::string>());
    const auto out = config::examine(in);
    for (const auto& p : out.problems)
      FAIL_CHECK(p.context);
    for (const auto& note : out.notes)
      FAIL_CHECK(note);
    CHECK(out.values.cluster.coordinator == config::coordinator_kind::etcd);
    founders += out.values.cluster.found ? 1 : 0;
  }
  CHECK(nodes == 3);
  CHECK(founders == 1);
}
