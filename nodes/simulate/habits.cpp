#include "nodes/simulate/habits.hpp"

#include <array>

namespace vedette::simulate {

namespace {

struct line {
  std::string_view action;
  std::uint32_t weight = 1;
  object_use object = object_use::none;
  std::string_view arg1 = {}, arg2 = {};
};

constexpr line command_line[] = {{"sts:GetCallerIdentity", 4},
                                 {"ec2:DescribeInstances", 10},
                                 {"s3:ListBuckets", 3},
                                 {"logs:FilterLogEvents", 8},
                                 {"logs:StartQuery", 4},
                                 {"cloudformation:DescribeStacks", 6},
                                 {"ecs:DescribeServices", 6},
                                 {"s3:ListObjects", 4, object_use::bucket, "reports/"},
                                 {"s3:GetObject", 5, object_use::known},
                                 {"ssm:GetParameter", 4},
                                 {"dynamodb:Query", 3},
                                 {"lambda:GetFunction20150331v2", 4},
                                 {"rds:DescribeDBInstances", 3},
                                 {"iam:GetRole", 3},
                                 {"iam:ListAttachedRolePolicies", 2},
                                 {"eks:DescribeCluster", 4},
                                 {"ecr:GetAuthorizationToken", 3},
                                 {"athena:StartQueryExecution", 3},
                                 {"athena:GetQueryExecution", 6},
                                 {"glue:GetTable", 3},
                                 {"ec2:RunInstances", 1, object_use::machines},
                                 {"rds:CreateDBSnapshot", 1, object_use::none, "manual-%H", "%a"}};

constexpr line browser[] = {{"ec2:DescribeInstances", 9},
                            {"ec2:DescribeVolumes", 4},
                            {"ec2:DescribeSecurityGroups", 5},
                            {"ec2:DescribeAvailabilityZones", 3},
                            {"monitoring:DescribeAlarms", 10},
                            {"monitoring:ListMetrics", 5},
                            {"logs:DescribeLogGroups", 7},
                            {"logs:FilterLogEvents", 6},
                            {"s3:ListBuckets", 4},
                            {"s3:GetBucketLocation", 3, object_use::bucket},
                            {"s3:GetBucketVersioning", 2, object_use::bucket},
                            {"iam:ListMFADevices", 2},
                            {"iam:GetAccountSummary", 2},
                            {"lambda:ListFunctions20150331", 5},
                            {"cloudformation:ListStacks", 4},
                            {"cloudtrail:LookupEvents", 3},
                            {"ce:GetCostAndUsage", 2},
                            {"rds:DescribeDBInstances", 4},
                            {"rds:DescribeDBSnapshots", 2},
                            {"elasticloadbalancing:DescribeLoadBalancers", 4},
                            {"autoscaling:DescribeAutoScalingGroups", 3},
                            {"guardduty:ListFindings", 1}};

constexpr line partner[] = {{"s3:PutObject", 6, object_use::fresh},
                            {"s3:HeadObject", 5, object_use::known},
                            {"s3:GetObject", 4, object_use::known},
                            {"sqs:SendMessage", 6},
                            {"sns:Publish", 2}};

constexpr line deployment[] = {{"sts:GetCallerIdentity"},
                               {"ecr:GetAuthorizationToken"},
                               {"ecr:BatchGetImage"},
                               {"ecr:PutImage"},
                               {"cloudformation:DescribeStacks"},
                               {"cloudformation:CreateChangeSet"},
                               {"cloudformation:DescribeStacks"},
                               {"s3:PutObject", 1, object_use::fresh},
                               {"cloudformation:ExecuteChangeSet"},
                               {"cloudformation:DescribeStacks"},
                               {"iam:GetRole"},
                               {"iam:PutRolePolicy", 1, object_use::none, "%a-task", "%a"},
                               {"ecs:RegisterTaskDefinition"},
                               {"ecs:UpdateService"},
                               {"ecs:DescribeServices"},
                               {"ecs:DescribeServices"},
                               {"lambda:UpdateFunctionCode20150331v2"},
                               {"lambda:GetFunction20150331v2"},
                               {"s3:PutBucketTagging", 1, object_use::bucket},
                               {"ecs:DescribeServices"},
                               {"elasticloadbalancing:DescribeTargetHealth"},
                               {"cloudformation:DescribeStacks"}};

constexpr line function_work[] = {{"dynamodb:GetItem", 14},
                                  {"dynamodb:PutItem", 8},
                                  {"dynamodb:Query", 6},
                                  {"s3:GetObject", 7, object_use::known},
                                  {"s3:PutObject", 5, object_use::fresh},
                                  {"sqs:SendMessage", 5},
                                  {"sns:Publish", 3},
                                  {"kms:Decrypt", 8},
                                  {"secretsmanager:GetSecretValue", 3},
                                  {"ssm:GetParameter", 4},
                                  {"logs:CreateLogStream", 5},
                                  {"lambda:Invoke", 3},
                                  {"ec2:CreateNetworkInterface", 1}};

constexpr line host_work[] = {{"ssm:UpdateInstanceInformation", 10, object_use::none, "%1"},
                              {"ssm:ListAssociations", 4, object_use::none, "%1"},
                              {"s3:GetObject", 6, object_use::known},
                              {"s3:PutObject", 4, object_use::fresh},
                              {"kms:Decrypt", 4},
                              {"ec2:DescribeInstances", 3},
                              {"ecr:GetAuthorizationToken", 2},
                              {"sqs:ReceiveMessage", 10},
                              {"secretsmanager:GetSecretValue", 2},
                              {"monitoring:GetMetricData", 3}};

constexpr line container_work[] = {{"dynamodb:Query", 9},
                                   {"dynamodb:PutItem", 7},
                                   {"sqs:ReceiveMessage", 10},
                                   {"sqs:SendMessage", 5},
                                   {"s3:GetObject", 6, object_use::known},
                                   {"s3:PutObject", 5, object_use::fresh},
                                   {"s3:HeadObject", 3, object_use::known},
                                   {"kms:GenerateDataKey", 4},
                                   {"kms:Decrypt", 4},
                                   {"secretsmanager:GetSecretValue", 2},
                                   {"ssm:GetParametersByPath", 3}};

constexpr line scaler_work[] = {{"ec2:DescribeInstanceStatus", 12},
                                {"elasticloadbalancing:DescribeTargetHealth", 6},
                                {"ec2:DescribeLaunchTemplates", 3},
                                {"ec2:DescribeSubnets", 3},
                                {"ec2:TerminateInstances", 1}};

template <std::size_t N>
habit made_of(const line (&lines)[N], std::uint32_t shortest, std::uint32_t longest,
              bool in_order = false) {
  habit h;
  h.shortest = shortest;
  h.longest = longest;
  h.in_order = in_order;
  for (const line& l : lines) {
    h.total += l.weight;
    h.calls.push_back({&find_action(l.action), h.total, l.object, l.arg1, l.arg2});
  }
  return h;
}

struct all_habits {
  habit cli = made_of(command_line, 4, 25);
  habit console = made_of(browser, 6, 45);
  habit program = made_of(partner, 5, 20);
  habit pipeline = made_of(deployment, std::size(deployment), std::size(deployment), true);
  habit function = made_of(function_work, 4, 20);
  habit host = made_of(host_work, 3, 15);
  habit container = made_of(container_work, 5, 30);
  habit scaler = made_of(scaler_work, 3, 10);
  habit none;
};

constexpr std::string_view cli_agents[] = {
    "aws-cli/2.15.10 Python/3.11.6 Darwin/23.2.0 exe/x86_64 prompt/off",
    "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/macos#23.3.0 md/arch#arm64 lang/python#3.11.8 "
    "md/prompt#off",
    "aws-cli/2.13.32 Python/3.11.6 Linux/5.15.0-91-generic exe/x86_64.ubuntu.22 prompt/off",
    "Boto3/1.34.34 md/Botocore#1.34.34 ua/2.0 os/macos#23.3.0 md/arch#arm64 lang/python#3.11.7"};
constexpr std::string_view console_agents[] = {
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/121.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:122.0) Gecko/20100101 Firefox/122.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
    "Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.2 Safari/605.1.15"};
constexpr std::string_view function_agents[] = {
    "Boto3/1.34.42 md/Botocore#1.34.42 ua/2.0 os/linux#5.10.205-215.807.amzn2.x86_64 "
    "md/arch#x86_64 lang/python#3.12.1 exec-env/AWS_Lambda_python3.12",
    "aws-sdk-js/3.498.0 ua/2.0 os/linux#5.10.205-215.807.amzn2.x86_64 lang/js md/nodejs#20.11.0 "
    "api/dynamodb#3.498.0 exec-env/AWS_Lambda_nodejs20.x",
    "aws-sdk-java/2.23.9 Linux/5.10.205-215.807.amzn2.x86_64 "
    "OpenJDK_64-Bit_Server_VM/21.0.1+12-LTS Java/21.0.1 exec-env/AWS_Lambda_java21",
    "Boto3/1.28.72 md/Botocore#1.31.72 ua/2.0 os/linux#5.10.201-213.748.amzn2.aarch64 "
    "md/arch#aarch64 lang/python#3.11.6 exec-env/AWS_Lambda_python3.11"};
constexpr std::string_view host_agents[] = {
    "aws-sdk-go/1.50.9 (go1.21.6; linux; amd64) amazon-ssm-agent/3.3.1611.0",
    "aws-sdk-java/1.12.650 Linux/6.1.72-96.166.amzn2023.x86_64 "
    "OpenJDK_64-Bit_Server_VM/17.0.10+7-LTS java/17.0.10 vendor/Amazon.com_Inc.",
    "Boto3/1.34.42 md/Botocore#1.34.42 ua/2.0 os/linux#6.1.72-96.166.amzn2023.x86_64 "
    "md/arch#x86_64 lang/python#3.9.16",
    "aws-sdk-go-v2/1.24.1 os/linux lang/go#1.21.5 md/GOOS#linux md/GOARCH#amd64 api/s3#1.48.1"};
constexpr std::string_view container_agents[] = {
    "aws-sdk-java/2.23.9 Linux/5.10.192-183.736.amzn2.x86_64 "
    "OpenJDK_64-Bit_Server_VM/21.0.1+12-LTS Java/21.0.1 exec-env/AWS_ECS_FARGATE io/async "
    "http/NettyNio",
    "aws-sdk-go-v2/1.24.1 os/linux lang/go#1.21.6 md/GOOS#linux md/GOARCH#arm64 "
    "exec-env/AWS_ECS_FARGATE",
    "aws-sdk-js/3.498.0 ua/2.0 os/linux#5.10.192-183.736.amzn2.x86_64 lang/js md/nodejs#20.11.0 "
    "exec-env/AWS_ECS_FARGATE",
    "Boto3/1.34.42 md/Botocore#1.34.42 ua/2.0 os/linux#5.10.205-195.807.amzn2.x86_64 "
    "lang/python#3.11.8 exec-env/AWS_ECS_FARGATE"};
constexpr std::string_view runner_agent =
    "aws-sdk-nodejs/2.1550.0 linux/v20.11.0 configure-aws-credentials-for-github-actions promise";
constexpr std::string_view build_agent =
    "aws-cli/2.15.10 Python/3.11.6 Linux/4.14.334-252.552.amzn2.x86_64 exec-env/AWS_CodeBuild "
    "exe/x86_64.amzn.2 prompt/off";

} // namespace

