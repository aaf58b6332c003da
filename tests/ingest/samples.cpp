#include "tests/ingest/records.hpp"

#include <algorithm>

using namespace vedette;
using namespace vedette::ingest;

namespace {

/// Runs every file of a sample folder whose name contains `part`.
template <class Check>
void each_sample(const char* folder, const char* part, Check&& check) {
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
    check(*run_text(file_text(f)));
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
