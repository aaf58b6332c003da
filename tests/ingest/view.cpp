#include "tests/ingest/records.hpp"

#include "base/json_writer.hpp"
#include "ingest/json_reader.hpp"
#include "ingest/record_view.hpp"
#include "ingest/secrets.hpp"

#include <fmt/format.h>

using namespace vedette;
using namespace vedette::ingest;

namespace {

/// What a rule would see at the field: the values, in order.
struct asking_matcher final : base::event_matcher {
  std::vector<std::string> fields;
  mutable std::vector<std::vector<std::string>> found;
  mutable std::vector<std::string> leaves;
  bool matches = false;

  bool run(const base::event&, const base::field_view& view, base::arena&,
           std::vector<base::match>& out) const override {
    for (const auto& f : fields) {
      auto& values = found.emplace_back();
      for (const auto& s : view.find(base::field_name{f}))
        values.push_back(s.type == base::scalar::kind::null ? "<null>" : std::string{s.text});
    }
    for (const auto& s : view.all())
      leaves.emplace_back(s.text);
    if (matches)
      out.push_back({base::rule_index{7}, 1, {}});
    return matches;
  }
};

using texts = std::vector<std::string>;

texts ask(const std::string& text, const char* field, node_settings node = {}) {
  auto matcher = std::make_shared<asking_matcher>();
  matcher->fields = {field};
  node.matcher = matcher;
  run_text(text, node)->only();
  REQUIRE(matcher->found.size() == 1);
  return matcher->found[0];
}

} // namespace

TEST_CASE("a rule sees raw paths exactly as the record spells them", "[ingest][view]") {
  const auto text = record_with(
      R"("requestParameters":{"attributeType":"X","items":[{"id":"a","t":[1,2]},{"id":"b\"c"},7,{"x":null}],"flag":true,"n":1.50,"empty":{},"o":{"k":"v"},"d":1,"d":2})");
  struct row {
    const char* field;
    texts values;
  };
  const auto r = GENERATE(values<row>({
      {"requestParameters.attributeType", {"X"}},
      {"requestparameters.attributetype", {}},
      {"requestParameters.items.id", {"a", "b\"c"}},
      {"requestParameters.items.t", {"1", "2"}},
      {"requestParameters.items.1.id", {"b\"c"}},
      {"requestParameters.items.t.1", {"2"}},
      {"requestParameters.items.0.t.1", {"2"}},
      {"requestParameters.items.9.id", {}},
      {"requestParameters.items.[id=a].t", {"1", "2"}},
      {"requestParameters.items.[id=z].t", {}},
      {"requestParameters.items.[id=].t", {}},
      {"requestParameters.items.[id].t", {}},
      {"requestParameters.items.x", {"<null>"}},
      {"requestParameters.flag", {"true"}},
      {"requestParameters.n", {"1.50"}},
      {"requestParameters.empty", {"{}"}},
      {"requestParameters.o", {R"({"k":"v"})"}},
      {"requestParameters.d", {"1"}},
      {"requestParameters.none", {}},
      {"requestParameters.", {}},
      {"", {}},
      {"responseElements.x", {}},
      {"userIdentity.type", {"IAMUser"}},
      {"eventName", {"DescribeInstances"}},
  }));
  INFO(r.field);
  CHECK(ask(text, r.field) == r.values);
}

TEST_CASE("a rule sees normalised fields by name", "[ingest][view]") {
  const auto text = record_with(
      R"("eventSource":"ec2.amazonaws.com","eventName":"ModifySnapshotAttribute","errorCode":"AccessDenied","userAgent":"aws-cli/2.1","readOnly":false,"requestParameters":{"snapshotId":"snap-1","createVolumePermission":{"add":{"items":[{"userId":"999988887777"}]}}},"additionalEventData":{"bytesTransferredOut":1})");
  struct row {
    const char* field;
    texts values;
  };
  const auto r = GENERATE(values<row>({
      {"activity", {"snapshot.share"}},
      {"cloud", {"aws"}},
      {"account", {"111122223333"}},
      {"region", {"eu-west-1"}},
      {"region.allowed", {"false"}},
      {"service", {"ec2.amazonaws.com"}},
      {"action", {"ModifySnapshotAttribute"}},
      {"outcome", {"denied"}},
      {"error", {"AccessDenied"}},
      {"read_only", {"false"}},
      {"identity", {"arn:aws:iam::111122223333:user/ana"}},
      {"identity.name", {"ana"}},
      {"identity.type", {"user"}},
      {"identity.ci", {"true"}},
      {"identity.backup", {"false"}},
      {"session.class", {"long_term"}},
      {"session.workload", {}},
      {"source", {"203.0.113.9"}},
      {"source.ip", {"203.0.113.9"}},
      {"source.class", {"unknown"}},
      {"source.network", {"203.0.113.0/24"}},
      {"source.asn", {}},
      {"source.country", {}},
      {"client.class", {"cli"}},
      {"user_agent", {"aws-cli/2.1"}},
      {"resource", {"snap-1"}},
      {"resources", {"snap-1"}},
      {"resource.sensitive", {"false"}},
      {"target.class", {"foreign"}},
      {"target.accounts", {"999988887777"}},
      {"grant.class", {"none"}},
      {"bytes", {"0"}},
      {"count", {"1"}},
      {"id", {"e-1"}},
  }));
  INFO(r.field);
  node_settings node;
  node.tenant.ci_roles = {"user/ana"};
  node.tenant.backup_roles = {"na", "arn:aws:iam::111122223333:user/an"};
  node.tenant.allowed_regions = {"eu-west-11", "eu-central-1"};
  node.tenant.sensitive_resources = {"snap", "snap-11"};
  CHECK(ask(text, r.field, node) == r.values);
}

