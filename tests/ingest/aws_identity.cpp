#include "tests/ingest/records.hpp"

using namespace vedette;
using namespace vedette::ingest;
using base::identity_type;
using base::session_class;

TEST_CASE("every userIdentity.type resolves to a long-lived identity", "[ingest][identity]") {
  struct row {
    const char* why;
    const char* members;
    const char* identity;
    const char* name;
    identity_type actor;
    session_class holder;
  };
  const auto r = GENERATE(values<row>({
      {"a static key belongs to its user",
       R"("userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ana","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"ana"})",
       "arn:aws:iam::111122223333:user/ana", "ana", identity_type::user, session_class::long_term},
      {"a failed console login has no ARN, and is still that user's",
       R"("eventType":"AwsConsoleSignIn","userIdentity":{"type":"IAMUser","accountId":"111122223333","accessKeyId":"","userName":"ana"})",
       "arn:aws:iam::111122223333:user/ana", "ana", identity_type::user, session_class::human},
      {"a temporary key with MFA is a person's",
       R"("userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ana","accessKeyId":"ASIAIOSFODNN7EXAMPLE","userName":"ana","sessionContext":{"attributes":{"mfaAuthenticated":"true"}}})",
       "arn:aws:iam::111122223333:user/ana", "ana", identity_type::user, session_class::human},
      {"root from the console",
       R"("sessionCredentialFromConsole":"true","userIdentity":{"type":"Root","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","accessKeyId":"ASIAIOSFODNN7EXAMPLE"})",
       "arn:aws:iam::111122223333:root", "root", identity_type::root, session_class::human},
      {"root without ARN is named after its account",
       R"("userIdentity":{"type":"Root","accountId":"111122223333"})",
       "arn:aws:iam::111122223333:root", "root", identity_type::root, session_class::unknown},
      {"sessions of a role are the role",
       R"("userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/app/s1","accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::111122223333:role/path/app","userName":"app"}}})",
       "arn:aws:iam::111122223333:role/path/app", "", identity_type::role, session_class::unknown},
      {"a role without issuer is taken from the session's ARN",
       R"("userIdentity":{"type":"AssumedRole","arn":"arn:aws-cn:sts::111122223333:assumed-role/app/s1"})",
       "arn:aws-cn:iam::111122223333:role/app", "", identity_type::role, session_class::unknown},
      {"type Role", R"("userIdentity":{"type":"Role","arn":"arn:aws:iam::111122223333:role/app"})",
       "arn:aws:iam::111122223333:role/app", "", identity_type::role, session_class::unknown},
      {"single sign-on names the session after the person",
       R"("userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0a1b/ana@example.com","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0a1b"}}})",
       "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0a1b",
       "ana@example.com", identity_type::role, session_class::human},
      {"a federated user acts with the rights of its issuer",
       R"("userIdentity":{"type":"FederatedUser","arn":"arn:aws:sts::111122223333:federated-user/bob","principalId":"111122223333:bob","accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{"sessionIssuer":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ana"}}})",
       "arn:aws:iam::111122223333:user/ana", "bob", identity_type::federated,
       session_class::unknown},
      {"Directory",
       R"("userIdentity":{"type":"Directory","principalId":"d-9067:carol","userName":"carol"})",
       "d-9067:carol", "carol", identity_type::federated, session_class::human},
      {"another account, seen from outside",
       R"("userIdentity":{"type":"AWSAccount","accountId":"999988887777","principalId":"AIDAX"})",
       "999988887777", "", identity_type::account, session_class::unknown},
      {"nobody at all, as S3 writes it",
       R"("userIdentity":{"type":"AWSAccount","accountId":"ANONYMOUS_PRINCIPAL","principalId":""})",
       "anonymous", "", identity_type::anonymous, session_class::unknown},
      {"the cloud itself",
       R"("userIdentity":{"type":"AWSService","invokedBy":"lambda.amazonaws.com"})",
       "lambda.amazonaws.com", "", identity_type::service, session_class::service},
      {"an identity centre user is the same whatever the session",
       R"("userIdentity":{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"},"credentialId":"CRED0123456789ABCDEF"})",
       "arn:aws:identitystore::111122223333:identitystore/d-1/u-1", "", identity_type::federated,
       session_class::human},
      {"SAML",
       R"("userIdentity":{"type":"SAMLUser","principalId":"hash=:ana@example.com","userName":"ana@example.com","identityProvider":"hash="})",
       "hash=:ana@example.com", "ana@example.com", identity_type::federated, session_class::human},
      {"a pod's service account",
       R"("userIdentity":{"type":"WebIdentityUser","principalId":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A:sts.amazonaws.com:system:serviceaccount:prod:billing","userName":"system:serviceaccount:prod:billing","identityProvider":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A"})",
       "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/"
       "0A:sts.amazonaws.com:system:serviceaccount:prod:billing",
       "system:serviceaccount:prod:billing", identity_type::service_account, session_class::pod},
      {"a pipeline's web identity",
       R"("userIdentity":{"type":"WebIdentityUser","principalId":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:repo:acme/app:ref:refs/heads/main","userName":"repo:acme/app:ref:refs/heads/main","identityProvider":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"})",
       "arn:aws:iam::111122223333:oidc-provider/"
       "token.actions.githubusercontent.com:sts.amazonaws.com:repo:acme/app:ref:refs/heads/main",
       "repo:acme/app:ref:refs/heads/main", identity_type::federated, session_class::ci},
      {"type Unknown with a name", R"("userIdentity":{"type":"Unknown","userName":"who"})", "who",
       "who", identity_type::unknown, session_class::unknown},
      {"a type of the future still has its ARN",
       R"("userIdentity":{"type":"QuantumUser","arn":"arn:aws:iam::111122223333:quantum/q"})",
       "arn:aws:iam::111122223333:quantum/q", "", identity_type::unknown, session_class::unknown},
      {"no type, invoked by a service",
       R"("userIdentity":{"accountId":"111122223333","invokedBy":"kms.amazonaws.com"})",
       "kms.amazonaws.com", "", identity_type::service, session_class::service},
      {"a service event about an account",
       R"("eventType":"AwsServiceEvent","userIdentity":{"accountId":"111122223333"})",
       "111122223333", "", identity_type::account, session_class::unknown},
  }));
  INFO(r.why);
  const auto run = run_text(record_with(r.members));
  const auto& e = run->only();
  CHECK(e.identity == r.identity);
  CHECK(e.identity_name == r.name);
  CHECK(to_string(e.actor) == to_string(r.actor));
  CHECK(to_string(e.holder) == to_string(r.holder));
}

