// The shipped playbooks' steps against an AWS that is not ours, with AWS's own Python library as
// witness: what a step is to make so is so, and what it takes back is as it was.
#include "base/arena.hpp"
#include "ingest/secrets.hpp"
#include "io/aws/response/executor.hpp"
#include "respond/playbooks/loader.hpp"
#include "respond/playbooks/planner.hpp"
#include "tests/processes/moto.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

using namespace vedette;
using namespace vedette::test;
using namespace std::chrono_literals;
using respond::attempt_result;
using respond::verdict;

namespace {

constexpr const char* account = "123456789012";

constexpr const char* prelude = R"(
import boto3, io, json, os, sys, zipfile
def c(name): return boto3.client(name, endpoint_url=os.environ['AWS_ENDPOINT_URL'], region_name='us-east-1')
iam, ec2, rds, s3, lam, trail, org = map(c, ('iam', 'ec2', 'rds', 's3', 'lambda', 'cloudtrail', 'organizations'))
)";

/// Whatever the playbooks may be asked to mend, in the state an attacker leaves it.
constexpr const char* before = R"(
for role in ('orders', 'newcomer', 'VedetteResponse'):
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps({'Version': '2012-10-17', 'Statement': [
        {'Effect': 'Allow', 'Principal': {'AWS': '*'}, 'Action': 'sts:AssumeRole'}]}))
iam.put_role_policy(RoleName='VedetteResponse', PolicyName='all', PolicyDocument=json.dumps(
    {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]}))
for user in ('deploy', 'newcomer'):
    iam.create_user(UserName=user)
key = iam.create_access_key(UserName='deploy')['AccessKey']['AccessKeyId']
iam.create_access_key(UserName='deploy')
code = io.BytesIO()
with zipfile.ZipFile(code, 'w') as z: z.writestr('x.py', '')
lam.create_function(FunctionName='orders', Runtime='python3.12', Role='arn:aws:iam::123456789012:role/orders',
                    Handler='x.y', Code={'ZipFile': code.getvalue()})
for bucket in ('backups', 'trail-logs'): s3.create_bucket(Bucket=bucket)
s3.put_bucket_versioning(Bucket='backups', VersioningConfiguration={'Status': 'Suspended'})
s3.put_bucket_policy(Bucket='backups', Policy=json.dumps({'Version': '2012-10-17', 'Statement': [
    {'Sid': 'Ours', 'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject', 'Resource': 'arn:aws:s3:::backups/*'}]}))
image = ec2.describe_images(Owners=['amazon'])['Images'][0]['ImageId']
machine = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)['Instances'][0]['InstanceId']
volume = ec2.create_volume(Size=1, AvailabilityZone='us-east-1a')['VolumeId']
snapshot = ec2.create_snapshot(VolumeId=volume)['SnapshotId']
ec2.modify_snapshot_attribute(SnapshotId=snapshot, Attribute='createVolumePermission', OperationType='add', UserIds=['999988887777'])
ec2.modify_snapshot_attribute(SnapshotId=snapshot, Attribute='createVolumePermission', OperationType='add', GroupNames=['all'])
own = ec2.create_image(InstanceId=machine, Name='own')['ImageId']
ec2.modify_image_attribute(ImageId=own, LaunchPermission={'Add': [{'UserId': '999988887777'}, {'UserId': '123456789012'}]})
rds.create_db_instance(DBInstanceIdentifier='ledger', Engine='postgres', DBInstanceClass='db.t3.micro', AllocatedStorage=20,
                       MasterUsername='x', MasterUserPassword='not-a-secret', DeletionProtection=False)
rds.create_db_snapshot(DBInstanceIdentifier='ledger', DBSnapshotIdentifier='ledger-copy')
rds.modify_db_snapshot_attribute(DBSnapshotIdentifier='ledger-copy', AttributeName='restore', ValuesToAdd=['999988887777'])
arn = trail.create_trail(Name='main', S3BucketName='trail-logs')['TrailARN']
org.create_organization(FeatureSet='ALL')
org.enable_policy_type(RootId=org.list_roots()['Roots'][0]['Id'], PolicyType='SERVICE_CONTROL_POLICY')
member = org.create_account(Email='a@example.com', AccountName='a')['CreateAccountStatus']['AccountId']
print(json.dumps({'key': key, 'machine': machine, 'snapshot': snapshot, 'image': own, 'trail': arn, 'member': member}, separators=(',', ':')))
)";