TEST_CASE("a region is allowed by the tenant's list, where there is one", "[ingest][view]") {
  struct row {
    const char* why;
    std::vector<std::string> listed;
    const char* region;
    texts values;
  };
  const auto r = GENERATE(values<row>({
      {"nothing is restricted", {}, "ap-east-1", {}},
      {"on the list", {"eu-west-1", "ap-east-1"}, "ap-east-1", {"true"}},
      {"not on it", {"eu-west-1"}, "ap-east-1", {"false"}},
      {"only begins like one", {"ap-east-11"}, "ap-east-1", {"false"}},
      {"nobody chose it", {"eu-west-1"}, "global", {"true"}},
      {"the record has none", {"eu-west-1"}, "", {}},
  }));
  INFO(r.why);
  node_settings node;
  node.tenant.allowed_regions = r.listed;
  const auto text =
      std::string{
          R"({"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:x"},)"
          R"("eventTime":"2026-01-02T03:04:05Z","eventSource":"s","eventName":"n","awsRegion":")"} +
      r.region + "\"}";
  CHECK(ask(text, "region.allowed", node) == r.values);
}

TEST_CASE("a resource is sensitive when whole parts of it are listed", "[ingest][view]") {
  struct row {
    const char* why;
    std::vector<std::string> listed;
    const char* value;
  };
  const auto r = GENERATE(values<row>({
      {"nothing is listed", {}, "false"},
      {"the bucket of an object", {"payroll"}, "true"},
      {"the object itself", {"arn:aws:s3:::payroll/2026/may.csv"}, "true"},
      {"some of its folders", {"payroll/2026"}, "true"},
      {"a part of a part", {"pay", "roll", "2026/m"}, "false"},
      {"an empty name", {""}, "false"},
      {"a longer name", {"payroll-exports"}, "false"},
  }));
  INFO(r.why);
  node_settings node;
  node.tenant.sensitive_resources = r.listed;
  const auto text = record_with(
      R"("eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"bucketName":"payroll","key":"2026/may.csv"})");
  CHECK(ask(text, "resource.sensitive", node) == texts{r.value});
}

TEST_CASE("every leaf of a record is there for keyword search, and no key", "[ingest][view]") {
  auto matcher = std::make_shared<asking_matcher>();
  node_settings node;
  node.matcher = matcher;
  run_text(
      R"({"eventVersion":"1.08" , "userIdentity" : {"type":"IAMUser","arn":"arn:x"},)"
      R"("eventTime":"2026-01-02T03:04:05Z","eventSource":"s","eventName":"n","l":[1,[true,{"k" :"v\n"}],null]})",
      node)
      ->only();
  CHECK(matcher->leaves == texts{"1.08", "IAMUser", "arn:x", "2026-01-02T03:04:05Z", "s", "n", "1",
                                 "true", "v\n", ""});
}

TEST_CASE("at most limits::record_leaves values are seen", "[ingest][view]") {
  std::string list = "[0";
  for (std::size_t i = 0; i < base::limits::record_leaves + 100; ++i)
    list += ",1";
  const auto text = record_with("\"requestParameters\":{\"l\":" + list + "]}");
  CHECK(ask(text, "requestParameters.l").size() == base::limits::record_leaves);
}

TEST_CASE("evidence is kept for matches only, with secrets masked", "[ingest][secrets]") {
  const auto text = record_with(
      R"("responseElements":{"credentials":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionToken":"very-secret","expiration":"x"}},"requestParameters":{"password":"hunter2","userData":{"value":"c2VjcmV0"},"note":"key AKIAIOSFODNN7EXAMPLE, really","nested":"{\"SecretAccessKey\":\"abc\"}","passwordResetRequired":true})");
  auto matcher = std::make_shared<asking_matcher>();
  node_settings node;
  node.matcher = matcher;
  CHECK(run_text(text, node)->only().evidence.empty());
  matcher->matches = true;
  const auto run = run_text(text, node);
  const auto& e = run->only();
  CHECK(e.matches.size() == 1);
  const std::string evidence{e.evidence};
  INFO(evidence);
  for (const char* secret : {"very-secret", "hunter2", "c2VjcmV0", "abc\\", "7EXAMPLE"})
    CHECK(evidence.find(secret) == std::string::npos);
  CHECK(evidence.find(R"("accessKeyId":"ASIAIOSFODNN7~)") != std::string::npos);
  CHECK(evidence.find(R"("userData":"***")") != std::string::npos);
  CHECK(evidence.find(R"("passwordResetRequired":true)") != std::string::npos);
  CHECK(evidence.find(R"("expiration":"x")") != std::string::npos);
  CHECK(read_value(evidence).raw == evidence);
}

