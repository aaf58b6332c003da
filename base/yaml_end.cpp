#include "base/yaml_end.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

namespace vedette::base {

namespace {

constexpr int documents_max = 10'000;

/// Looks at nothing: only the documents are counted.
struct blind_reader final : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

} // namespace

bool yaml_ends(const std::string& text) {
  try {
    std::istringstream in{text};
    YAML::Parser parser{in};
    blind_reader reader;
    for (int documents = 0; parser.HandleNextDocument(reader); ++documents)
      if (documents == documents_max)
        return false;
  } catch (const YAML::Exception&) {
    return true;
  }
  return true;
}

} // namespace vedette::base
