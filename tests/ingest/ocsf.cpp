#include "ingest/ocsf/event_ocsf.hpp"
#include "ingest/ocsf/ocsf_class.hpp"
#include "tests/ingest/microsoft_records.hpp"
#include "tests/ingest/new_records.hpp"
#include "tests/ingest/records.hpp"

using namespace vedette;
using namespace vedette::ingest;

namespace {

std::string as_ocsf(const base::event& e) {
  base::json_writer out;
  describe_ocsf(e, {"acme"}, out);
  return std::string{out.text()};
}

std::string at(const std::string& json, const std::vector<std::string>& path) {
  std::string out;
  visit_path(read_value(json), path, [&](const json_value& v) {
    out += (out.empty() ? "" : ",") + std::string{v.kind == json_kind::text ? v.inner() : v.raw};
  });
  return out;
}

} // namespace

TEST_CASE("ocsf: an activity is of one class", "[ingest][ocsf]") {
  struct row {
    const char* activity;
    bool read_only, has_resource;
    int of, id;
  };
  const auto r = GENERATE(values<row>({
      {"identity.login", false, false, 3002, 1},
      {"identity.logout", false, false, 3002, 2},
      {"identity.create", false, true, 3001, 1},
      {"identity.delete", false, true, 3001, 6},
      {"iam.policy.attach", false, true, 3001, 7},
      {"identity.mfa.delete", false, true, 3001, 11},
      {"storage.object.read", true, true, 6005, 1},
      {"storage.object.delete", false, true, 6005, 7},
      {"network.flow.accept", false, true, 4001, 6},
      // A class whose object is missing is not chosen.
      {"identity.create", false, false, 6003, 1},
      {"storage.object.read", true, false, 6003, 2},
      {"compute.instance.create", false, true, 6003, 1},
      {"compute.instance.describe", true, false, 6003, 2},
      {"compute.instance.stop", false, true, 6003, 3},
      {"snapshot.delete", false, true, 6003, 4},
      {"network.flowers.plant", false, true, 6003, 3},
      {"", true, false, 6003, 2},
      {"", false, false, 6003, 99},
  }));
  INFO(r.activity);
  const std::array<std::string_view, 1> resource{"r"};
  base::event e;
  e.activity = r.activity;
  e.read_only = r.read_only;
  if (r.has_resource)
    e.resources = resource;
  const auto found = ocsf_activity_of(e);
  CHECK(static_cast<int>(found.of) == r.of);
  CHECK(found.id == r.id);
}

TEST_CASE("ocsf: a call says all that its class demands", "[ingest][ocsf]") {
  const auto run = run_text(record_with(
      R"("errorCode":"AccessDenied","userAgent":"aws-cli/2.15","eventName":"DescribeInstances")"));
  const auto json = as_ocsf(run->only());
  INFO(json);
  CHECK(at(json, {"class_uid"}) == "6003");
  CHECK(at(json, {"category_uid"}) == "6");
  CHECK(at(json, {"activity_id"}) == "2");
  CHECK(at(json, {"type_uid"}) == "600302");
  CHECK(at(json, {"time"}) == "1767323045000");
  CHECK(at(json, {"severity_id"}) == "1");
  CHECK(at(json, {"status_id"}) == "2");
  CHECK(at(json, {"status_code"}) == "AccessDenied");
  CHECK(at(json, {"metadata", "version"}) == "1.8.0");
  CHECK(at(json, {"metadata", "original_event_uid"}) == "e-1");
  CHECK(at(json, {"metadata", "tenant_uid"}) == "acme");
  CHECK(at(json, {"metadata", "product", "name"}) == "ec2.amazonaws.com");
  CHECK(at(json, {"cloud", "provider"}) == "AWS");
  CHECK(at(json, {"cloud", "account", "uid"}) == "111122223333");
  CHECK(at(json, {"cloud", "region"}) == "eu-west-1");
  CHECK(at(json, {"actor", "user", "uid"}) == "arn:aws:iam::111122223333:user/ana");
  CHECK(at(json, {"actor", "user", "type"}) == "user");
  CHECK(at(json, {"api", "operation"}) == "DescribeInstances");
  CHECK(at(json, {"api", "service", "name"}) == "ec2.amazonaws.com");
  CHECK(at(json, {"src_endpoint", "ip"}) == "203.0.113.9");
  CHECK(at(json, {"http_request", "user_agent"}) == "aws-cli/2.15");
  INFO("key ids stay in the record they came in");
  CHECK(json.find("AKIAIOSFODNN7EXAMPLE") == std::string::npos);
}

TEST_CASE("ocsf: what was reached by a flow is an endpoint", "[ingest][ocsf]") {
  const auto run = run_text(our_log("vpc_flow_default.log"));
  REQUIRE(run->batch.events.size() == 3);
  const auto out = as_ocsf(run->batch.events[0]), v6 = as_ocsf(run->batch.events[2]);
  CHECK(at(out, {"class_uid"}) == "4001");
  CHECK(at(out, {"dst_endpoint", "ip"}) == "198.51.100.7");
  CHECK(at(out, {"dst_endpoint", "port"}) == "443");
  CHECK(at(as_ocsf(run->batch.events[1]), {"activity_name"}) == "Refuse");
  CHECK(at(v6, {"dst_endpoint", "ip"}) == "2001:db8:ffff::53");
  CHECK(at(v6, {"dst_endpoint", "port"}) == "53");
}

