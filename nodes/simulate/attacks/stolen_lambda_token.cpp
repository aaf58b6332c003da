// Someone reads a function's environment through a flaw in its code, copies the three credential
// variables to a rented server and looks around with the command line before the token expires.
#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/places.hpp"

namespace vedette::simulate {

namespace {

class theft final : public attack {
 public:
  explicit theft(const plan& p) : attack{p} {
    rob(kind::function);
    constexpr place_use uses[] = {place_use::hosting, place_use::hosting, place_use::vpn,
                                  place_use::tor};
    work_from(attackers(random_.pick(uses), random_));
    tool_ = random_.one_in(2)
                ? "aws-cli/2.15.30 Python/3.11.8 Linux/6.6.9-amd64 exe/x86_64.kali.2023 prompt/off"
                : "aws-cli/1.32.60 md/Botocore#1.34.60 ua/2.0 os/linux#5.15.0-91-generic "
                  "md/arch#x86_64 lang/python#3.10.12";
    steps_ = random_.between(8, 16);
    about_.rules = {"serverless-token-remote-use"};
    about_.story = "The token of function " + victim_->session_name + " is used from " +
                   about_.source +
                   " with the AWS command line, while the function itself still runs in AWS.";
  }

 private:
  bool fill(call& c, std::uint32_t step) override {
    constexpr std::string_view order[] = {"sts:GetCallerIdentity",
                                          "iam:ListAttachedRolePolicies",
                                          "s3:ListBuckets",
                                          "iam:ListRolePolicies",
                                          "lambda:ListFunctions20150331",
                                          "secretsmanager:ListSecrets",
                                          "dynamodb:ListTables",
                                          "secretsmanager:GetSecretValue",
                                          "ec2:DescribeInstances",
                                          "iam:ListUsers",
                                          "ssm:DescribeParameters",
                                          "lambda:GetFunction20150331v2",
                                          "kms:ListKeys",
                                          "iam:ListRoles",
                                          "s3:GetBucketPolicy",
                                          "ssm:GetParametersByPath"};
    begin(c, order[step]);
    if (step == 14)
      c.bucket = tenant_->buckets[0];
    // A function's role may do little: what it never needs is refused.
    if (step != 0 && step != 2 && random_.below(10) < 4)
      deny(c);
    pace(4'000, 45'000);
    return true;
  }
};

} // namespace

std::unique_ptr<attack> stolen_lambda_token(const plan& p) {
  return std::make_unique<theft>(p);
}

} // namespace vedette::simulate