/// What the witness sees, one line a thing.
constexpr const char* look = R"(
ids = json.loads(sys.argv[1])
def policies(role): return sorted(iam.list_role_policies(RoleName=role)['PolicyNames'])
def attached(**who):
    of = iam.list_attached_user_policies if 'UserName' in who else iam.list_attached_role_policies
    return [p['PolicyName'] for p in of(**who)['AttachedPolicies']]
def who(items): return sorted(str(i.get('UserId') or i.get('Group')) for i in items)
print('role', policies('orders'))
for p in policies('orders'):
    print(' ', p, json.dumps(iam.get_role_policy(RoleName='orders', PolicyName=p)['PolicyDocument'], sort_keys=True)[:200])
print('keys', {k['AccessKeyId'] == ids['key']: k['Status'] for k in iam.list_access_keys(UserName='deploy')['AccessKeyMetadata']})
print('held user', attached(UserName='newcomer'))
print('held role', attached(RoleName='newcomer'))
print('function', lam.get_function_concurrency(FunctionName='orders').get('ReservedConcurrentExecutions'))
print('versioning', s3.get_bucket_versioning(Bucket='backups').get('Status'))
print('statements', sorted(s['Sid'] for s in json.loads(s3.get_bucket_policy(Bucket='backups')['Policy'])['Statement']))
print('machine', ec2.describe_instances(InstanceIds=[ids['machine']])['Reservations'][0]['Instances'][0]['State']['Name'])
print('snapshot', who(ec2.describe_snapshot_attribute(SnapshotId=ids['snapshot'], Attribute='createVolumePermission')['CreateVolumePermissions']))
print('image', who(ec2.describe_image_attribute(ImageId=ids['image'], Attribute='launchPermission')['LaunchPermissions']))
print('database', rds.describe_db_instances(DBInstanceIdentifier='ledger')['DBInstances'][0]['DeletionProtection'])
print('copy', [v for a in rds.describe_db_snapshot_attributes(DBSnapshotIdentifier='ledger-copy')['DBSnapshotAttributesResult']['DBSnapshotAttributes'] for v in a['AttributeValues']])
print('trail', trail.get_trail_status(Name=ids['trail'])['IsLogging'])
print('locks', sorted(p['Name'] for p in org.list_policies_for_target(TargetId=ids['member'], Filter='SERVICE_CONTROL_POLICY')['Policies'] if p['Name'].startswith('vedette')))
)";

std::string witness(moto& aws, const scratch& files, const std::string& script,
                    const std::string& ids = "{}") {
  write_file(files.path("witness.py"), prelude + script);
  const char* tree = std::getenv("VEDETTE_SOURCE_DIR");
  const auto python = std::string{tree == nullptr ? "." : tree} + "/build/moto/bin/python";
  aws.check_signatures(false);
  const auto said = run({python, files.path("witness.py"), ids}, 120s, aws.environment());
  aws.check_signatures(true);
  INFO(said.err);
  REQUIRE(said.code == 0);
  return said.out;
}

std::shared_ptr<const respond::playbook_set> shipped() {
  const char* tree = std::getenv("VEDETTE_SOURCE_DIR");
  std::vector<respond::playbook_source> sources;
  for (const auto& e : std::filesystem::directory_iterator{
           std::string{tree == nullptr ? "." : tree} + "/rules/playbooks"}) {
    std::ifstream in{e.path()};
    sources.push_back({e.path().filename(), {std::istreambuf_iterator<char>{in}, {}}});
  }
  auto set = respond::load_playbooks(sources);
  REQUIRE(set);
  return *set;
}

struct scene {
  std::unique_ptr<moto> aws = moto::start();
  scratch files;
  std::shared_ptr<const respond::playbook_set> playbooks = shipped();
  std::string ids;
  std::unique_ptr<io::aws_executor> executor;
  respond::execution_context context;

  std::string id(const std::string& name) const { return member(ids, name); }