TEST_CASE("redaction cut at any size leaves well-formed JSON within the size",
          "[ingest][secrets]") {
  const auto text = record_with(
      R"("requestParameters":{"a":[1,{"b":"x"},[]],"secret":{"y":[1]},"k":"AKIAIOSFODNN7EXAMPLE"},"e":{},"f":[[]])");
  base::arena memory;
  const auto whole = redacted(text, base::limits::evidence_bytes, memory);
  CHECK(read_value(whole).raw == whole);
  for (std::size_t limit = 2; limit < whole.size() + 3; ++limit) {
    INFO(limit);
    const auto cut = redacted(text, limit, memory);
    CHECK(cut.size() <= limit);
    CHECK(read_value(cut).raw == cut);
    CHECK(cut.find("7EXAMPLE") == std::string_view::npos);
    member_reader m{read_value(cut)};
    std::size_t members = 0;
    while (m.next())
      ++members;
    if (limit > 64)
      CHECK(members >= 1);
  }
  CHECK(redacted("", 100, memory).empty());
  CHECK(redacted(std::string(500, '['), 100, memory).size() <= 100);
}

TEST_CASE("names of secrets are known in every spelling", "[ingest][secrets]") {
  for (const char* name :
       {"sessionToken", "SessionToken", "session_token", "secretAccessKey", "masterUserPassword",
        "Authorization", "X-Amz-Security-Token", "userData", "privateKey", "SecretString"})
    CHECK(names_secret(name));
  for (const char* name :
       {"nextToken", "passwordResetRequired", "secretId", "userName", "", "tokenCount"})
    CHECK_FALSE(names_secret(name));
  CHECK(is_access_key_id("AKIAIOSFODNN7EXAMPLE"));
  CHECK_FALSE(is_access_key_id("AKIA"));
  CHECK_FALSE(is_access_key_id("AROAIOSFODNN7EXAMPLE"));
}

TEST_CASE("a taxonomy entry is found with and without its date", "[ingest][taxonomy]") {
  struct row {
    const char* action;
    const char* bare;
  };
  const auto r = GENERATE(values<row>({
      {"CreateFunction20150331", "CreateFunction"},
      {"UpdateFunctionCode20150331v2", "UpdateFunctionCode"},
      {"CreateDistribution2020_05_31", "CreateDistribution"},
      {"CreateDistribution_2020_05_31v2", "CreateDistribution"},
      {"ListObjectsV2", "ListObjectsV2"},
      {"Version2", "Version2"},
      {"20150331", "20150331"},
      {"RunInstances", "RunInstances"},
      {"", ""},
  }));
  CHECK(taxonomy::without_date(r.action) == r.bare);
}

TEST_CASE("the shipped taxonomy maps calls as their service logs them", "[ingest][taxonomy]") {
  const auto t = shipped_taxonomy();
  CHECK(t->size() > 300);
  const auto activity = [&](const char* service, const char* action) {
    const auto* e = t->find(service, action);
    return e == nullptr ? std::string{} : e->activity;
  };
  CHECK(activity("lambda.amazonaws.com", "CreateFunction20150331") == "function.create");
  CHECK(activity("ec2.amazonaws.com", "CreateFunction") == "");
  CHECK(activity("cloudtrail.amazonaws.com", "StopLogging") == "audit.log.stop");
  CHECK(activity("nobody.amazonaws.com", "StopLogging") == "");
}

TEST_CASE("a later taxonomy adds to and overrides an earlier one", "[ingest][taxonomy]") {
  const auto t =
      taxonomy::load({"services: {s: {A: one, B: two}}", "services: {s: {B: three, C: four}}"});
  REQUIRE(t);
  CHECK((*t)->size() == 3);
  CHECK((*t)->find("s", "B")->activity == "three");
  CHECK((*t)->find("s", "A")->activity == "one");
}

TEST_CASE("a taxonomy that does not read says where", "[ingest][taxonomy]") {
  struct row {
    const char* yaml;
    const char* says;
  };
  const auto r = GENERATE(values<row>({
      {"services: [", "line"},
      {"nothing: here", "no mapping 'services'"},
      {"services:\n  s:\n    A: {activty: x}", "s A (line 3): has an unknown key 'activty'"},
      {"services: {s: {A: {count: x}}}", "names no activity"},
      {"services: {s: {A: {activity: x, resources: 'a{b'}}}", "brace"},
      {"services: {s: {A: [x]}}", "neither"},
      {"services: {s: {A: {activity: x, read_only: perhaps}}}", "line 1"},
      {"services: {s: 7}", "s"},
  }));
  INFO(r.yaml);
  const auto t = taxonomy::load({r.yaml});
  REQUIRE_FALSE(t);
  CHECK(base::to_string(t.err()).find(r.says) != std::string::npos);
}
