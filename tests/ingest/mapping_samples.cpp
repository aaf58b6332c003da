// Public sample records of vendors that only a mapping file describes. Another product took them in
// before (times in its own spelling, fields of its own beside the record), which is why some lack
// what an event needs.
#include "tests/ingest/records.hpp"

#include <map>

using namespace vedette;
using namespace vedette::ingest;

namespace {

std::unique_ptr<outcome_of_run> run_sample(const std::filesystem::path& dir, const char* name) {
  node_settings node;
  node.unwrap = {"/log"};
  return run_text(file_text(dir / (std::string{name} + ".ndjson")), node);
}

} // namespace

TEST_CASE("public samples of mapped sources end as events or as what they lack",
          "[ingest][samples][mapping]") {
  const auto dir = sample_dir("saas_and_azure");
  if (!dir)
    return;
  using reasons = std::map<std::string, std::size_t>;
  struct row {
    const char* file;
    std::size_t events;
    reasons quarantined;
  };
  const auto r = GENERATE(values<row>({
      {"Atlassian.Audit", 1, {}},
      {"Auth0.Events", 2, {}},
      {"Box.Event", 0, {{"box: no time", 2}}},
      {"Crowdstrike.FDREvent", 2, {}},
      {"Duo.Authentication", 0, {{"duo: no time", 3}}},
      {"GSuite.ActivityEvent", 4, {}},
      {"GitHub.Audit", 7, {}},
      {"GitLab.Audit", 0, {{"gitlab: no time", 1}}},
      // A line of the web server's request log, which is no audit record of anybody's.
      {"GitLab.Production", 0, {{"no eventVersion", 1}}},
      {"MongoDB.OrganizationEvent", 3, {}},
      {"Notion.AuditLogs", 2, {}},
      {"Okta.SystemLog", 5, {}},
      {"OneLogin.Events", 0, {{"onelogin: no time", 2}}},
      {"OnePassword.SignInAttempt", 1, {}},
      {"Salesforce.RealtimeEvent", 4, {}},
      {"Slack.AuditLogs", 5, {}},
      {"Snowflake.LoginHistory", 2, {}},
      {"Zendesk.Audit", 3, {}},
      {"Zoom.Operation", 3, {}},
  }));
  INFO(r.file);
  const auto run = run_sample(*dir, r.file);
  reasons quarantined;
  for (const auto& reason : run->quarantined)
    ++quarantined[reason];
  CHECK(run->batch.events.size() == r.events);
  CHECK(run->skipped == std::vector<std::string>{});
  CHECK(quarantined == r.quarantined);
}

