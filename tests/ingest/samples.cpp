#include "tests/ingest/records.hpp"

#include <algorithm>

using namespace vedette;
using namespace vedette::ingest;

namespace {

/// Runs every file of a sample folder whose name contains `part`.
template <class Check>
void each_sample(const char* folder, const char* part, Check&& check) {
  // Records that another product kept lie in its own wrapper.
  node_settings node;
  if (std::string_view{folder} == "saas_and_azure")
    node.unwrap = {"/log"};
  const auto dir = sample_dir(folder);
  if (!dir)
    return;
  std::vector<std::filesystem::path> files;
  for (const auto& f : std::filesystem::directory_iterator{*dir})
    if (f.path().filename().string().find(part) != std::string::npos)
      files.push_back(f.path());
  std::ranges::sort(files);
  REQUIRE_FALSE(files.empty());
  for (const auto& f : files) {
    INFO(f.filename());
    check(*run_text(file_text(f), node));
  }
}

std::size_t parse_all(const char* folder, const char* part) {
  std::size_t events = 0;
  each_sample(folder, part, [&](const outcome_of_run& run) {
    CHECK(run.quarantined == std::vector<std::string>{});
    for (const auto& e : run.batch.events) {
      CHECK_FALSE(e.identity.empty());
      CHECK_FALSE(e.service.empty());
      CHECK(e.evidence.empty());
    }
    events += run.batch.events.size();
  });
  return events;
}

} // namespace

TEST_CASE("public CloudTrail samples parse without quarantine", "[ingest][samples]") {
  struct row {
    const char* folder;
    const char* part;
    std::size_t events;
  };
  const auto r = GENERATE(values<row>({
      {"aws_stratus", ".json", 310},
      {"aws_cloudtrail_s3", ".json", 29},
      {"aws_eventbridge", ".json", 10},
      {"aws_cloudwatch", "cloudtrail", 4},
      {"plaso", "aws_cloudtrail", 6},
  }));
  INFO(r.folder);
  if (sample_dir(r.folder))
    CHECK(parse_all(r.folder, r.part) == r.events);
}

TEST_CASE("notices that carry no event are skipped with what they are", "[ingest][samples]") {
  each_sample("aws_cloudwatch", "sqs", [](const outcome_of_run& run) {
    CHECK(run.batch.events.empty());
    CHECK(run.quarantined.empty());
    CHECK(run.skipped == std::vector<std::string>{"S3 object notice"});
  });
}

TEST_CASE("placeholder records are quarantined for what they lack", "[ingest][samples]") {
  const auto dir = sample_dir("streamalert");
  if (!dir)
    return;
  node_settings node;
  node.unwrap = {"/data", "/override_record"};
  const auto run = [&](const char* name) { return run_text(file_text(*dir / name), node); };
  CHECK(run("classifier__cloudtrail__cloudtrail_events.json")->quarantined ==
        std::vector<std::string>{"eventTime 'eventTime' is not a time"});
  CHECK(
      run("classifier__cloudwatch__cloudwatch_cloudtrail.json")->quarantined ==
      std::vector<std::string>{"eventVersion 'foo' is not supported: this build reads version 1"});
  CHECK(run("classifier__cloudtrail__cloudtrail_insights.json")->skipped ==
        std::vector<std::string>{"CloudTrail Insights statistics"});
  CHECK(run("classifier__cloudwatch__cloudwatch_control_message.json")->skipped ==
        std::vector<std::string>{"CloudWatch Logs control message"});
}

TEST_CASE("sharing techniques in the samples reach a foreign account", "[ingest][samples]") {
  for (const char* part : {"share-ebs", "share-ami", "rds-share"})
    each_sample("aws_stratus", part, [&](const outcome_of_run& run) {
      INFO(part);
      CHECK(std::ranges::any_of(run.batch.events, [](const auto& e) {
        return e.target == base::target_class::foreign && e.targets.size() == 1 &&
               e.activity.ends_with(".share");
      }));
    });
}

TEST_CASE("policies in the samples are judged by what they give away", "[ingest][samples]") {
  struct row {
    const char* part;
    base::grant_class grant;
  };
  for (const auto& r : {row{"iam-create-admin-user", base::grant_class::admin},
                        row{"iam-backdoor-role", base::grant_class::foreign_trust},
                        row{"iam-create-backdoor-role", base::grant_class::foreign_trust},
                        row{"lambda-backdoor-function", base::grant_class::public_trust}})
    each_sample("aws_stratus", r.part, [&](const outcome_of_run& run) {
      INFO(r.part);
      CHECK(
          std::ranges::any_of(run.batch.events, [&](const auto& e) { return e.grant == r.grant; }));
    });
}

