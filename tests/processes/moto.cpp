#include "tests/processes/moto.hpp"

#include "io/aws/xml.hpp"
#include "io/clock/clock.hpp"
#include "tests/support/catch.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace vedette::test {

using namespace std::chrono_literals;

std::unique_ptr<moto> moto::start() {
  const char* wanted = std::getenv("VEDETTE_MOTO");
  const auto* tree = std::getenv("VEDETTE_SOURCE_DIR");
  const auto program = std::string{tree == nullptr ? "." : tree} + "/build/moto/bin/moto_server";
  if (std::filesystem::exists(program))
    return std::unique_ptr<moto>{new moto{program}};
  if (wanted != nullptr && std::string{wanted} == "required")
    FAIL("the AWS emulator is required and not there: tests/processes/moto.sh build/moto");
  std::puts(
      "skipped: S3 and SQS against an emulator (tests/processes/moto.sh build/moto installs it)");
  return nullptr;
}

moto::moto(const std::string& program)
    // The first three calls need no permission: they make somebody who has it.
    : process_{
          {program, "-H", "127.0.0.1", "-p", std::to_string(port_)},
          files_.path("log"),
          {{"INITIAL_NO_AUTH_ACTION_COUNT", "3"}, {"MOTO_IAM_LOAD_MANAGED_POLICIES", "true"}}} {
  for (int i = 0; i < 300 && http_status(port_, "/moto-api/") == 0; ++i)
    std::this_thread::sleep_for(100ms);
  const auto iam = [this](const std::string& form) {
    const auto said = ask(io::http_method::post, "iam", "/", "", form + "&Version=2010-05-08", "");
    INFO(said.body << process_.log());
    REQUIRE(said.status == 200);
    return said.body;
  };
  iam("Action=CreateUser&UserName=u");
  const auto key = iam("Action=CreateAccessKey&UserName=u");
  iam("Action=PutUserPolicy&UserName=u&PolicyName=p&PolicyDocument=" +
      io::percent_encode(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*",)"
                         R"("Resource":"*"}]})"));
  as_ = {io::xml_text(key, "AccessKey/AccessKeyId"),
         io::xml_text(key, "AccessKey/SecretAccessKey"),
         "",
         {}};
  REQUIRE(ask(io::http_method::put, "s3", "/logs", "", "", "").status == 200);
  queue_ = make_queue("logs-new");
  const auto said = ask(io::http_method::put, "s3", "/logs", "notification",
                        "<NotificationConfiguration><QueueConfiguration><Queue>"
                        "arn:aws:sqs:us-east-1:123456789012:logs-new</Queue>"
                        "<Event>s3:ObjectCreated:*</Event></QueueConfiguration>"
                        "</NotificationConfiguration>",
                        "");
  INFO(said.body);
  REQUIRE(said.status == 200);
}

io::http_response moto::ask(io::http_method method, const std::string& service,
                            const std::string& path, const std::string& query,
                            const std::string& body, const std::string& target) {
  io::http_call_options how;
  how.body = body;
  how.content_type = service == "s3"  ? "application/octet-stream"
                     : target.empty() ? "application/x-www-form-urlencoded"
                                      : "application/x-amz-json-1.0";
  if (!target.empty())
    how.headers.set("X-Amz-Target", target);
  io::http_parameters parameters;
  if (!query.empty())
    parameters.emplace_back(query, "");
  for (const auto& [name, value] :
       io::sign({io::to_string(method), std::string_view{url()}.substr(7), path, parameters,
                 how.headers, body},
                {"us-east-1", service, io::real_clock().now()}, as_))
    how.headers.set(name, value);
  auto answer = http_.call(
      method, url() + path + (query.empty() ? "" : "?" + io::canonical_query(parameters)), how);
  REQUIRE(answer);
  return std::move(*answer);
}

std::string moto::sqs(const std::string& action, const std::string& body) {
  const auto said = ask(io::http_method::post, "sqs", "/", "", body, "AmazonSQS." + action);
  INFO(action << said.body);
  REQUIRE(said.status == 200);
  return said.body;
}

std::string moto::make_queue(const std::string& name) {
  (void)sqs("CreateQueue", R"({"QueueName":")" + name + R"("})");
  return url() + "/123456789012/" + name;
}

std::vector<std::pair<std::string, std::string>> moto::environment() const {
  return {{"AWS_ENDPOINT_URL", url()},           {"AWS_ACCESS_KEY_ID", as_.key_id},
          {"AWS_SECRET_ACCESS_KEY", as_.secret}, {"AWS_REGION", "us-east-1"},
          {"AWS_CONFIG_FILE", "/dev/null"},      {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}};
}

void moto::check_signatures(bool on) {
  io::http_call_options how;
  how.body = on ? "0" : "100000"; // calls that are let through
  how.content_type = "text/plain";
  const auto said = http_.post(url() + "/moto-api/reset-auth", how);
  REQUIRE(said);
  REQUIRE(said->status == 200);
}

void moto::put(const std::string& key, const std::string& bytes) {
  REQUIRE(ask(io::http_method::put, "s3", "/logs/" + io::encode_path(key), "", bytes, "").status ==
          200);
}
void moto::remove(const std::string& key) {
  REQUIRE(ask(io::http_method::del, "s3", "/logs/" + io::encode_path(key), "", "", "").status ==
          204);
}

void moto::send(const std::string& body) {
  std::string escaped;
  for (const char c : body)
    escaped += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  (void)sqs("SendMessage", R"({"QueueUrl":")" + queue_ + R"(","MessageBody":")" + escaped + "\"}");
}

void moto::add_dead_letters() {
  (void)make_queue("logs-dead");
  (void)sqs("SetQueueAttributes",
            R"({"QueueUrl":")" + queue_ +
                R"(","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":)"
                R"(\"arn:aws:sqs:us-east-1:123456789012:logs-dead\",\"maxReceiveCount\":1}"}})");
}

int moto::messages(const std::string& queue) {
  const auto said =
      sqs("GetQueueAttributes", R"({"QueueUrl":")" + url() + "/123456789012/" + queue +
                                    R"(","AttributeNames":["ApproximateNumberOfMessages",)"
                                    R"("ApproximateNumberOfMessagesNotVisible"]})");
  int out = 0;
  for (const auto* name : {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"})
    if (const auto at = said.find("\"" + std::string{name} + "\""); at != std::string::npos)
      out += std::atoi(said.c_str() + said.find_first_of("0123456789", at));
  return out;
}

} // namespace vedette::test
