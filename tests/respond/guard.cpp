// What stands between a plan and a customer's cloud.
#include "respond/guard/guard.hpp"
#include "tests/respond/samples.hpp"

using namespace vedette;
using namespace vedette::respond;

namespace {

action_plan revoke() {
  action_plan p;
  p.playbook = "contain";
  p.step = "revoke";
  p.kind = step_kind::revoke_sessions;
  p.mode = mode::automatic;
  p.target = "arn:aws:iam::1:role/ops";
  p.calls = {{"iam:PutRolePolicy", {{"RoleName", "ops"}}}};
  return p;
}

} // namespace

TEST_CASE("guard: every refusal is an outcome with its reason, in each mode") {
  struct row {
    std::string why;
    mode how;
    void (*change)(guard_question&, respond_settings&, action_plan&, base::status&);
    action_state expected;
    std::string says;
  };
  using enum action_state;
  auto nothing = [](guard_question&, respond_settings&, action_plan&, base::status&) {};
  auto incomplete = [](guard_question&, respond_settings&, action_plan&, base::status& s) {
    s = base::error{base::ec::not_found, "needs session"};
  };
  auto glass = [](guard_question&, respond_settings& s, action_plan&, base::status&) {
    s.tenant.break_glass = {"arn:aws:iam::1:role/ops"};
  };
  auto blast = [](guard_question& q, respond_settings&, action_plan&, base::status&) {
    q.targets = 6;
  };
  auto kind_budget = [](guard_question& q, respond_settings&, action_plan&, base::status&) {
    q.kind_in_hour = 20;
  };
  auto own_budget = [](guard_question& q, respond_settings& s, action_plan&, base::status&) {
    s.kind_budgets["revoke_sessions"] = 2;
    q.kind_in_hour = 2;
  };
  auto playbook_budget = [](guard_question& q, respond_settings&, action_plan&, base::status&) {
    q.playbook_in_hour = 10;
  };
  auto no_executor = [](guard_question&, respond_settings& s, action_plan&, base::status&) {
    s.executors.clear();
  };
  const std::vector<row> rows = {
      {"fine", mode::automatic, nothing, planned, ""},
      {"fine in a dry run", mode::dry_run, nothing, planned, ""},
      {"a value is missing", mode::automatic, incomplete, refused, "needs session"},
      {"a value is missing in a dry run", mode::dry_run, incomplete, refused, "needs session"},
      {"break-glass", mode::approve, glass, refused, "break-glass: arn:aws:iam::1:role/ops"},
      {"break-glass in a dry run", mode::dry_run, glass, refused, "break-glass"},
      {"blast radius", mode::approve, blast, refused, "target 6 of the run and contain allows 5"},
      {"blast radius in a dry run is noted", mode::dry_run, blast, planned,
       "would be refused: blast radius"},
      {"default budget of the kind", mode::automatic, kind_budget, refused, "20 are allowed"},
      {"the tenant's own budget of the kind", mode::automatic, own_budget, refused,
       "2 are allowed"},
      {"budget of the playbook", mode::automatic, playbook_budget, refused, "contain planned 10"},
      {"budget in a dry run is noted", mode::dry_run, playbook_budget, planned,
       "would be refused: budget"},
      {"no executor", mode::automatic, no_executor, failed,
       "nothing here carries out revoke_sessions"},
      {"no executor, nobody is asked to approve", mode::approve, no_executor, failed,
       "nothing here carries out"},
      {"no executor in a dry run is noted", mode::dry_run, no_executor, planned,
       "would fail: nothing here carries out"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    auto settings = samples::daring();
    auto plan = revoke();
    plan.mode = r.how;
    base::status complete;
    guard_question q{.plan = plan,
                     .settings = settings,
                     .complete = complete,
                     .targets = 5,
                     .targets_max = 5,
                     .kind_in_hour = 0,
                     .playbook_in_hour = 0,
                     .playbook_budget = 10};
    r.change(q, settings, plan, complete);
    const auto answer = judge(q);
    CHECK(answer.state == r.expected);
    CHECK((answer.reason + answer.note).find(r.says) != std::string::npos);
    CHECK((answer.state == planned) == answer.reason.empty());
  }
}

TEST_CASE("guard: the break-glass list meets names and ARNs wherever a plan would touch them") {
  struct row {
    std::string why, entry;
    void (*change)(action_plan&);
    bool hit;
  };
  auto same = [](action_plan&) {};
  for (const auto& r : std::vector<row>{
           {"the target's ARN", "arn:aws:iam::1:role/ops", same, true},
           {"letter case", "ARN:aws:iam::1:role/OPS", same, true},
           {"the name alone", "ops", same, true},
           {"somebody else", "arn:aws:iam::1:role/dev", same, false},
           {"part of a name is another name", "op", same, false},
           {"an empty entry protects nothing and everything is not refused", "", same, false},
           {"a parameter of a call", "root-admin",
            [](action_plan& p) { p.calls[0].parameters.emplace_back("UserName", "root-admin"); },
            true},
           {"quoted in a document", "arn:aws:iam::1:role/boss",
            [](action_plan& p) {
              p.calls[0].parameters.emplace_back("Doc", R"({"Deny":"arn:aws:iam::1:role/boss"})");
            },
            true},
           {"exempted in a document", "arn:aws:iam::1:role/boss",
            [](action_plan& p) {
              p.calls[0].parameters.emplace_back("Doc",
                                                 R"({"ArnNotLike":["arn:aws:iam::1:role/boss"]})");
            },
            false},
           {"telling people about it touches nothing", "ops",
            [](action_plan& p) { p.kind = step_kind::webhook; }, false}}) {
    INFO(r.why);
    auto plan = revoke();
    r.change(plan);
    CHECK(break_glass_hit(plan, {r.entry}).empty() != r.hit);
  }
}

TEST_CASE("settings: a mode is the lower of what playbook and tenant allow, dry run unless said") {
  respond_settings s;
  CHECK(s.effective(mode::automatic, "p", "webhook") == mode::dry_run);
  s.tenant_mode = mode::approve;
  CHECK(s.effective(mode::automatic, "p", "webhook") == mode::approve);
  CHECK(s.effective(mode::dry_run, "p", "webhook") == mode::dry_run);
  s.playbook_modes["p"] = mode::automatic;
  CHECK(s.effective(mode::automatic, "p", "lock_region") == mode::automatic);
  CHECK(s.effective(mode::approve, "p", "lock_region") == mode::approve);
  CHECK(s.effective(mode::automatic, "q", "lock_region") == mode::approve);
  s.kind_modes["lock_region"] = mode::dry_run;
  CHECK(s.effective(mode::automatic, "p", "lock_region") == mode::dry_run);
  for (auto m : {mode::dry_run, mode::approve, mode::automatic})
    CHECK(parse_mode(to_string(m)) == m);
}