  void set_up() {
    ids = witness(*aws, files, before);
    io::aws_settings own;
    own.variable = [all = aws->environment()](const char* name) {
      for (const auto& [n, value] : all)
        if (n == name)
          return value;
      return std::string{};
    };
    executor = std::make_unique<io::aws_executor>(std::move(own));
    context.now = base::receive_time{1764500000s};
    context.tenant.accounts = {account, id("member")};
    context.tenant.response.aws.role = "VedetteResponse";
    context.tenant.response.aws.external_id = "acme-4711";
    context.tenant.response.aws.organization_role =
        fmt::format("arn:aws:iam::{}:role/VedetteResponse", account);
  }

  base::alert alert_of(const std::string& identity, const std::string& resource) const {
    base::arena memory;
    base::alert a;
    a.id = std::string(32, '1');
    a.tenant.value = "acme";
    a.severity = base::severity::critical;
    a.cloud = "aws";
    a.account = account;
    a.regions = {"eu-west-1", "us-east-1"};
    a.identity_id = fmt::format("arn:aws:iam::{}:{}", account, identity);
    a.identity_type = identity.starts_with("role") ? "role" : "user";
    a.session = ingest::session_key(id("key"), memory);
    a.ips = {"203.0.113.7"};
    if (!resource.empty())
      a.resources = {resource};
    return a;
  }

  /// As the playbook plans it for that alert.
  respond::action planned(const std::string& playbook, const std::string& step,
                          base::alert alert) const {
    const auto* p = playbooks->find(playbook);
    REQUIRE(p != nullptr);
    respond::incident incident;
    incident.id = std::string(32, '2');
    const respond::respond_settings settings;
    const auto steps =
        respond::plan(*p, {alert, incident, settings, {}, base::receive_time{1764500000s}});
    for (const auto& s : steps) {
      if (s.plan.step != step)
        continue;
      INFO(step);
      INFO((s.complete ? std::string{} : base::to_string(s.complete.err())));
      REQUIRE(s.complete);
      respond::action a;
      a.id = std::string(32, '3');
      a.tenant.value = "acme";
      a.plan = s.plan;
      return a;
    }
    FAIL(playbook << " has no step " << step << " for this alert");
    return {};
  }
};

} // namespace