namespace {

/// What a record of a public sample says, as far as a row names it.
struct expected {
  const char* folder;
  const char* part;  ///< of the file's name
  std::size_t which; ///< event of the file
  const char* cloud;
  const char* identity;
  const char* action;
  const char* region;
  const char* result;
  const char* address;
};

} // namespace

TEST_CASE("public samples of other formats end as events or are skipped", "[ingest][samples]") {
  struct row {
    const char* folder;
    std::size_t files, events, skipped;
  };
  const auto r = GENERATE(values<row>({
      {"k8s_audit", 23, 23, 0},
      {"k8s_audit_file", 1, 37, 0},
      {"gcp_audit", 23, 22, 1},
      {"gcp_csa", 9, 8, 1},
      {"azure_activity_eventhub", 3, 2, 1},
      {"azure_ad_audit", 2, 5, 0},
  }));
  INFO(r.folder);
  std::size_t files = 0, events = 0, skipped = 0;
  each_sample(r.folder, "", [&](const outcome_of_run& run) {
    CHECK(run.quarantined == std::vector<std::string>{});
    for (const auto& e : run.batch.events) {
      CHECK_FALSE(e.identity.empty());
      CHECK_FALSE(e.service.empty());
      CHECK_FALSE(e.action.empty());
    }
    ++files;
    events += run.batch.events.size();
    skipped += run.skipped.size();
  });
  if (files == 0)
    return;
  CHECK(files == r.files);
  CHECK(events == r.events);
  CHECK(skipped == r.skipped);
}

TEST_CASE("public samples of Microsoft's clouds end as events or are skipped, file by file",
          "[ingest][samples]") {
  struct row {
    const char* folder;
    const char* part;
    std::size_t events;
    std::vector<std::string> skipped;
  };
  const std::string begins = "beginning of an Azure operation: its end counts";
  const auto r = GENERATE_COPY(values<row>({
      {"azure_activity_eventhub", "administrative", 0, {begins}},
      {"saas_and_azure", "Azure.Audit", 5, {}},
      {"saas_and_azure", "Azure.MonitorActivity", 6, {}},
      {"saas_and_azure", "Microsoft365", 2, {}},
      {"plaso", "azure_activity", 0, std::vector<std::string>(4, begins)},
      {"plaso", "microsoft_audit", 4, {}},
  }));
  INFO(r.folder << "/" << r.part);
  each_sample(r.folder, r.part, [&](const outcome_of_run& run) {
    CHECK(run.quarantined == std::vector<std::string>{});
    CHECK(run.skipped == r.skipped);
    CHECK(run.batch.events.size() == r.events);
  });
}