const habit& habit_of(kind k, bool console) {
  static const all_habits all;
  switch (k) {
  case kind::person:
  case kind::employee:
    return console ? all.console : all.cli;
  case kind::program:
    return all.program;
  case kind::pipeline:
    return all.pipeline;
  case kind::function:
    return all.function;
  case kind::instance:
    return all.host;
  case kind::task:
  case kind::pod:
    return all.container;
  case kind::scaler:
    return all.scaler;
  default:
    return all.none;
  }
}

std::string_view agent_of(const identity& who, bool console) {
  switch (who.kind) {
  case kind::person:
  case kind::employee:
    return console ? console_agents[who.agent] : cli_agents[who.agent];
  case kind::pipeline:
    return who.session_name == "GitHubActions" ? runner_agent : build_agent;
  case kind::function:
    return function_agents[who.agent];
  case kind::instance:
  case kind::program:
    return host_agents[who.agent];
  default:
    return container_agents[who.agent];
  }
}

std::uint32_t share_at(kind k, std::uint32_t local_hour, bool weekend) {
  const bool office = local_hour >= 8 && local_hour < 18 && !weekend;
  const bool evening = local_hour >= 18 && local_hour < 22;
  switch (k) {
  case kind::person:
    return office                                           ? 18
           : evening                                        ? (weekend ? 1 : 4)
           : weekend && local_hour >= 10 && local_hour < 18 ? 1
                                                            : 0;
  case kind::employee:
    return office ? 10 : evening && !weekend ? 2 : 0;
  case kind::program:
    return 5;
  case kind::pipeline:
    return office ? 8 : 2;
  case kind::function:
    return 34;
  case kind::instance:
    return 14;
  case kind::task:
    return 16;
  case kind::pod:
    return 10;
  case kind::scaler:
    return 3;
  default:
    return 0;
  }
}

} // namespace vedette::simulate
