// `vedette send kafka://…` against librdkafka's mock cluster and a real node: a position is
// committed when everything before it is durable, over kills, brokers that go and members that
// come.
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/kafka_cluster.hpp"
#include "tests/processes/program.hpp"
#include "tests/processes/sent.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

constexpr int partitions = 4;

class topic_to_node {
 public:
  topic_to_node()
      : node{{test::program("vedetted"), "--data-dir", files.path("data")},
             files.path("log"),
             at.environment()} {
    REQUIRE(node.says("ready:", 60s));
    kafka.make_topic("logs", partitions);
    // Else whoever comes after a kill waits longer.
    test::write_file(files.path("kafka.conf"),
                     "session.timeout.ms=6000\nheartbeat.interval.ms=1000\n"
                     "reconnect.backoff.max.ms=500\n");
  }
  [[nodiscard]] std::vector<std::string> words(std::vector<std::string> more = {}) const {
    std::vector<std::string> out{test::program("vedette"),
                                 "send",
                                 "--to",
                                 at.sink(),
                                 "-o",
                                 "json",
                                 "--kafka-settings",
                                 files.path("kafka.conf"),
                                 "kafka://" + kafka.brokers() + "/" + topic};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  [[nodiscard]] std::unique_ptr<test::child> start(const std::string& log) const {
    return std::make_unique<test::child>(words(), files.path(log));
  }
  /// As many records more, over all partitions, and as many values that are none.
  void write(int records) {
    for (int i = 0; i < records; ++i, ++written) {
      kafka.put("logs", written % partitions,
                test::good_record("who-" + std::to_string(written % 50), written));
      kafka.put("logs", written % partitions, "{\"broken\":");
    }
    kafka.flush();
  }
  /// Of all partitions of the node together.
  [[nodiscard]] std::uint64_t sum(const std::string& name) const {
    return test::sum_of_partitions(at, files.path("data"), name);
  }
  [[nodiscard]] bool arrived(std::chrono::seconds patience = 60s) const {
    const auto all = static_cast<std::uint64_t>(written);
    for (const auto end = std::chrono::steady_clock::now() + patience;
         std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(200ms))
      if (sum("events") == all && sum("quarantined") == all)
        return true;
    return false;
  }
  [[nodiscard]] std::int64_t committed() const {
    std::int64_t out = 0;
    for (int p = 0; p < partitions; ++p)
      out += std::max<std::int64_t>(kafka.committed("vedette", "logs", p), 0);
    return out;
  }

  test::scratch files;
  test::node_address at;
  test::child node;
  test::kafka_cluster kafka;
  int written = 0;
  std::string topic = "logs";
};

} // namespace

TEST_CASE("kafka: every record counts once, broken ones are quarantined once, over kills",
          "[processes][kafka]") {
  topic_to_node n;
  n.write(2000);
  for (int kill = 0; kill < 3; ++kill) {
    auto reader = n.start("send.log");
    const auto before = n.committed();
    for (int i = 0; i < 300 && n.committed() < before + 300 && reader->running(); ++i)
      std::this_thread::sleep_for(20ms);
    reader->signal(SIGKILL);
    REQUIRE(reader->wait(10s));
    n.write(300);
  }
  auto reader = n.start("send.log");
  CHECK(n.arrived());
  INFO(n.sum("events") << " events, " << n.sum("quarantined") << " quarantined of " << n.written);
  reader->signal(SIGTERM);
  CHECK(reader->wait(20s) == 3);
  INFO(reader->log());
  CHECK(n.sum("events") == static_cast<std::uint64_t>(n.written));
  CHECK(n.sum("quarantined") == static_cast<std::uint64_t>(n.written));
  CHECK(n.committed() == 2 * n.written);
}