TEST_CASE("public samples of other formats are understood", "[ingest][samples]") {
  const auto r = GENERATE(values<expected>({
      {"k8s_audit", "anonymous_creates", 0, "k8s", "system:anonymous", "create namespaces", "",
       "ok", "192.168.99.1"},
      {"k8s_audit", "exec_pod", 0, "k8s", "minikube-user", "create pods/exec", "", "ok",
       "192.168.99.1"},
      {"k8s_audit_file", "demo", 0, "k8s", "system:admin", "list pods", "", "denied", "::1"},
      {"k8s_audit_file", "demo", 2, "k8s", "system:admin", "list pods", "", "ok", "::1"},
      {"gcp_audit", "bq-dataset", 0, "gcp", "kapilt@gmail.com", "datasetservice.insert", "US", "ok",
       "65.114.164.50"},
      {"gcp_audit", "k8s_create", 0, "k8s",
       "system:node:gke-standard-cluster-1-pool-1-c733eefe-xtbq", "create pods", "us-central1",
       "ok", "35.184.126.154"},
      {"gcp_audit", "lb-target-pools", 0, "gcp", "yauhen_shaliou@comelfo.com",
       "v1.compute.targetPools.get", "us-central1", "ok", "217.21.63.2"},
      {"gcp_csa", "objects.get", 0, "gcp", "anonymous", "google.storage.objects.get", "", "denied",
       "203.0.113.255"},
      {"gcp_csa", "GenerateContent", 0, "gcp", "test-user@example.com",
       "google.cloud.aiplatform.v1beta1.PredictionService.GenerateContent", "", "ok",
       "203.0.113.255"},
      {"azure_activity_eventhub", "as_object", 0, "azure", "607964b6-41a5-4e24-a5db-db7aab3b9b34",
       "SecretGet", "", "ok", ""},
      {"azure_activity_eventhub", "as_string", 0, "azure", "John Doe", "SecretGet", "", "ok", ""},
      {"azure_ad_audit", "AADAudit", 0, "azure", "aead923d-498b-4f64-a66c-2af91447a8b6",
       "Update application \xE2\x80\x93 Certificates and secrets management", "", "ok", ""},
      {"azure_ad_audit", "AADAudit", 3, "azure", "aead923d-498b-4f64-a66c-2af91447a8b6",
       "Add delegated permission grant", "", "ok", ""},
      {"azure_ad_audit", "Office", 0, "azure", "pgustavo@simulandlabs.com", "MailItemsAccessed", "",
       "ok", "1.2.3.4"},
      {"saas_and_azure", "Azure.Audit", 0, "azure", "b1c34143-e405-4058-8e29-84596ad737b8",
       "Sign-in activity", "", "denied", "12.12.12.12"},
      {"saas_and_azure", "Azure.Audit", 1, "azure", "4b6986ec-c49c-40c0-89ce-b2ac51213e39",
       "Sign-in activity", "", "ok", "12.12.12.12"},
      {"saas_and_azure", "Azure.Audit", 2, "azure", "234526234", "Delete conditional access policy",
       "", "ok", "1.2.3.4"},
      {"saas_and_azure", "Azure.Audit", 4, "azure", "12345123", "Added policy", "", "ok",
       "1.2.3.4"},
      {"saas_and_azure", "Azure.MonitorActivity", 0, "azure", "anonymous",
       "Microsoft.Compute/disks/delete", "eastus", "ok", "1.1.1.1"},
      {"saas_and_azure", "Azure.MonitorActivity", 3, "azure", "anonymous",
       "MICROSOFT.AUTOMATION/AUTOMATIONACCOUNTS/WRITE", "eastus", "ok", "1.1.1.1"},
      {"saas_and_azure", "Microsoft365", 0, "azure", "my.user@yourorg.onmicrosoft.com",
       "AddedToSecureLink", "", "ok", "1.2.3.4"},
      {"saas_and_azure", "Microsoft365", 1, "azure", "my.user@yourorg.onmicrosoft.com",
       "AddedToSecureLink", "", "ok", "1.2.3.4"},
      {"plaso", "microsoft_audit", 0, "azure",
       "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.Servicehost)", "Install-DefaultSharingPolicy", "",
       "ok", ""},
  }));
  INFO(r.folder << "/" << r.part);
  each_sample(r.folder, r.part, [&](const outcome_of_run& run) {
    REQUIRE(run.batch.events.size() > r.which);
    const auto& e = run.batch.events[r.which];
    CHECK(to_string(e.provider) == r.cloud);
    CHECK(e.identity == r.identity);
    CHECK(e.action == r.action);
    CHECK(e.region == r.region);
    CHECK(to_string(e.result) == r.result);
    CHECK(e.source_text == r.address);
  });
}

TEST_CASE("grants in public samples are judged by what they give away", "[ingest][samples]") {
  struct row {
    const char* folder;
    const char* part;
    base::grant_class grant;
  };
  for (const auto& r : {row{"k8s_audit", "cluster_role_wildcard", base::grant_class::limited},
                        row{"k8s_audit", "clusterrolebinding", base::grant_class::limited},
                        row{"gcp_csa", "tokenCreator", base::grant_class::admin},
                        row{"gcp_csa", "AuditLog.setIamPolicy", base::grant_class::admin}})
    each_sample(r.folder, r.part, [&](const outcome_of_run& run) {
      INFO(r.part);
      CHECK(to_string(run.only().grant) == to_string(r.grant));
    });
}

TEST_CASE("samples that a parser rewrote are quarantined for what they lost", "[ingest][samples]") {
  const auto dir = sample_dir("saas_and_azure");
  if (!dir)
    return;
  node_settings node;
  node.unwrap = {"/log"};
  const auto run = run_text(file_text(*dir / "Amazon.EKS.Audit.ndjson"), node);
  CHECK(run->batch.events.empty());
  CHECK(run->skipped.empty());
  CHECK(std::ranges::any_of(run->quarantined, [](const std::string& reason) {
    return reason == "audit time '2024-11-13 18:34:10.595141000' is not a time";
  }));
}