TEST_CASE("ocsf: what was printed is read as the same event again", "[ingest][ocsf][mapping]") {
  const auto text =
      GENERATE(as<std::string>{}, record_with(R"("errorCode":"AccessDenied")"),
               record_with(R"("eventName":"CreateAccessKey","eventSource":"iam.amazonaws.com")"),
               kubernetes_with(""), gcp_with(""), azure_with(""), storage_with(""),
               sign_in_with(""), directory_change_with(""), graph_call_with(""), m365_with(""),
               our_log("vpc_flow_default.log"), our_log("vpc_flow_custom.log"),
               our_log("s3_access.log"), our_log("guardduty.json"), our_log("aws_config.json"));
  const auto first = run_text(text);
  REQUIRE_FALSE(first->batch.events.empty());
  std::string printed;
  for (const auto& e : first->batch.events)
    printed += as_ocsf(e) + "\n";
  INFO(printed);
  const auto second = run_text(printed);
  CHECK(second->quarantined == std::vector<std::string>{});
  REQUIRE(second->batch.events.size() == first->batch.events.size());
  for (std::size_t i = 0; i < first->batch.events.size(); ++i) {
    const auto &a = first->batch.events[i], &b = second->batch.events[i];
    INFO("event " << i);
    CHECK(a.id == b.id);
    CHECK(std::chrono::floor<std::chrono::milliseconds>(a.time) == b.time);
    CHECK(to_string(a.provider) == to_string(b.provider));
    CHECK(a.account == b.account);
    CHECK(a.region == b.region);
    CHECK(a.service == b.service);
    CHECK(a.action == b.action);
    CHECK(a.activity == b.activity);
    CHECK(to_string(a.result) == to_string(b.result));
    CHECK(a.error == b.error);
    CHECK(a.identity == b.identity);
    CHECK(a.identity_name == b.identity_name);
    CHECK(to_string(a.actor) == to_string(b.actor));
    CHECK(a.session == b.session);
    CHECK(to_string(a.holder) == to_string(b.holder));
    CHECK(a.workload == b.workload);
    CHECK(a.source_text == b.source_text);
    CHECK(a.user_agent == b.user_agent);
    CHECK(std::ranges::equal(a.resources, b.resources));
    CHECK(std::ranges::equal(a.targets, b.targets));
    CHECK(a.bytes == b.bytes);
    CHECK(a.count == b.count);
  }
}

TEST_CASE("ocsf: a log of others is understood", "[ingest][ocsf][mapping]") {
  const auto run = run_text(our_log("ocsf.json"));
  CHECK(run->quarantined == std::vector<std::string>{});
  REQUIRE(run->batch.events.size() == 3);
  const auto& key = run->batch.events[0];
  INFO("what rules/activities/ knows of a service counts, whoever tells");
  CHECK(key.activity == "identity.key.create");
  CHECK(to_string(key.provider) == "aws");
  CHECK(key.identity == "arn:aws:iam::111122223333:user/ana");
  CHECK(key.session == run_text(record_with(""))->only().session);
  CHECK(to_string(key.holder) == "long_term");
  const auto& sign_in = run->batch.events[1];
  CHECK(sign_in.activity == "identity.login");
  CHECK(to_string(sign_in.result) == "denied");
  CHECK(sign_in.identity == "u-17");
  const auto& join = run->batch.events[2];
  CHECK(join.activity == "identity.group.join");
  CHECK(join.identity == "u-17");
  CHECK(std::ranges::equal(join.resources, std::vector<std::string_view>{"u-99", "admins"}));
}

TEST_CASE("one source alone is read when it is named", "[ingest][ocsf][mapping]") {
  CHECK(source_named("k8s", nullptr) == source_named("kubernetes", nullptr));
  CHECK(source_named("okta", nullptr) == normaliser::any_format);
  const auto mappings = shipped_mappings();
  const auto ocsf = source_named("ocsf", mappings.get());
  REQUIRE(ocsf != normaliser::any_format);
  normaliser n{shipped_taxonomy(), nullptr, nullptr, std::make_shared<base::tenant_settings>(),
               mappings};
  base::event_batch batch;
  const auto reason = [&](std::string record, std::size_t only) {
    const auto size = record.size();
    record.append(64, ' ');
    return std::string{n.run({record.data(), size}, batch, only).reason};
  };
  CHECK(reason(record_with(""), ocsf) == "record is of format 'aws', not 'ocsf'");
  const auto line = our_log("ocsf.json");
  CHECK(reason(line.substr(0, line.find('\n')), ocsf).empty());
  CHECK(reason(line.substr(0, line.find('\n')), source_named("okta", mappings.get())) ==
        "record is of format 'ocsf', not 'okta'");
}