TEST_CASE("kafka: nothing is committed before it is durable, and a slow node pauses, not ends it",
          "[processes][kafka]") {
  topic_to_node n;
  n.topic = "logs,wide";
  n.kafka.make_topic("wide", 16); // the mock keeps 5 MB a partition
  n.write(100);
  auto reader = n.start("send.log");
  REQUIRE(n.arrived());
  for (int i = 0; i < 50 && n.committed() < 200; ++i)
    std::this_thread::sleep_for(100ms);
  REQUIRE(n.committed() == 200);
  n.node.signal(SIGSTOP);
  for (int i = 0; i < 96; ++i)
    n.kafka.put("wide", i % 16, std::string(std::size_t{600} << 10, ' ') + "{}");
  n.kafka.flush();
  n.write(100);
  std::this_thread::sleep_for(5s);
  CHECK(n.committed() == 200);
  CHECK(reader->running());
  n.node.signal(SIGCONT);
  for (int i = 0; i < 300 && n.committed() < 400; ++i)
    std::this_thread::sleep_for(100ms);
  CHECK(n.committed() == 400);
  CHECK(n.sum("events") == 200);
  reader->signal(SIGTERM);
  CHECK(reader->wait(20s) == 3);
  INFO(reader->log());
  CHECK(test::figure(reader->log(), "pauses") > 0);
}

TEST_CASE("kafka: members that come and go share the partitions, and nothing counts twice",
          "[processes][kafka]") {
  topic_to_node n;
  n.write(500);
  auto first = n.start("first.log");
  std::this_thread::sleep_for(1s);
  auto second = n.start("second.log");
  for (int i = 0; i < 10; ++i) {
    n.write(100);
    std::this_thread::sleep_for(500ms);
  }
  n.kafka.move_leader("logs", 0, 1);
  n.kafka.move_leader("logs", 0, 2);
  n.kafka.refuse_commits(5);
  n.write(100);
  second->signal(SIGTERM);
  CHECK(second->wait(30s));
  n.write(200);
  CHECK(n.arrived(90s));
  INFO(n.sum("events") << " events, " << n.sum("quarantined") << " quarantined of " << n.written);
  first->signal(SIGTERM);
  CHECK(first->wait(30s) == 3);
  INFO(first->log());
  INFO(second->log());
  CHECK(n.sum("events") == static_cast<std::uint64_t>(n.written));
  CHECK(n.sum("quarantined") == static_cast<std::uint64_t>(n.written));
}

TEST_CASE("kafka: what is wrong is said in one line", "[processes][kafka]") {
  topic_to_node n;
  n.write(3);
  n.kafka.put("logs", 0, nullptr);
  n.kafka.put("logs", 1,
              R"({"records":[)" + test::good_record("wrapped", 1) + "," +
                  test::good_record("wrapped", 2) + "]}");
  n.kafka.flush();
  const auto all = test::run(n.words({"--until-empty"}), 60s);
  INFO(all.out << all.err);
  CHECK(all.code == 3);
  CHECK(test::figure(all.out, "values") == 7);
  CHECK(test::figure(all.out, "accepted") == 5);
  CHECK(test::figure(all.out, "quarantined") == 3);

  test::write_file(n.files.path("bad.conf"), "sasl.pasword=secret\n");
  struct row {
    const char* why;
    std::vector<std::string> words;
    int code;
    const char* says;
  };
  for (const auto& r : std::vector<row>{
           {"a setting with a typing error",
            {"kafka://127.0.0.1:1/logs", "--kafka-settings", n.files.path("bad.conf")},
            2,
            "'sasl.pasword'"},
           {"credentials in the address",
            {"kafka://user:secret@127.0.0.1:1/logs"},
            2,
            "the file that --kafka-settings names"},
           {"no topic", {"kafka://127.0.0.1:1"}, 2, "write kafka://HOST:PORT"},
           {"a topic that is not there",
            {"kafka://" + n.kafka.brokers() + "/"},
            2,
            "write kafka://"},
       }) {
    INFO(r.why);
    std::vector<std::string> words{test::program("vedette"), "send", "--to", n.at.sink()};
    words.insert(words.end(), r.words.begin(), r.words.end());
    const auto said = test::run(words, 60s);
    INFO(said.err);
    CHECK(said.code == r.code);
    CHECK(test::lines_of(said.err).size() == 1);
    CHECK(said.err.find(r.says) != std::string::npos);
    CHECK(said.err.find("secret") == std::string::npos);
  }
}
