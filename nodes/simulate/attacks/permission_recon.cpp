// A key of unknown worth: a script tries one call of every service and writes down which are not
// refused. Almost all are.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/places.hpp"

#include <utility>

namespace vedette::simulate {

namespace {

constexpr std::string_view probes[] = {"iam:ListUsers",
                                       "iam:ListRoles",
                                       "iam:ListGroups",
                                       "iam:ListPolicies",
                                       "iam:GetAccountSummary",
                                       "iam:GetAccountPasswordPolicy",
                                       "iam:GetAccountAuthorizationDetails",
                                       "iam:GetCredentialReport",
                                       "secretsmanager:ListSecrets",
                                       "secretsmanager:GetSecretValue",
                                       "ssm:DescribeParameters",
                                       "ssm:GetParametersByPath",
                                       "ec2:DescribeInstances",
                                       "ec2:DescribeSnapshots",
                                       "ec2:DescribeSecurityGroups",
                                       "ec2:DescribeKeyPairs",
                                       "ec2:DescribeVpcs",
                                       "ec2:DescribeImages",
                                       "s3:ListBuckets",
                                       "kms:ListKeys",
                                       "kms:ListAliases",
                                       "lambda:ListFunctions20150331",
                                       "dynamodb:ListTables",
                                       "rds:DescribeDBInstances",
                                       "rds:DescribeDBSnapshots",
                                       "ecs:ListClusters",
                                       "eks:ListClusters",
                                       "sqs:ListQueues",
                                       "sns:ListTopics",
                                       "cloudtrail:DescribeTrails",
                                       "guardduty:ListDetectors",
                                       "organizations:DescribeOrganization",
                                       "organizations:ListAccounts",
                                       "logs:DescribeLogGroups",
                                       "cloudformation:ListStacks",
                                       "route53:ListHostedZones",
                                       "cloudfront:ListDistributions",
                                       "ce:GetCostAndUsage",
                                       "bedrock:ListFoundationModels",
                                       "access-analyzer:ListAnalyzers"};

class recon final : public attack {
 public:
  explicit recon(const plan& p) : attack{p} {
    rob(kind::program);
    constexpr place_use uses[] = {place_use::tor, place_use::vpn, place_use::hosting};
    work_from(attackers(random_.pick(uses), random_));
    tool_ = random_.one_in(2) ? "TruffleHog"
                              : "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#6.6.9-amd64 "
                                "md/arch#x86_64 lang/python#3.11.8";
    for (std::uint32_t i = 0; i < std::size(order_); ++i)
      order_[i] = static_cast<std::uint8_t>(i);
    for (std::uint32_t i = 0; i + 1 < std::size(order_); ++i)
      std::swap(order_[i],
                order_[i + random_.below(static_cast<std::uint32_t>(std::size(order_)) - i)]);
    steps_ = 1 + random_.between(28, static_cast<std::uint32_t>(std::size(order_)));
    about_.rules = {"iam-denied-actions"};
    about_.story = "The leaked key of " + victim_->name + " is tried on " +
                   std::to_string(steps_ - 1) + " different calls from " + about_.source +
                   "; nearly all are refused.";
  }

 private:
  bool fill(call& c, std::uint32_t step) override {
    begin(c, step == 0 ? "sts:GetCallerIdentity" : probes[order_[step - 1]]);
    if (step > 0 && random_.below(100) < 88)
      deny(c);
    pace(600, 5'000);
    return true;
  }

  std::uint8_t order_[std::size(probes)]{};
};

} // namespace

std::unique_ptr<attack> permission_recon(const plan& p) {
  return std::make_unique<recon>(p);
}

} // namespace vedette::simulate