TEST_CASE("public samples of mapped sources are understood", "[ingest][samples][mapping]") {
  const auto dir = sample_dir("saas_and_azure");
  if (!dir)
    return;
  struct row {
    const char* file;
    std::size_t which;
    const char* cloud;
    const char* service;
    const char* identity;
    const char* action;
    const char* activity;
    const char* result;
    const char* address;
    const char* time;
  };
  const auto r = GENERATE(values<row>({
      {"Okta.SystemLog", 0, "okta", "okta", "00uu1uuuuIlllaaaa356", "user.account.privilege.grant",
       "iam.policy.attach", "ok", "136.24.229.58", "2020-11-25T21:27:03.496Z"},
      {"Okta.SystemLog", 4, "okta", "okta", "00ubewfku1EX0WCFk697", "user.session.start",
       "identity.login", "denied", "99.108.5.25", "2024-04-02T19:17:37.621Z"},
      {"GitHub.Audit", 0, "github", "github", "cat", "repo.create", "repository.create", "ok", "",
       "2021-05-18T02:31:58.553Z"},
      {"GitHub.Audit", 5, "github", "github", "github_handle", "workflows.completed_workflow_run",
       "ci.run.end", "failed", "", "2023-01-31T18:58:27.638Z"},
      {"Atlassian.Audit", 0, "other", "atlassian", "1234567890abcdefghijklmn",
       "user_logged_in_as_user", "identity.session.create", "ok", "", "2022-12-15T00:35:15.890Z"},
      {"GSuite.ActivityEvent", 0, "gcp", "calendar", "user@example.io", "change_calendar_acls",
       "calendar.share", "ok", "1.2.3.4", "2022-12-10T22:33:31.852Z"},
      {"GSuite.ActivityEvent", 3, "gcp", "drive", "user@example.io", "rename", "file.change", "ok",
       "12.12.12.12", "2022-12-20T17:27:47.080Z"},
      {"Auth0.Events", 0, "other", "auth0", "google-oauth2|105261262156475850461",
       "signup_pwd_leak", "identity.threat.detected", "denied", "12.12.12.12",
       "2025-10-10T10:27:51.149Z"},
      {"Auth0.Events", 1, "other", "auth0", "google-oauth2|105261262156475850461",
       "signup_pwd_leak", "identity.threat.detected", "denied", "12.12.12.12",
       "2025-10-10T10:27:51.149Z"},
      {"Crowdstrike.FDREvent", 0, "other", "crowdstrike_fdr",
       "877761efa8db44d792ddc2redacted/S-1-5-21-239183934-720705223-383019856-500",
       "ProcessRollup2", "process.start", "ok", "1.1.1.1", "2023-04-21T19:48:28.970Z"},
      {"Crowdstrike.FDREvent", 1, "other", "crowdstrike_fdr",
       "877761efa8db44d792ddc2redacted/S-1-5-21-239183934-720705223-383019856-500",
       "ProcessRollup2", "process.start", "ok", "1.1.1.1", "2023-04-21T19:48:28.970Z"},
      {"MongoDB.OrganizationEvent", 0, "other", "mongodb_atlas", "647f654f93bebc69123abc1",
       "CAT_JUMPED", "saas.event", "ok", "1.2.3.4", "2023-06-07T16:57:55Z"},
      {"MongoDB.OrganizationEvent", 2, "other", "mongodb_atlas", "647f654f93bebc69123abc1",
       "REMOVED_FROM_ORG", "identity.group.leave", "ok", "1.2.3.4", "2023-06-07T16:57:55Z"},
      {"Notion.AuditLogs", 0, "other", "notion", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
       "user.login", "identity.login", "ok", "192.168.100.100", "2023-06-12T21:40:28.690Z"},
      {"Notion.AuditLogs", 1, "other", "notion", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
       "user.settings.login_method.email_updated", "identity.login.change", "ok", "192.168.100.100",
       "2023-06-12T21:40:28.690Z"},
      {"OnePassword.SignInAttempt", 0, "other", "onepassword", "1234", "signin", "identity.login",
       "ok", "1.1.1.1", "2021-12-15T18:02:23Z"},
      {"Salesforce.RealtimeEvent", 0, "other", "salesforce", "0055f00000CyENt",
       "ApiAnomalyEventStore", "identity.threat.detected", "ok", "45.67.89.123",
       "2024-01-15T14:23:45.123Z"},
      {"Salesforce.RealtimeEvent", 3, "other", "salesforce", "0055f00000FzHRw", "Login",
       "identity.login", "ok", "10.10.10.10", "2024-01-18T10:30:15.789Z"},
      {"Slack.AuditLogs", 0, "other", "slack", "W012J3FEWAU", "app_installed", "app.create", "ok",
       "1.2.3.4", "2021-06-08T22:16:15Z"},
      {"Slack.AuditLogs", 4, "other", "slack", "W012J3FEWAU", "user_logout", "identity.logout",
       "ok", "1.2.3.4", "2022-07-28T15:22:32Z"},
      {"Snowflake.LoginHistory", 0, "other", "snowflake", "ckent@dailyplanet.org", "LOGIN",
       "identity.login", "ok", "1.1.1.1", "2024-10-08T14:38:46.061Z"},
      {"Snowflake.LoginHistory", 1, "other", "snowflake", "luthor@lexcorp.com", "LOGIN",
       "identity.login", "denied", "1.2.3.4", "2024-10-08T14:38:46.061Z"},
      {"Zendesk.Audit", 0, "other", "zendesk", "123", "user.update", "identity.change", "ok",
       "127.0.0.1", "2021-05-28T18:39:50Z"},
      {"Zendesk.Audit", 2, "other", "zendesk", "123", "user.update", "identity.change", "ok",
       "127.0.0.1", "2021-05-28T18:39:50Z"},
      {"Zoom.Operation", 0, "other", "zoom", "example@example.io", "Account Update",
       "account.guardrail.change", "ok", "", "2022-12-16T18:20:07Z"},
      {"Zoom.Operation", 2, "other", "zoom", "example@example.io", "Account Update",
       "account.guardrail.change", "ok", "", "2022-12-16T18:20:42Z"},
  }));
  INFO(r.file << " " << r.which);
  const auto run = run_sample(*dir, r.file);
  REQUIRE(run->batch.events.size() > r.which);
  const auto& e = run->batch.events[r.which];
  CHECK(to_string(e.provider) == r.cloud);
  CHECK(e.service == r.service);
  CHECK(e.identity == r.identity);
  CHECK(e.action == r.action);
  CHECK(e.activity == r.activity);
  CHECK(to_string(e.result) == r.result);
  CHECK(e.source_text == r.address);
  CHECK(base::format_rfc3339(e.time) == r.time);
}

TEST_CASE("grants and shares in the samples of mapped sources are judged",
          "[ingest][samples][mapping]") {
  const auto dir = sample_dir("saas_and_azure");
  if (!dir)
    return;
  struct row {
    const char* file;
    std::size_t which;
    const char* grant;
    const char* target;
  };
  for (const auto& r :
       {row{"Okta.SystemLog", 0, "admin", "none"}, row{"Okta.SystemLog", 1, "admin", "none"},
        row{"Okta.SystemLog", 2, "none", "none"}, row{"Slack.AuditLogs", 0, "limited", "none"},
        row{"Slack.AuditLogs", 1, "admin", "none"},
        row{"GSuite.ActivityEvent", 0, "none", "everyone"},
        row{"Zendesk.Audit", 0, "limited", "none"}, row{"Zendesk.Audit", 1, "admin", "none"}}) {
    INFO(r.file << " " << r.which);
    const auto run = run_sample(*dir, r.file);
    REQUIRE(run->batch.events.size() > r.which);
    CHECK(to_string(run->batch.events[r.which].grant) == r.grant);
    CHECK(to_string(run->batch.events[r.which].target) == r.target);
  }
}

TEST_CASE("public samples of Falco are acts of the pod that they happened in",
          "[ingest][samples][mapping]") {
  const auto dir = sample_dir("falco_alerts");
  if (!dir)
    return;
  const auto run = run_sample(*dir, "falco");
  REQUIRE(run->batch.events.size() == 6);
  CHECK(run->quarantined.empty());
  const auto& shell = run->batch.events[1];
  CHECK(shell.identity == "default/alpine");
  CHECK(shell.activity == "runtime.shell");
  CHECK(base::format_rfc3339(shell.time) == "2021-04-10T19:27:21.002873265Z");
  const auto& calls = run->batch.events[2];
  CHECK(calls.identity == "openfaas-fn/falco-pod-delete-7dc9f5fbb8-gbfk7");
  CHECK(calls.action == "Contact K8S API Server From Container");
  CHECK(calls.activity == "runtime.connect");
}