TEST_CASE("response on AWS: each shipped step is in effect, is asked for, and is taken back",
          "[processes][response][aws]") {
  scene s;
  if (!s.aws)
    return;
  s.set_up();
  const auto untouched = witness(*s.aws, s.files, look, s.ids);
  INFO(untouched);
  const auto bucket = std::string{"arn:aws:s3:::backups"};
  auto image = s.alert_of("role/orders", s.id("image"));
  image.regions = {"us-east-1"}; // the emulator breaks on one that is not there
  auto elsewhere = s.alert_of("role/orders", "");
  elsewhere.account = s.id("member");
  elsewhere.regions = {"ap-east-1"};
  std::vector<respond::action> steps{
      s.planned("stolen-serverless-token", "deny-session", s.alert_of("role/orders", "")),
      s.planned("stolen-serverless-token", "revoke-role-sessions", s.alert_of("role/orders", "")),
      s.planned("stolen-serverless-token", "deactivate-key", s.alert_of("user/deploy", "")),
      s.planned("stolen-serverless-token", "stop-function",
                s.alert_of("role/orders",
                           fmt::format("arn:aws:lambda:us-east-1:{}:function:orders", account))),
      s.planned("new-identity-persistence", "hold-user",
                s.alert_of("user/deploy", fmt::format("arn:aws:iam::{}:user/newcomer", account))),
      s.planned("new-identity-persistence", "hold-role",
                s.alert_of("user/deploy", fmt::format("arn:aws:iam::{}:role/newcomer", account))),
      s.planned("protection-disabled", "restore-versioning", s.alert_of("role/orders", bucket)),
      s.planned("protection-disabled", "restore-database-protection",
                s.alert_of("role/orders", "ledger")),
      s.planned("mass-download", "isolate-bucket", s.alert_of("role/orders", bucket)),
      s.planned("crypto-mining-regions", "stop-instances",
                s.alert_of("role/orders", s.id("machine"))),
      s.planned("crypto-mining-regions", "lock-region", elsewhere),
      s.planned("snapshot-export", "unshare-snapshot", s.alert_of("role/orders", s.id("snapshot"))),
      s.planned("snapshot-export", "unshare-image", image),
      s.planned("snapshot-export", "unshare-database-snapshot",
                s.alert_of("role/orders", "ledger-copy")),
      s.planned("audit-tampering", "restart-logging", s.alert_of("role/orders", s.id("trail"))),
  };
  for (auto& a : steps) {
    INFO(a.plan.step << " on " << a.plan.target);
    const auto prior = s.executor->read(a, s.context);
    INFO((prior ? std::string{} : base::to_string(prior.err())));
    REQUIRE(prior);
    a.prior = *prior;
    a.attempted_at = s.context.now;
    CHECK(s.executor->verify(a, s.context) == verdict::not_so);
    const auto done = s.executor->execute(a, a.prior, s.context);
    INFO(done.text);
    REQUIRE(done.result == attempt_result::done);
    a.results = done.results;
    CHECK(s.executor->verify(a, s.context) == verdict::so);
    // A repeat after a lost answer finds it done, or does no harm.
    CHECK(s.executor->execute(a, a.prior, s.context).result == attempt_result::done);
    CHECK(s.executor->verify(a, s.context) == verdict::so);
  }
  const auto contained = witness(*s.aws, s.files, look, s.ids);
  INFO(contained);
  for (const auto* line : {
           "role ['AWSRevokeOlderSessions', 'VedetteDenyStolenSession']",
           "keys {True: 'Inactive', False: 'Active'}",
           "held user ['AWSDenyAll']",
           "held role ['AWSDenyAll']",
           "function 0",
           "versioning Enabled",
           "machine stopped",
           "snapshot []",
           "image ['123456789012']",
           "database True",
           "copy []",
           "trail True",
           "2025-11-30T10:53:20",
           "203.0.113.7",
       }) {
    INFO(line);
    CHECK(contained.find(line) != std::string::npos);
  }
  CHECK(contained.find("statements ['Ours', 'VedetteIsolate") != std::string::npos);
  CHECK(contained.find("locks ['vedette-lock-" + s.id("member") + "-ap-east-1']") !=
        std::string::npos);

  for (auto it = steps.rbegin(); it != steps.rend(); ++it) {
    INFO(it->plan.step << " on " << it->plan.target);
    const auto back = s.executor->revert(*it, it->prior, s.context);
    INFO(back.text);
    CHECK(back.result == attempt_result::done);
    // And a second time, as after a crash.
    CHECK(s.executor->revert(*it, it->prior, s.context).result == attempt_result::done);
  }
  CHECK(witness(*s.aws, s.files, look, s.ids) == untouched);
}