TEST_CASE("what holds a role's session is judged by the strongest evidence", "[ingest][identity]") {
  struct row {
    const char* why;
    const char* session;  ///< the session's name
    const char* identity; ///< more members of userIdentity
    const char* members;  ///< more members of the record
    session_class holder;
    const char* workload;
  };
  const auto r = GENERATE(values<row>({
      {"inScopeOf is written by AWS", "any",
       R"(,"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:eu-west-1:111122223333:function:pay"})",
       "", session_class::lambda, "arn:aws:lambda:eu-west-1:111122223333:function:pay"},
      {"a Lambda token that names a tool is still a Lambda's", "pay",
       R"(,"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"f"})",
       R"(,"userAgent":"aws-cli/2.15 md/Botocore")", session_class::lambda, "f"},
      {"the runtime names itself", "pay", "",
       R"(,"userAgent":"Boto3/1.34 exec-env/AWS_Lambda_python3.12")", session_class::lambda,
       "arn:aws:lambda:eu-west-1:111122223333:function:pay"},
      {"instance id as session name", "i-0123456789abcdef0", "", "", session_class::instance,
       "i-0123456789abcdef0"},
      {"a name that only begins like an instance id", "i-am-not-one", "", "",
       session_class::unknown, ""},
      {"metadata service delivered it", "x",
       R"(,"sessionContext":{"ec2RoleDelivery":"2.0","sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/app"}})",
       "", session_class::instance, "x"},
      {"metadata version as a number", "x", R"(,"sessionContext":{"ec2RoleDelivery":1.0})", "",
       session_class::instance, "x"},
      {"ECS task id", "0123456789abcdef0123456789abcdef", "", "", session_class::container,
       "0123456789abcdef0123456789abcdef"},
      {"pod identity", "eks-prod-billing-7f", "", "", session_class::pod, "eks-prod-billing-7f"},
      {"web identity of a cluster", "s",
       R"(,"sessionContext":{"webIdFederationData":{"federatedProvider":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A"}})",
       "", session_class::pod, "s"},
      {"web identity of a pipeline", "s",
       R"(,"sessionContext":{"webIdFederationData":{"federatedProvider":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}})",
       "", session_class::ci, "s"},
      {"the pipeline's default session name", "GitHubActions", "", "", session_class::ci,
       "GitHubActions"},
      {"the build service's session name", "AWSCodeBuild-77", "", "", session_class::ci,
       "AWSCodeBuild-77"},
      {"called on its behalf by the cloud", "s", R"(,"invokedBy":"cloudformation.amazonaws.com")",
       "", session_class::service, ""},
      {"called from inside the cloud", "s", "", R"(,"sourceIPAddress":"athena.amazonaws.com")",
       session_class::service, ""},
      {"console", "s", "", R"(,"sessionCredentialFromConsole":"true")", session_class::human, ""},
      {"console agent", "s", "", R"(,"userAgent":"signin.amazonaws.com")", session_class::human,
       ""},
      {"nothing says anything", "s", "", R"(,"userAgent":"Boto3/1.34")", session_class::unknown,
       ""},
  }));
  INFO(r.why);
  const auto text = record_with(
      R"("userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/app/)" +
      std::string{r.session} + "\"" + r.identity + "}" + r.members);
  const auto run = run_text(text);
  const auto& e = run->only();
  CHECK(to_string(e.holder) == to_string(r.holder));
  CHECK(e.workload == r.workload);
}

TEST_CASE("an access key id never comes out whole", "[ingest][identity]") {
  const auto run = run_text(record_with(""));
  const auto& e = run->only();
  CHECK(e.session.size() == 13 + 1 + 8);
  CHECK(e.session.starts_with("AKIAIOSFODNN7~"));
  const auto other = run_text(record_with(
      R"("userIdentity":{"type":"IAMUser","arn":"a","accessKeyId":"AKIAIOSFODNN7EXAMPLF"})"));
  CHECK(other->only().session != e.session);
}
