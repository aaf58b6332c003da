// One tenant raises thousands of alerts a second: its own are all said, in bounded memory, and
// another tenant's alerts and actions do not wait for them.
//
// VEDETTE_STORM_RATE (alerts a second) and VEDETTE_STORM_SECONDS make it what it is said to be; by
// default it is what sanitizers leave of a machine.
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

} // namespace

TEST_CASE("storm: a tenant that alerts without end keeps nobody waiting, and loses none of its own",
          "[processes][storm]") {
  const auto rate = test::from_environment("VEDETTE_STORM_RATE", 300);
  const auto seconds = test::from_environment("VEDETTE_STORM_SECONDS", 10);
  const auto alerts = rate * seconds;
  const test::scratch files;
  const test::node_address at;
  test::child node{{test::program("vedetted"), "--data-dir", files.path("data")},
                   files.path("log"),
                   at.environment()};
  REQUIRE(node.says("ready:", 60s));
  std::string token;
  std::ifstream{files.path("data") + "/admin.token"} >> token;
  const auto ask = [&](const std::string& what) {
    return test::http_exchange(
        at.http, what + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(at.http) +
                     "\r\nAuthorization: Bearer " + token + "\r\nConnection: close\r\n\r\n");
  };

  {
    std::ofstream out{files.path("storm.json")};
    for (std::uint64_t i = 0; i < alerts; ++i)
      out << test::good_record("storm-" + std::to_string(i), 1) << "\n";
  }
  const auto began = std::chrono::steady_clock::now();
  test::child storm{{test::program("vedette"), "send", files.path("storm.json"), "--to", at.sink(),
                     "--rate", std::to_string(rate)},
                    files.path("send.log")};

  // Meanwhile somebody else is attacked, now and then: less than 80 times, for an incident takes no
  // more than respond::limits::incident_actions.
  const auto pause = std::max<std::chrono::milliseconds>(200ms, std::chrono::seconds{seconds} / 80);
  std::vector<double> taken, acted;
  for (int i = 0; storm.running(); ++i) {
    const auto who = "calm-" + std::to_string(i);
    const auto body = test::good_record(who, 1);
    const auto sent = std::chrono::steady_clock::now();
    const auto answer = test::http_exchange(
        at.http, "POST /v1/ingest/aws?tenant=calm HTTP/1.1\r\nHost: 127.0.0.1:" +
                     std::to_string(at.http) + "\r\nAuthorization: Bearer " + token +
                     "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\n\r\n" + body);
    REQUIRE(answer.starts_with("HTTP/1.1 200"));
    taken.push_back(seconds_since(sent));
    while (ask("GET /v1/actions?tenant=calm&limit=1000").find(who) == std::string::npos) {
      REQUIRE(seconds_since(sent) < 30);
      std::this_thread::sleep_for(20ms);
    }
    acted.push_back(seconds_since(sent));
    std::this_thread::sleep_for(pause);
  }
  CHECK(storm.wait(60s) == 0);
  INFO(storm.log());
  const auto sending = seconds_since(began);

  // Every alert of the storm is said, and soon.
  const auto said = [&] {
    std::uint64_t sum = 0;
    for (const auto& line : test::lines_of(ask("GET /metrics")))
      if (line.starts_with("vedette_alerts_published_total"))
        sum += std::strtoull(line.c_str() + line.rfind(' '), nullptr, 10);
    return sum;
  };
  const auto wanted = alerts + taken.size();
  while (said() < wanted && seconds_since(began) < sending + 60)
    std::this_thread::sleep_for(100ms);
  CHECK(said() == wanted);
  const auto behind = seconds_since(began) - sending;

  REQUIRE(taken.size() >= 5);
  std::sort(taken.begin(), taken.end());
  std::sort(acted.begin(), acted.end());
  std::printf(
      "storm: %llu alerts at %llu/s sent in %.1f s, all said %.1f s later; of another tenant %zu "
      "batches taken within %.2f s (median %.2f), acted on within %.2f s (median %.2f); peak %.0f "
      "MB\n",
      static_cast<unsigned long long>(alerts), static_cast<unsigned long long>(rate), sending,
      behind, taken.size(), taken.back(), taken[taken.size() / 2], acted.back(),
      acted[acted.size() / 2], static_cast<double>(node.peak_rss_bytes()) / 1e6);
  CHECK(taken.back() < 5);
  CHECK(acted.back() < 10);
  node.signal(SIGTERM);
  CHECK(node.wait(30s) == 0);
}
