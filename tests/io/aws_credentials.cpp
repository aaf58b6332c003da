// Credentials from every place where AWS's tools look, in their order; the services that hand them
// out are played by a server of ours.
#include "io/aws/credentials.hpp"

#include "io/http/server.hpp"
#include "tests/io/support.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <map>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

namespace {

const auto now = *base::parse_rfc3339("2026-01-02T03:00:00Z");

class services {
 public:
  services() {
    http_router router;
    const route_options open{{}, 64 * 1024, 64 * 1024};
    router.add(http_method::put, "/latest/api/token", open, [](http_call c, http_responder answer) {
      answer.respond(c.request.headers.has("X-aws-ec2-metadata-token-ttl-seconds")
                         ? text_response("imds-token")
                         : text_response("", 400));
    });
    router.add(http_method::get, "/latest/meta-data/iam/security-credentials/", open,
               [](http_call c, http_responder answer) {
                 answer.respond(c.request.headers.get("X-aws-ec2-metadata-token") == "imds-token"
                                    ? text_response("role-1\n")
                                    : text_response("", 401));
               });
    router.add(http_method::get, "/latest/meta-data/iam/security-credentials/{role}", open,
               [this](http_call, http_responder answer) { answer.respond(given("MACHINE")); });
    router.add(http_method::get, "/container", open, [this](http_call c, http_responder answer) {
      answer.respond(c.request.headers.get("Authorization") == "secret-1" ? given("CONTAINER")
                                                                          : text_response("", 403));
    });
    router.add(http_method::post, "/", open, [](http_call c, http_responder answer) {
      if (!says(c.request.body, "WebIdentityToken=j.w%2Bt&") &&
          !c.request.body.ends_with("WebIdentityToken=j.w%2Bt"))
        return answer.respond(text_response(
            "<ErrorResponse><Error><Code>x</Code><Message>no</Message></Error></ErrorResponse>",
            400));
      answer.respond(text_response(
          "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
          "<SessionToken>t</SessionToken><SecretAccessKey>s</SecretAccessKey>"
          "<Expiration>2026-01-02T04:00:00Z</Expiration><AccessKeyId>WEB</AccessKeyId>"
          "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"));
    });
    http_server_settings s;
    s.port = 0;
    server = std::make_unique<http_server>(s, std::move(router), http_hooks{});
    REQUIRE(server->start());
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", url());
    set("HOME", files.path("home"));
  }

  http_response given(const std::string& id) {
    ++asked;
    return json_response(R"({"AccessKeyId":")" + id + R"(","SecretAccessKey":"s","Token":"t",)" +
                         R"("Expiration":"2026-01-02T04:00:00Z"})");
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server->port()); }
  void set(const std::string& name, const std::string& value) { variables[name] = value; }
  aws_settings settings(const std::string& profile = {}) {
    return {[this](const char* name) {
              const auto at = variables.find(name);
              return at == variables.end() ? std::string{} : at->second;
            },
            profile, "", ""};
  }
  std::string key_id(const std::string& profile = {}) {
    aws_credential_chain chain{settings(profile)};
    const auto by = chain.get(now);
    return by ? by->key_id : base::to_string(by.err());
  }

  temp_folder files;
  std::map<std::string, std::string> variables;
  std::atomic<int> asked{0};
  std::unique_ptr<http_server> server;
};

} // namespace

TEST_CASE("credentials: each place in turn, the nearest first", "[io][aws]") {
  services s;
  CHECK(s.key_id() == "MACHINE");
  s.set("AWS_EC2_METADATA_DISABLED", "true");
  CHECK(says(s.key_id(), "denied: looking for AWS credentials: there are none in the environment"));
  s.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", s.url() + "/container");
  s.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", s.files.write("token", "secret-1\n"));
  CHECK(s.key_id() == "CONTAINER");
  s.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/container");
  CHECK(says(s.key_id(), "neither https nor an address of this machine"));
  (void)s.files.write("home/.aws/credentials",
                      "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n"
                      "[other]\naws_access_key_id=OTHER\naws_secret_access_key=s\n");
  (void)s.files.write("home/.aws/config", "[profile sso]\nsso_session=x\n");
  CHECK(s.key_id() == "FILE");
  s.set("AWS_WEB_IDENTITY_TOKEN_FILE", s.files.write("jwt", "j.w+t\n"));
  s.set("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/pod");
  s.set("AWS_ENDPOINT_URL_STS", s.url());
  CHECK(s.key_id() == "WEB");
  s.set("AWS_ACCESS_KEY_ID", "VARIABLE");
  s.set("AWS_SECRET_ACCESS_KEY", "s");
  CHECK(s.key_id() == "VARIABLE");
  CHECK(s.key_id("other") == "OTHER");
  CHECK(says(s.key_id("sso"), "sso_session, which is not spoken here"));
  CHECK(says(s.key_id("nobody"), "has a profile 'nobody'"));
}

TEST_CASE("credentials: kept until shortly before they expire", "[io][aws]") {
  services s;
  aws_credential_chain chain{s.settings()};
  REQUIRE(chain.get(now));
  REQUIRE(chain.get(now + std::chrono::minutes{54}));
  CHECK(s.asked == 1);
  REQUIRE(chain.get(now + std::chrono::minutes{56}));
  CHECK(s.asked == 2);
  s.server->stop();
  CHECK(chain.get(now + std::chrono::minutes{57})); // good for three minutes still
  CHECK_FALSE(chain.get(now + std::chrono::minutes{61}));
}

TEST_CASE("aws: regions and endpoints from the environment and the profile", "[io][aws]") {
  services s;
  (void)s.files.write("home/.aws/config", "[default]\nregion=eu-west-1\nendpoint_url=http://a\n");
  auto out = complete(s.settings());
  REQUIRE(out);
  CHECK(out->region == "eu-west-1");
  CHECK(out->endpoint_url == "http://a");
  s.set("AWS_DEFAULT_REGION", "eu-west-2");
  s.set("AWS_REGION", "eu-west-3");
  out = complete(s.settings());
  REQUIRE(out);
  CHECK(out->region == "eu-west-3");
  CHECK_FALSE(complete(s.settings("nobody")));
}
