#include "tests/ingest/microsoft_records.hpp"

#include <set>

using namespace vedette;
using namespace vedette::ingest;

TEST_CASE("no mark belongs to two formats", "[ingest][formats]") {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& format : formats()) {
    INFO(format.name);
    CHECK_FALSE(format.marks.empty());
    CHECK(format.make() != nullptr);
    for (const auto& mark : format.marks)
      CHECK(seen.insert({mark.key, mark.value}).second);
  }
}

TEST_CASE("a record is of the format whose mark it bears first", "[ingest][formats]") {
  struct row {
    const char* why;
    std::string record;
    const char* format;
  };
  const auto r = GENERATE(values<row>({
      {"CloudTrail", record_with(""), "aws"},
      {"CloudTrail, other order",
       R"({"apiVersion":"2010-05-08","eventName":"x","userIdentity":{}})", "aws"},
      {"Kubernetes", kubernetes_with(""), "kubernetes"},
      {"Kubernetes, sorted by name", R"({"annotations":{"a":{"insertId":1}},"auditID":"1"})",
       "kubernetes"},
      {"Google Cloud", gcp_with(""), "gcp"},
      {"Google Cloud, sorted by name", R"({ "insertId" : "1"})", "gcp"},
      {"Azure's Activity log", azure_with(""), "azure"},
      {"Azure's Activity log, by the id alone", R"({"caller":"x","eventDataId":"d"})", "azure"},
      {"a resource of Azure", R"({"time":"t","resourceId":"/subscriptions/s","category":"Audit"})",
       "azure"},
      {"storage of Azure", storage_with(""), "azure"},
      {"Entra's sign-ins", sign_in_with(""), "entra"},
      {"Entra's audit", directory_change_with(""), "entra"},
      {"calls of Graph", graph_call_with(""), "entra"},
      {"another log of Entra",
       R"({"time":"t","resourceId":"/tenants/t/providers/x","category":"RiskyUsers"})", "entra"},
      {"a policy of Entra, as Graph has it",
       R"({"id":"1","category":"Policy","activityDisplayName":"x"})", "entra"},
      {"Microsoft 365", m365_with(""), "m365"},
      {"a flow log's line", R"({"version":2,"account-id":"1","interface-id":"eni-1"})", "vpc_flow"},
      {"a flow log's row of a table", R"({"version":2,"interface_id":"eni-1"})", "vpc_flow"},
      {"another log that names interfaces", R"({"interface_id":"7","insertId":"i"})", "gcp"},
      {"an access log", R"({"bucketowner":"6e","bucket_name":"b"})", "s3_access"},
      {"another product's resource is not Azure's",
       R"({"resourceId":"r-17","UserId":"u","Operation":"x"})", ""},
      {"a weak mark counts for less than a later one",
       R"({"resourceId":"/subscriptions/s","auditID":"1"})", "kubernetes"},
      {"marks inside do not count", R"({"a":{"protoPayload":{}},"b":["auditID"],"c":"logName"})",
       ""},
      {"another object of Kubernetes", R"({"apiVersion":"v1","kind":"Event"})", ""},
      {"nothing", "{}", ""},
      {"no object", "[1]", ""},
      {"a cut", R"({"kind":"Ev)", ""},
      {"empty", "", ""},
  }));
  INFO(r.why);
  const auto found = recognise(r.record);
  CHECK((found == no_format ? std::string_view{} : formats()[found].name) == r.format);
}

TEST_CASE("any cut of a record of any format is quarantined or kept, never more",
          "[ingest][formats][bad]") {
  for (const auto& text :
       {kubernetes_with(""), gcp_with(""), azure_with(""), storage_with(""), sign_in_with(""),
        directory_change_with(""), graph_call_with(""), m365_with("")})
    for (std::size_t size = 0; size < text.size(); ++size) {
      INFO("first " << size << " bytes");
      const auto run = run_text(text.substr(0, size));
      CHECK(run->batch.events.empty());
      CHECK(run->quarantined.size() >= (size > 0 ? 1U : 0U));
    }
}

TEST_CASE("formats may stand side by side in one stream", "[ingest][formats]") {
  const auto run = run_text(record_with("") + "\n" + kubernetes_with("") + "\n" + gcp_with("") +
                            "\n" + azure_with("") + "\n" + sign_in_with("") + "\n" + m365_with(""));
  REQUIRE(run->batch.events.size() == 6);
  CHECK(to_string(run->batch.events[0].provider) == to_string(base::cloud::aws));
  CHECK(to_string(run->batch.events[1].provider) == to_string(base::cloud::kubernetes));
  CHECK(to_string(run->batch.events[2].provider) == to_string(base::cloud::gcp));
  CHECK(run->batch.events[3].service == "microsoft.compute");
  CHECK(run->batch.events[4].service == "microsoft.aadiam");
  CHECK(run->batch.events[5].service == "OneDrive");
}

TEST_CASE("the audit of a cluster of AKS is Kubernetes' and no resource of Azure",
          "[ingest][formats]") {
  std::string text;
  for (char c : kubernetes_with("")) {
    if (c == '"')
      text += '\\';
    if (c != '\n')
      text += c;
  }
  const auto run = run_text(
      R"({"records":[{"category":"kube-audit","resourceId":"/SUBSCRIPTIONS/S/MANAGEDCLUSTERS/SHOP","time":"2026-01-02T03:04:05Z","properties":{"log":")" +
      text + R"("}}]})");
  CHECK(to_string(run->only().provider) == to_string(base::cloud::kubernetes));
  CHECK(run->only().account == "/SUBSCRIPTIONS/S/MANAGEDCLUSTERS/SHOP");
}

TEST_CASE("a format is found by its name", "[ingest][formats]") {
  for (std::size_t i = 0; i < formats().size(); ++i)
    CHECK(format_named(formats()[i].name) == i);
  CHECK(format_named("auto") == no_format);
  CHECK(format_named("") == no_format);
}

TEST_CASE("when one format is asked for, records of others are quarantined with both names",
          "[ingest][formats]") {
  normaliser n{shipped_taxonomy(), nullptr, nullptr, std::make_shared<base::tenant_settings>()};
  const auto run = [&](const std::string& record, const char* only) {
    base::event_batch batch;
    const auto padded = record + std::string(64, ' ');
    const auto v = n.run({padded.data(), record.size()}, batch, format_named(only));
    return v.what == disposition::event ? std::string{"event"} : std::string{v.reason};
  };
  CHECK(run(record_with(""), "aws") == "event");
  CHECK(run(azure_with(""), "azure") == "event");
  CHECK(run(gcp_with(""), "aws") == "record is of format 'gcp', not 'aws'");
  CHECK(run(record_with(""), "m365") == "record is of format 'aws', not 'm365'");
  CHECK(run(sign_in_with(""), "azure") == "record is of format 'entra', not 'azure'");
  INFO("a record without a mark is read as what was asked for");
  CHECK(run(R"({"some":"thing"})", "kubernetes") == "no requestReceivedTimestamp");
  CHECK(run(R"({"some":"thing"})", "auto") == "no eventVersion");
}
