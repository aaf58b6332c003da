// `vedette send --sqs` against an emulator that checks signatures, and a real node: a message goes
// when its objects are durable, not before, and what cannot be read is in nobody's way.
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/moto.hpp"
#include "tests/processes/sent.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <set>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

class queue_to_node {
 public:
  queue_to_node()
      : aws{test::moto::start()}, node{
                                      {test::program("vedetted"), "--data-dir", files.path("data")},
                                      files.path("log"),
                                      at.environment()} {
    if (aws)
      REQUIRE(node.says("ready:", 60s));
  }
  [[nodiscard]] std::vector<std::string> words(std::vector<std::string> more) const {
    std::vector<std::string> out{
        test::program("vedette"), "send", "--to", at.sink(), "-o", "json", "--positions",
        files.path("positions")};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  [[nodiscard]] test::finished run(std::vector<std::string> more) const {
    return test::run(words(std::move(more)), 120s, aws->environment());
  }

  test::scratch files;
  test::node_address at;
  std::unique_ptr<test::moto> aws;
  test::child node;
};

} // namespace

TEST_CASE("queue: objects that are announced arrive, then their messages go", "[processes][s3]") {
  queue_to_node n;
  if (!n.aws)
    return;
  n.aws->put("AWSLogs/ä b+c=1/plain.json", test::good_record("plain", 1));
  n.aws->put("AWSLogs/../x//y.json.gz", test::gzip(test::good_record("packed", 1)));
  n.aws->put("z.json.zst", test::zstd(test::good_record("zst", 1) + "\n{\"broken\":\n"));
  n.aws->send(
      R"({"Type":"Notification","Message":"{\"source\":\"aws.s3\",\"detail-type\":\"Object Created\",)"
      R"(\"detail\":{\"bucket\":{\"name\":\"logs\"},\"object\":{\"key\":\"z.json.zst\"}}}"})");
  const auto sent = n.run({"--sqs", n.aws->queue(), "--until-empty"});
  INFO(sent.out << sent.err);
  CHECK(sent.code == 3); // the broken record
  CHECK(test::figure(sent.out, "accepted") == 3);
  CHECK(test::figure(sent.out, "quarantined") == 1);
  CHECK(test::figure(sent.out, "messages") == 5); // S3 tries a new queue
  CHECK(test::figure(sent.out, "messages_deleted") == 5);
  CHECK(n.aws->messages() == 0);

  // The same without a queue: all of it is known.
  const auto listed = n.run({"s3://logs/"});
  INFO(listed.out << listed.err);
  CHECK(listed.code == 0);
  CHECK(test::figure(listed.out, "known") == 3);
  CHECK(test::figure(listed.out, "records") == 0);
}

TEST_CASE("queue: killed before the message went, it comes again and counts once",
          "[processes][s3]") {
  queue_to_node n;
  if (!n.aws)
    return;
  n.aws->put("one.json", test::good_record("one", 1));
  n.node.signal(SIGSTOP); // nothing becomes durable
  test::child sender{n.words({"--sqs", n.aws->queue()}), n.files.path("send.log"),
                     n.aws->environment()};
  std::this_thread::sleep_for(4s);
  CHECK(n.aws->messages() >= 1);
  sender.signal(SIGKILL);
  REQUIRE(sender.wait(10s));
  n.node.signal(SIGCONT);
  n.aws->put("two.json", test::good_record("two", 1));
  const auto rest = n.run({"--sqs", n.aws->queue(), "--until-empty"});
  INFO(rest.out << rest.err);
  CHECK(rest.code == 0);
  CHECK(test::figure(rest.out, "records") == 2); // one.json was under way
  CHECK(test::figure(rest.out, "messages_deleted") >= 1);

  n.aws->put("one.json", test::good_record("one", 1)); // announced once more
  const auto again = n.run({"--sqs", n.aws->queue(), "--until-empty"});
  INFO(again.out << again.err);
  CHECK(test::figure(again.out, "known") == 1);
  CHECK(test::figure(again.out, "records") == 0);
  CHECK(test::figure(again.out, "messages_deleted") == 1);
}

TEST_CASE("queue: what is missing or no announcement stays for the dead letters, and is told",
          "[processes][s3]") {
  queue_to_node n;
  if (!n.aws)
    return;
  n.aws->add_dead_letters();
  n.aws->put("gone.json", "{}");
  n.aws->remove("gone.json");
  n.aws->send("hello");
  n.aws->put("good.json", test::good_record("good", 1));
  const auto sent = n.run({"--sqs", n.aws->queue(), "--until-empty"});
  INFO(sent.out << sent.err);
  CHECK(sent.code == 3);
  CHECK(test::figure(sent.out, "accepted") == 1);
  CHECK(test::figure(sent.out, "gone") == 1);
  CHECK(test::figure(sent.out, "messages_left") == 2);
  CHECK(test::lines_of(sent.err).size() == 2);
  CHECK(sent.err.find("s3://logs/gone.json: status 404 NoSuchKey") != std::string::npos);
  CHECK(sent.err.find("stays in the queue until that gives it to its dead letters") !=
        std::string::npos);
  CHECK(n.aws->messages() == 2);
}

TEST_CASE("queue: wrong credentials and a wrong queue are said in one line", "[processes][s3]") {
  queue_to_node n;
  if (!n.aws)
    return;
  auto environment = n.aws->environment();
  environment[2].second = "not-the-secret";
  const auto said = test::run(n.words({"--sqs", n.aws->queue()}), 60s, environment);
  INFO(said.err);
  CHECK(said.code == 1);
  CHECK(test::lines_of(said.err).size() == 1);
  CHECK(said.err.find("check the credentials") != std::string::npos);
  CHECK(said.err.find("not-the-secret") == std::string::npos);
  const auto other = n.run({"--sqs", n.aws->queue() + "x"});
  INFO(other.err);
  CHECK(other.code != 0);
  CHECK(test::lines_of(other.err).size() == 1);
  CHECK(other.err.find("check the queue's URL") != std::string::npos);
}
