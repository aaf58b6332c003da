// The door to the world, as far as it is pure.
#include "respond/executor.hpp"
#include "respond/recording_executor.hpp"
#include "tests/respond/samples.hpp"

using namespace vedette;
using namespace vedette::respond;
using samples::at;

TEST_CASE("executor: deferred values are filled, escaped in documents, and never guessed") {
  struct row {
    std::string why, text, expected;
  };
  const prior_values prior{{"status", "Suspended"}, {"odd", "a\"b${prior.status}"}};
  const prior_values results{{"PolicyId", "p-1"}};
  for (const auto& r : std::vector<row>{
           {"nothing to fill", "Enabled", "Enabled"},
           {"the time of the attempt", "${attempt.time}", "2026-03-10T08:00:00Z"},
           {"what was before", "x${prior.status}y", "xSuspendedy"},
           {"what was answered", "${result.PolicyId}", "p-1"},
           {"escaped in a document", R"({"a":"${prior.odd}"})", R"({"a":"a\"b${prior.status}"})"},
           {"a value is not filled again", "${prior.odd}", "a\"b${prior.status}"},
           {"unknown", "${prior.nothing}",
            "error: filling ${prior.nothing}: the target did not tell this value"},
           {"not closed", "${prior.status",
            "error: filling ${prior.status}: the target did not tell this value"}}) {
    INFO(r.why);
    const auto out = fill_deferred(r.text, at(), prior, results);
    CHECK((out ? *out : "error: " + out.err().context) == r.expected);
  }
}

TEST_CASE(
    "recording executor: says what would be called, forgets the oldest, respects break-glass") {
  recording_executor e{2};
  execution_context c{.now = at(),
                      .forbidden = [](std::string_view target) { return target == "boss"; }};
  action a;
  a.plan.kind = step_kind::revoke_sessions;
  a.plan.calls = {{"iam:PutRolePolicy", {}}, {"iam:UpdateAccessKey", {}}};
  for (const char* id : {"1", "2", "3"}) {
    a.id = id;
    CHECK(e.execute(a, {}, c).text == "dry run: would call iam:PutRolePolicy, iam:UpdateAccessKey");
  }
  REQUIRE(e.records().size() == 2);
  CHECK(e.records().front().action == "2");
  CHECK(e.verify(a, c) == verdict::unknown);
  CHECK(e.revert(a, {}, c).text == "dry run: would call nothing");
  a.plan.target = "boss";
  CHECK(e.execute(a, {}, c).result == attempt_result::failed);
  CHECK(e.records().back().reverted);
}