TEST_CASE("response on AWS: what may not be touched is not, and what changed since is left alone",
          "[processes][response][aws]") {
  scene s;
  if (!s.aws)
    return;
  s.set_up();
  const auto a =
      s.planned("stolen-serverless-token", "revoke-role-sessions", s.alert_of("role/orders", ""));
  const auto refusal = [&](const respond::action& what) {
    const auto prior = s.executor->read(what, s.context);
    return prior ? std::string{} : base::to_string(prior.err());
  };
  const auto seen = [&] { return witness(*s.aws, s.files, look, s.ids); };

  // An account of somebody else.
  auto foreign = a;
  foreign.plan.target = "arn:aws:iam::999988887777:role/orders";
  CHECK(refusal(foreign).find("none of the tenant's") != std::string::npos);
  // The role it works with.
  const auto own = s.planned("stolen-serverless-token", "revoke-role-sessions",
                             s.alert_of("role/VedetteResponse", ""));
  CHECK(refusal(own).find("never touched") != std::string::npos);
  // An account where its own identity has no say.
  const auto settings = std::exchange(s.context.tenant, {});
  CHECK(refusal(foreign).find("set response.aws.role") != std::string::npos);
  s.context.tenant = settings;

  // What is no account, or may be one of anybody's.
  auto lock = s.planned("crypto-mining-regions", "lock-region", s.alert_of("role/orders", ""));
  s.context.tenant.accounts = {};
  CHECK(refusal(lock).find("set `accounts`") != std::string::npos);
  for (auto& call : lock.plan.calls)
    for (auto& [name, value] : call.parameters)
      if (name == "Account")
        value = "r-root";
  CHECK(refusal(lock).find("no number of an account") != std::string::npos);
  s.context.tenant = settings;

  // What the break-glass list names, though it was planned before it did.
  s.context.forbidden = [](std::string_view) { return true; };
  const auto held = s.executor->execute(a, {}, s.context);
  CHECK(held.result == attempt_result::failed);
  CHECK(held.text.find("break-glass") != std::string::npos);
  CHECK(seen().find("role []") != std::string::npos);
  s.context.forbidden = nullptr;

  // What is so already is neither done nor taken back; a policy of that name that stood there
  // before comes back.
  witness(*s.aws, s.files, R"(
trail.start_logging(Name='main')
iam.put_role_policy(RoleName='orders', PolicyName='AWSRevokeOlderSessions', PolicyDocument=json.dumps(
    {'Version': '2012-10-17', 'Statement': [{'Sid': 'Before', 'Effect': 'Deny', 'Action': 's3:*', 'Resource': '*'}]}))
)");
  auto on =
      s.planned("audit-tampering", "restart-logging", s.alert_of("role/orders", s.id("trail")));
  auto done = a;
  for (auto* one : {&on, &done}) {
    const auto prior = s.executor->read(*one, s.context);
    REQUIRE(prior);
    one->prior = *prior;
    one->attempted_at = s.context.now;
    const auto answer = s.executor->execute(*one, one->prior, s.context);
    REQUIRE(answer.result == attempt_result::done);
    CHECK((answer.text.find("so already") != std::string::npos) == (one == &on));
    REQUIRE(s.executor->revert(*one, one->prior, s.context).result == attempt_result::done);
  }
  const auto back = seen();
  CHECK(back.find("trail True") != std::string::npos);
  CHECK(back.find(R"("Sid": "Before")") != std::string::npos);

  // A policy that somebody changed after it was put.
  REQUIRE(s.executor->execute(done, done.prior, s.context).result == attempt_result::done);
  witness(*s.aws, s.files, R"(
iam.put_role_policy(RoleName='orders', PolicyName='AWSRevokeOlderSessions', PolicyDocument=json.dumps(
    {'Version': '2012-10-17', 'Statement': [{'Effect': 'Deny', 'Action': 's3:*', 'Resource': '*'}]}))
)");
  const auto left = s.executor->revert(done, done.prior, s.context);
  CHECK(left.result == attempt_result::failed);
  CHECK(left.text.find("no longer as this step left it") != std::string::npos);

  // A permission that is missing is named.
  witness(*s.aws, s.files, R"(
iam.put_role_policy(RoleName='VedetteResponse', PolicyName='all', PolicyDocument=json.dumps(
    {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': ['sts:*', 'iam:Get*'], 'Resource': '*'}]}))
)");
  const auto denied = s.executor->execute(done, done.prior, s.context);
  CHECK(denied.result == attempt_result::failed);
  CHECK(denied.text.find("iam:PutRolePolicy") != std::string::npos);
}

TEST_CASE("response on AWS: from a raw log to a key that is dead at the cloud, and back again",
          "[processes][response][aws]") {
  scene s;
  if (!s.aws)
    return;
  s.set_up();
  const auto key = s.id("key");
  const auto record = [&](const char* id, const char* at, const char* name, const std::string& more,
                          const std::string& answer) {
    return fmt::format(
        R"({{"eventVersion":"1.11","responseElements":{6},"userIdentity":{{"type":"IAMUser","principalId":"AIDAEXAMPLEDEPLOY01",)"
        R"("arn":"arn:aws:iam::{0}:user/deploy","accountId":"{0}","accessKeyId":"{1}","userName":"deploy"}},)"
        R"("eventTime":"{3}","eventSource":"iam.amazonaws.com","eventName":"{4}","awsRegion":"us-east-1",)"
        R"("sourceIPAddress":"203.0.113.7","userAgent":"aws-cli/2.15.30","requestParameters":{5},)"
        R"("eventID":"{2}","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,)"
        R"("recipientAccountId":"{0}","eventCategory":"Management"}})",
        account, key, id, at, name, more, answer);
  };
  std::string lines;
  lines += record("00000000-0000-4000-8000-000000000001", "2026-11-30T08:00:00Z", "CreateUser",
                  R"({"userName":"newcomer"})",
                  fmt::format(R"({{"user":{{"userName":"newcomer","userId":"AIDAEXAMPLENEWCOMER1",)"
                              R"("arn":"arn:aws:iam::{}:user/newcomer","path":"/"}}}})",
                              account)) +
           "\n";
  lines +=
      record("00000000-0000-4000-8000-000000000002", "2026-11-30T08:00:20Z", "AttachUserPolicy",
             R"({"userName":"newcomer","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"})",
             "null") +
      "\n";
  write_file(s.files.path("theft.jsonl"), lines);
  write_file(s.files.path("node.yaml"), fmt::format(R"(
respond:
  executors: [aws]
tenants:
  local:
    accounts: ["{}"]
    response:
      mode: approve
      aws: {{role: VedetteResponse, external_id: acme-4711}}
)",
                                                    account));
  const node_address at;
  auto environment = at.environment();
  for (const auto& e : s.aws->environment())
    environment.push_back(e);
  const auto data = s.files.path("data");
  child node{{program("vedetted"), "--config", s.files.path("node.yaml"), "--data-dir", data},
             s.files.path("node.log"),
             environment};
  INFO(node.log());
  REQUIRE(node.says("ready", 30s));
  const auto vedette = [&](std::vector<std::string> words) {
    words.insert(words.begin(), program("vedette"));
    for (const auto& more : {std::string{"--server"}, at.server(), std::string{"--data-dir"}, data})
      words.push_back(more);
    return run(words, 60s);
  };
  const auto sent =
      run({program("vedette"), "send", s.files.path("theft.jsonl"), "--to", at.sink()}, 60s);
  INFO(sent.err);
  REQUIRE(sent.code == 0);

  /// The id of the action of that step once it is in that state; empty when that never comes.
  const auto action = [&](const std::string& step, const std::string& state) {
    for (int i = 0; i < 150; ++i) {
      const auto list = vedette({"actions", "list", "-o", "json"});
      for (const auto& line : lines_of(list.out))
        if (member(line, "step") == step && member(line, "state") == state)
          return member(line, "action_id");
      std::this_thread::sleep_for(100ms);
    }
    const auto all = vedette({"actions", "list"});
    UNSCOPED_INFO(all.out << all.err);
    return std::string{};
  };
  const auto status = [&] {
    const auto seen = witness(*s.aws, s.files, look, s.ids);
    const auto from = seen.find("keys ");
    return seen.substr(from, seen.find('\n', from) - from);
  };

  // Planned and waiting: nothing is done until somebody agrees.
  const auto deactivate = action("deactivate-key", "waiting_approval");
  REQUIRE(!deactivate.empty());
  CHECK(status() == "keys {True: 'Active', False: 'Active'}");
  const auto agreed = vedette({"actions", "approve", deactivate});
  INFO(agreed.out << agreed.err);
  REQUIRE(agreed.code == 0);
  // Steps go in order: the one before still waits for somebody.
  REQUIRE(action("deactivate-key", "approved") == deactivate);
  CHECK(status() == "keys {True: 'Active', False: 'Active'}");
  REQUIRE(vedette({"actions", "approve", action("hold-user", "waiting_approval")}).code == 0);
  REQUIRE(action("deactivate-key", "done") == deactivate);
  CHECK(status() == "keys {True: 'Inactive', False: 'Active'}");
  // The whole key id is in nothing that is said.
  const auto shown = vedette({"actions", "show", deactivate});
  CHECK(shown.out.find("AKIA") != std::string::npos);
  CHECK(shown.out.find(key) == std::string::npos);
  const auto alerts = vedette({"alerts", "list", "-o", "json"});
  CHECK(alerts.out.find("identity-created") != std::string::npos);
  CHECK(alerts.out.find(key) == std::string::npos);
  CHECK(node.log().find(key) == std::string::npos);

  REQUIRE(vedette({"actions", "revert", deactivate, "--reason", "it was a drill"}).code == 0);
  const auto back = action("deactivate-key.revert", "waiting_approval");
  REQUIRE(!back.empty());
  CHECK(status() == "keys {True: 'Inactive', False: 'Active'}");
  REQUIRE(vedette({"actions", "approve", back}).code == 0);
  REQUIRE(action("deactivate-key.revert", "done") == back);
  CHECK(action("deactivate-key", "reverted") == deactivate);
  CHECK(status() == "keys {True: 'Active', False: 'Active'}");
}
