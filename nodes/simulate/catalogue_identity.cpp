#include "nodes/simulate/catalogue_tables.hpp"

namespace vedette::simulate {

namespace {

constexpr action identity_table[] = {
    {"signin", "ConsoleLogin", global},
    {"sts", "GetCallerIdentity", reads},
    {"sts",
     "AssumeRole",
     reads,
     R"({"roleArn":"%1","roleSessionName":"%2","durationSeconds":3600})",
     R"({"credentials":{"accessKeyId":"%3","sessionToken":"IQoJb3JpZ2luX2VjE%S","expiration":"%E"},"assumedRoleUser":{"assumedRoleId":"%4:%2","arn":"arn:aws:sts::%A:assumed-role/%u/%2"}})",
     {},
     {},
     "AWS::IAM::Role",
     "%1"},
    {"sts",
     "AssumeRoleWithWebIdentity",
     reads,
     R"({"roleArn":"%1","roleSessionName":"%2","durationSeconds":3600})",
     R"({"credentials":{"accessKeyId":"%3","sessionToken":"IQoJb3JpZ2luX2VjE%S","expiration":"%E"},"subjectFromWebIdentityToken":"repo:%t/%a:ref:refs/heads/main","assumedRoleUser":{"assumedRoleId":"%4:%2","arn":"arn:aws:sts::%A:assumed-role/%u/%2"},"audience":"sts.amazonaws.com"})",
     {},
     {},
     "AWS::IAM::Role",
     "%1"},
    {"iam", "ListUsers", reads | global, R"({"maxItems":1000})"},
    {"iam", "ListRoles", reads | global, R"({"maxItems":1000})"},
    {"iam", "ListGroups", reads | global, R"({"maxItems":1000})"},
    {"iam", "ListPolicies", reads | global,
     R"({"scope":"Local","onlyAttached":true,"maxItems":1000})"},
    {"iam", "ListAccessKeys", reads | global, R"({"userName":"%1"})"},
    {"iam", "ListAttachedUserPolicies", reads | global, R"({"userName":"%u"})", "null",
     "NoSuchEntityException"},
    {"iam", "ListAttachedRolePolicies", reads | global, R"({"roleName":"%u"})", "null",
     "NoSuchEntityException"},
    {"iam", "ListRolePolicies", reads | global, R"({"roleName":"%u"})", "null",
     "NoSuchEntityException"},
    {"iam", "ListMFADevices", reads | global, R"({"userName":"%u"})"},
    {"iam", "GetUser", reads | global, R"({"userName":"%u"})", "null", "NoSuchEntityException"},
    {"iam", "GetRole", reads | global, R"({"roleName":"%a-task"})", "null",
     "NoSuchEntityException"},
    {"iam", "GetPolicy", reads | global, R"({"policyArn":"arn:aws:iam::%A:policy/%a-access"})",
     "null", "NoSuchEntityException"},
    {"iam", "GetPolicyVersion", reads | global,
     R"({"policyArn":"arn:aws:iam::%A:policy/%a-access","versionId":"v%n"})", "null",
     "NoSuchEntityException"},
    {"iam", "GetAccountSummary", reads | global},
    {"iam", "GetAccountPasswordPolicy", reads | global, "null", "null", "NoSuchEntityException"},
    {"iam", "GetAccountAuthorizationDetails", reads | global,
     R"({"filter":["User","Role","LocalManagedPolicy"],"maxItems":1000})"},
    {"iam", "GetCredentialReport", reads | global},
    {"iam", "CreateUser", global, R"({"userName":"%1"})",
     R"({"user":{"path":"/","arn":"arn:aws:iam::%A:user/%1","userId":"AIDA%X","createDate":"%L","userName":"%1"}})"},
    {"iam", "CreateAccessKey", global, R"({"userName":"%1"})",
     R"({"accessKey":{"accessKeyId":"%2","status":"Active","userName":"%1","createDate":"%L"}})"},
    {"iam", "CreateLoginProfile", global, R"({"userName":"%1","passwordResetRequired":false})",
     R"({"loginProfile":{"userName":"%1","createDate":"%L","passwordResetRequired":false}})"},
    {"iam", "AttachUserPolicy", global, R"({"userName":"%1","policyArn":"%2"})"},
    {"iam", "AttachRolePolicy", global, R"({"roleName":"%1","policyArn":"%2"})"},
    {"iam", "PutRolePolicy", global,
     R"({"roleName":"%1","policyName":"%2","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\"],\"Resource\":\"arn:aws:s3:::%t-%2/*\"}]}"})"},
    {"iam", "CreateRole", global,
     R"({"roleName":"%1","assumeRolePolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{%2},\"Action\":\"sts:AssumeRole\"}]}"})",
     R"({"role":{"path":"/","roleName":"%1","roleId":"AROA%X","arn":"arn:aws:iam::%A:role/%1","createDate":"%L"}})"},
    {"organizations", "DescribeOrganization", reads | global | coded},
    {"organizations", "ListAccounts", reads | global | coded, R"({"maxResults":20})"},
    {"access-analyzer", "ListAnalyzers", reads | coded, R"({"type":"ACCOUNT"})"},
};

} // namespace

std::span<const action> identity_actions() {
  return identity_table;
}

} // namespace vedette::simulate
