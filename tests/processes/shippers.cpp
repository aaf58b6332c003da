// Records through the doors that shippers know, into a real node: one alert for each, whatever they
// were wrapped in, and none twice.
#include "base/base64.hpp"
#include "base/json_writer.hpp"
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

/// A node with a collector's token for tenant acme.
class shipped_to {
 public:
  shipped_to()
      : node_{
            {test::program("vedetted"), "--data-dir", data_}, files.path("log"), at.environment()} {
    REQUIRE(node_.says("ready:", 60s));
    REQUIRE(ask({"tokens", "create", "--name", "ship", "--role", "collector", "--tenant", "acme",
                 "--out", files.path("token")})
                .code == 0);
    std::ifstream in{files.path("token")};
    in >> token;
    REQUIRE_FALSE(token.empty());
  }

  test::finished ask(std::vector<std::string> words) {
    words.insert(words.begin(), test::program("vedette"));
    words.insert(words.end(), {"--data-dir", data_, "--server", at.server()});
    return test::run(words);
  }

  int post(const std::string& path, const std::string& headers, const std::string& body) {
    const auto answer = test::http_exchange(
        at.http, "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(at.http) +
                     "\r\n" + headers + "Connection: close\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body);
    INFO(answer);
    return answer.starts_with("HTTP/1.1 ") ? std::atoi(answer.c_str() + 9) : 0;
  }

  /// Whose audit-log-tampered there is, with how often each did it.
  std::multiset<std::string> alerts() {
    std::multiset<std::string> out;
    for (const auto& line :
         test::lines_of(ask({"alerts", "list", "--limit", "500", "-o", "json"}).out)) {
      const auto from = line.find(":user/");
      if (from != std::string::npos && line.find("\"count\":1,") != std::string::npos)
        out.insert(line.substr(from + 6, line.find('"', from) - from - 6));
    }
    return out;
  }

  test::scratch files;
  test::node_address at;
  std::string token;

 private:
  std::string data_ = files.path("data");
  test::child node_;
};

} // namespace

TEST_CASE("shippers: a record by each kind of door becomes one alert, and coming again none",
          "[processes][shippers]") {
  shipped_to node;
  const auto splunk = "Authorization: Splunk " + node.token + "\r\n";
  const auto bearer = "Authorization: Bearer " + node.token + "\r\n";
  const auto firehose =
      "X-Amz-Firehose-Access-Key: " + node.token + "\r\nX-Amz-Firehose-Request-Id: r-1\r\n";
  for (int round = 0; round < 2; ++round) {
    CHECK(node.post("/services/collector/event", splunk,
                    R"({"time":1767323045,"event":)" + test::good_record("hec", 1) + "}") == 200);
    CHECK(node.post("/services/collector/raw?channel=c", splunk + "Content-Encoding: gzip\r\n",
                    test::gzip(test::good_record("raw", 1) + "\n")) == 200);
    CHECK(node.post("/logs/_bulk", bearer + "Content-Type: application/x-ndjson\r\n",
                    "{\"create\":{}}\n" + test::good_record("bulk", 1) + "\n") == 200);
    CHECK(node.post("/v1/hooks/eventbridge", bearer,
                    R"({"source":"aws.cloudtrail","detail-type":"AWS API Call via CloudTrail",)"
                    R"("detail":)" +
                        test::good_record("bridge", 1) + "}") == 200);
    CHECK(node.post("/v1/hooks/firehose", firehose,
                    R"({"requestId":"r-1","records":[{"data":")" +
                        base::base64_encode(test::gzip(test::good_record("hose", 1))) + "\"}]}") ==
          200);
    base::json_writer w;
    w.value(test::good_record("otlp", 1));
    CHECK(node.post("/v1/logs", bearer + "Content-Type: application/json\r\n",
                    R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":)" +
                        std::string{w.text()} + "}}]}]}]}") == 200);
    CHECK(node.post("/services/collector/event", "Authorization: Splunk vdt_00\r\n", "{}") == 401);
  }
  const std::multiset<std::string> wanted{"bridge", "bulk", "hec", "hose", "otlp", "raw"};
  for (int i = 0; i < 50 && node.alerts() != wanted; ++i)
    std::this_thread::sleep_for(200ms);
  CHECK(node.alerts() == wanted);
}

TEST_CASE("shippers: rsyslog sends a file by its Elasticsearch output, every line once",
          "[processes][shippers]") {
  const char* program = "/usr/sbin/rsyslogd";
  const char* output = "/usr/lib/x86_64-linux-gnu/rsyslog/omelasticsearch.so";
  if (!std::filesystem::exists(program) || !std::filesystem::exists(output)) {
    std::puts("skipped: rsyslog as a shipper (needs rsyslog and rsyslog-elasticsearch)");
    return;
  }
  shipped_to node;
  std::string lines;
  std::multiset<std::string> wanted;
  for (int i = 0; i < 40; ++i) {
    const auto who = "syslog-" + std::to_string(i);
    lines += test::good_record(who, 1) + "\n";
    wanted.insert(who);
  }
  const auto log = node.files.path("audit.json"), conf = node.files.path("rsyslog.conf");
  test::write_file(log, lines);
  test::write_file(conf,
                   "global(workDirectory=\"" + node.files.path("") + "\")\n" +
                       "module(load=\"imfile\")\nmodule(load=\"omelasticsearch\")\n"
                       "template(name=\"line\" type=\"string\" string=\"%msg%\")\n"
                       "input(type=\"imfile\" file=\"" +
                       log +
                       "\" tag=\"audit\" ruleset=\"ship\")\n"
                       "ruleset(name=\"ship\") {\n"
                       "  action(type=\"omelasticsearch\" server=\"127.0.0.1\" serverport=\"" +
                       std::to_string(node.at.http) +
                       "\" template=\"line\" searchIndex=\"logs\" bulkmode=\"on\" uid=\"any\" "
                       "pwd=\"" +
                       node.token + "\" action.resumeRetryCount=\"-1\")\n}\n");
  std::filesystem::permissions(conf, std::filesystem::perms{0600});
  test::child rsyslog{{program, "-n", "-f", conf, "-i", node.files.path("pid")},
                      node.files.path("rsyslog.log")};
  for (int i = 0; i < 150 && node.alerts() != wanted; ++i)
    std::this_thread::sleep_for(200ms);
  CHECK(node.alerts() == wanted);
  rsyslog.signal(SIGTERM);
  CHECK(rsyslog.wait(10s));
}
