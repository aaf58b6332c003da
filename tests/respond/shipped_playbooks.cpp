// The playbooks in rules/playbooks/ do what their cases say, and are as careful as they should be.
#include "respond/playbooks/loader.hpp"
#include "respond/playbooks/planner.hpp"
#include "tests/respond/samples.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace vedette;
using namespace vedette::respond;

namespace {

std::shared_ptr<const playbook_set> shipped() {
  const char* root = std::getenv("VEDETTE_SOURCE_DIR");
  const auto folder = std::filesystem::path{root ? root : "."} / "rules" / "playbooks";
  std::vector<playbook_source> sources;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    std::ifstream in{entry.path()};
    sources.push_back({entry.path().filename().string(), {std::istreambuf_iterator<char>{in}, {}}});
  }
  std::sort(sources.begin(), sources.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  auto set = load_playbooks(sources);
  INFO((set ? "" : set.err().context));
  REQUIRE(set);
  return *set;
}

} // namespace

TEST_CASE("shipped playbooks: all eight load, and every case comes out as it says") {
  const auto set = shipped();
  std::set<std::string> names;
  for (const auto& p : set->playbooks) {
    INFO(p.name);
    names.insert(p.name);
    CHECK(p.origin == p.name + ".yaml");
    CHECK(p.cases.size() >= 2);
    CHECK(std::any_of(p.cases.begin(), p.cases.end(),
                      [](const auto& c) { return c.expect.empty(); }));
    for (const auto& problem : check_cases(p))
      FAIL_CHECK(problem.where << ": " << problem.what);
  }
  CHECK(names == std::set<std::string>{"audit-tampering", "crypto-mining-regions",
                                       "denied-actions-recon", "mass-download",
                                       "new-identity-persistence", "protection-disabled",
                                       "snapshot-export", "stolen-serverless-token"});
  CHECK(set->incident_rules.size() == 4);
}

TEST_CASE("shipped playbooks: each step is exercised by some case") {
  const auto set = shipped();
  for (const auto& p : set->playbooks)
    for (const auto& s : p.steps) {
      INFO(p.name << " / " << s.name);
      const bool used = std::any_of(p.cases.begin(), p.cases.end(), [&](const playbook_case& c) {
        return std::any_of(c.expect.begin(), c.expect.end(), [&](const std::string& e) {
          return e == s.name || e.starts_with(s.name + ' ');
        });
      });
      CHECK(used);
    }
}

TEST_CASE(
    "shipped playbooks: nothing that changes a cloud runs by itself but putting protection back") {
  const auto set = shipped();
  for (const auto& p : set->playbooks)
    for (const auto& s : p.steps) {
      INFO(p.name << " / " << s.name);
      const bool harmless = only_speaks(s.kind) || s.kind == step_kind::collect_evidence ||
                            s.kind == step_kind::restore_protection ||
                            s.kind == step_kind::restore_audit;
      CHECK((harmless || s.approval != approval_rule::none));
      CHECK((p.mode != mode::automatic || p.name == "protection-disabled" ||
             p.name == "audit-tampering"));
      const bool one_way = only_speaks(s.kind) || s.kind == step_kind::collect_evidence ||
                           s.kind == step_kind::cancel_export;
      CHECK((one_way || !s.inverse.empty()));
    }
}

TEST_CASE("shipped playbooks: every document among the parameters is JSON once it is filled") {
  auto a = samples::alert("1", "theft");
  a.identity_id = "arn:aws:iam::111122223333:role/\"odd\"";
  a.ips = {"203.0.113.7", "203.0.113.8"};
  a.regions = {"eu-west-1", "us-east-1"};
  incident i;
  i.id = "inc";
  const respond_settings settings;
  const plan_context context{a, i, settings, "it\"em", samples::at()};
  int documents = 0;
  const auto set = shipped();
  for (const auto& p : set->playbooks)
    for (const auto& s : p.steps)
      for (const auto* calls : {&s.calls, &s.inverse})
        for (const auto& call : *calls)
          for (const auto& [name, value] : call.parameters) {
            const auto text = value.fill(context);
            INFO(p.name << " / " << s.name << " / " << name);
            REQUIRE(text);
            if (!text->starts_with('{'))
              continue;
            rapidjson::Document d;
            d.Parse(text->c_str());
            CHECK_FALSE(d.HasParseError());
            ++documents;
          }
  CHECK(documents >= 10);
}

TEST_CASE(
    "shipped playbooks: a download of many objects closes each bucket once, objects and all") {
  auto a = samples::alert("1", "storage-objects-suspicious-download");
  a.cloud = "aws";
  a.severity = base::severity::high;
  a.identity_id = "arn:aws:iam::111122223333:user/anna";
  a.identity_type = "user";
  a.resources.clear();
  for (int i = 0; i < 30; ++i)
    a.resources.push_back("arn:aws:s3:::" + std::string{i % 3 == 0 ? "ledger" : "photos"} + "/" +
                          std::to_string(i));
  incident i;
  i.id = "inc";
  const respond_settings settings;
  const auto set = shipped();
  const auto* p = set->find("mass-download");
  REQUIRE(p != nullptr);
  const plan_context context{a, i, settings, {}, samples::at()};
  REQUIRE(starts(*p, context, {}));
  std::vector<std::string> targets;
  for (const auto& step : plan(*p, context)) {
    if (step.plan.kind != step_kind::isolate_bucket)
      continue;
    REQUIRE(step.complete);
    targets.push_back(step.plan.target);
    REQUIRE(step.plan.calls.size() == 1);
    for (const auto& [name, value] : step.plan.calls[0].parameters) {
      if (name != "AddStatement")
        continue;
      rapidjson::Document d;
      d.Parse(value.c_str());
      REQUIRE_FALSE(d.HasParseError());
      REQUIRE(d["Resource"].IsArray());
      REQUIRE(d["Resource"].Size() == 2);
      CHECK(d["Resource"][0] == rapidjson::Value{step.plan.target.c_str(), d.GetAllocator()});
      // A statement on the bucket alone would leave every object readable.
      CHECK(std::string{d["Resource"][1].GetString()} == step.plan.target + "/*");
    }
  }
  CHECK(targets == std::vector<std::string>{"arn:aws:s3:::ledger", "arn:aws:s3:::photos"});
}
