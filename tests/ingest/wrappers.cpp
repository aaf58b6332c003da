#include "tests/ingest/new_records.hpp"

#include "base/json_writer.hpp"

#include <fmt/format.h>

using namespace vedette;
using namespace vedette::ingest;

namespace {

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? digits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::string one_line(std::string text) {
  std::erase(text, '\n');
  return text;
}

std::string quoted(const std::string& text) {
  base::json_writer w;
  w.value(one_line(text));
  return std::string{w.text()};
}

/// A CloudWatch Logs subscription of one message.
std::string subscription(const char* group, const char* stream, const std::string& message) {
  return fmt::format(
      R"({{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"{}","logStream":"{}",)"
      R"("subscriptionFilters":["f"],"logEvents":[{{"id":"1","timestamp":1,"message":{}}}]}})",
      group, stream, quoted(message));
}

std::string aks(const char* category, const std::string& log) {
  return fmt::format(
      R"({{"records":[{{"operationName":"Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",)"
      R"("category":"{}","ccpNamespace":"c","resourceId":"/SUBSCRIPTIONS/S/MANAGEDCLUSTERS/MAIN",)"
      R"("properties":{{"log":{},"stream":"stdout","pod":"kube-apiserver-1"}},"time":"2026-01-02T03:04:05Z"}}]}})",
      category, quoted(log));
}

} // namespace

TEST_CASE("audit records come out of every vendor's wrapping", "[ingest][wrappers]") {
  const auto k8s = one_line(kubernetes_with("")), gcp = one_line(gcp_with(""));
  const auto push =
      R"({"message":{"attributes":{"a":"b"},"data":")" + base64(gcp) +
      R"(","messageId":"1","publishTime":"t"},"subscription":"projects/p/subscriptions/s"})";
  struct row {
    const char* why;
    std::string text;
    std::size_t events;
  };
  const auto r = GENERATE_COPY(values<row>({
      {"a webhook's list",
       R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[)" + k8s + "," +
           k8s + "]}",
       2},
      {"a list that is empty",
       R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[]})", 0},
      {"a server's file", k8s + "\n" + k8s + "\n", 2},
      {"EKS in CloudWatch", subscription("/aws/eks/main/cluster", "kube-apiserver-audit-0a1b", k8s),
       1},
      {"AKS in an event hub", aks("kube-audit", k8s), 1},
      {"AKS without reads", aks("kube-audit-admin", k8s), 1},
      {"entries, one a line", gcp + "\n" + gcp + "\n", 2},
      {"entries in an array", "[" + gcp + "," + gcp + "]", 2},
      {"an answer of Cloud Logging", R"({"entries":[)" + gcp + R"(],"nextPageToken":"t"})", 1},
      {"a push of Pub/Sub", push, 1},
      {"a pull of Pub/Sub", R"({"receivedMessages":[{"ackId":"a",)" + push.substr(1) + "]}", 1},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  CHECK(run->quarantined == std::vector<std::string>{});
  CHECK(run->skipped == std::vector<std::string>{});
  CHECK(run->batch.events.size() == r.events);
}

TEST_CASE("a cluster that only the wrapper names is the event's account", "[ingest][wrappers]") {
  const auto record = kubernetes_with("");
  const auto of = [](const std::string& text) {
    return std::string{run_text(text)->only().account};
  };
  CHECK(of(record).empty());
  CHECK(of(subscription("/aws/eks/main/cluster", "kube-apiserver-audit-0a1b", record)) ==
        "111122223333/main");
  CHECK(of(aks("kube-audit", record)) == "/SUBSCRIPTIONS/S/MANAGEDCLUSTERS/MAIN");
  CHECK(of(kubernetes_with(R"("cluster":"edge-7")")) == "edge-7");
  INFO("a wrapper of other logs names no cluster");
  CHECK(of(subscription("/my/own/group", "audit", record)).empty());
}

TEST_CASE("other logs of the same pipes are skipped with what they are", "[ingest][wrappers]") {
  struct row {
    std::string text;
    const char* what;
  };
  const auto r = GENERATE_COPY(values<row>({
      {subscription("/aws/eks/main/cluster", "authenticator-0a1b", "time=\"t\" msg=\"x\""),
       "EKS log that is no audit log"},
      {aks("kube-apiserver", "I0102 03:04:05 started"), "AKS log that is no audit log"},
      {R"({"message":{"data":"aGVsbG8=","messageId":"1"},"subscription":"s"})",
       "Pub/Sub message that carries no log entry"},
  }));
  INFO(r.what);
  const auto run = run_text(r.text);
  CHECK(run->skipped == std::vector<std::string>{r.what});
  CHECK(run->quarantined == std::vector<std::string>{});
}

TEST_CASE("damaged wrappers cost their own record and no neighbour", "[ingest][wrappers][bad]") {
  const auto good = one_line(gcp_with(""));
  const std::string texts[] = {
      R"({"message":{"data":"eyJ!!!","messageId":"1"},"subscription":"s"})",
      R"({"message":{"data":"e","messageId":"1"},"subscription":"s"})",
      subscription("/aws/eks/main/cluster", "kube-apiserver-audit-1", "{"),
      subscription("/aws/eks/main/cluster", "kube-apiserver-audit-1", "{}"),
      aks("kube-audit", "{\"kind\":"),
  };
  for (const auto& text : texts) {
    INFO(text);
    const auto run = run_text(text + "\n" + good + "\n");
    CHECK(run->only().id == "abc123");
    CHECK(run->quarantined.size() + run->skipped.size() <= 1);
  }
}
