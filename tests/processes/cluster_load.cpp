#include "tests/processes/cluster_load.hpp"

#include "actors/routing.hpp"
#include "base/time.hpp"
#include "tests/processes/final_alerts.hpp"
#include "tests/support/catch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vedette::test {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

double ms_since(steady::time_point from) {
  return std::chrono::duration<double, std::milli>(steady::now() - from).count();
}

std::string stopped_trail(const std::string& user, const std::string& id, const std::string& time) {
  return R"({"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAPROBE",)"
         R"("arn":"arn:aws:iam::111122223333:user/)" +
         user + R"(","accountId":"111122223333","userName":")" + user + R"("},"eventTime":")" +
         time +
         R"(","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging",)"
         R"("awsRegion":"eu-central-1","sourceIPAddress":"198.51.100.113","userAgent":"probe",)"
         R"("requestParameters":{"name":"main"},"responseElements":null,"eventID":")" +
         id +
         R"(","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,)"
         R"("recipientAccountId":"111122223333","eventCategory":"Management"})";
}

/// What is in one list and not in the other, for a human.
std::string difference(const std::vector<std::string>& got, const std::vector<std::string>& want) {
  std::vector<std::string> missing, more;
  std::ranges::set_difference(want, got, std::back_inserter(missing));
  std::ranges::set_difference(got, want, std::back_inserter(more));
  std::string out =
      std::to_string(got.size()) + " alerts, " + std::to_string(want.size()) + " expected\n";
  for (std::size_t i = 0; i < missing.size() && i < 3; ++i)
    out += "missing: " + missing[i].substr(0, 700) + "\n";
  for (std::size_t i = 0; i < more.size() && i < 3; ++i)
    out += "too many: " + more[i].substr(0, 700) + "\n";
  // One alert that is there twice, once as it should be: where the two part.
  for (const auto& m : missing)
    for (const auto& o : more)
      if (member(m, "alert_id") == member(o, "alert_id")) {
        const auto at = static_cast<std::size_t>(std::ranges::mismatch(m, o).in1 - m.begin());
        const auto from = at < 100 ? 0 : at - 100;
        out += "expected here: " + m.substr(from, 300) + "\nlisted here:   " + o.substr(from, 300) +
               "\n";
      }
  return out;
}

} // namespace

std::set<std::uint32_t> all_partitions() {
  std::set<std::uint32_t> out;
  for (std::uint32_t p = 0; p < cluster_settings{}.partitions; ++p)
    out.insert(p);
  return out;
}

load::load(cluster& c, std::uint64_t events, std::uint64_t attacks, std::uint64_t seed,
           const std::vector<std::string>& more)
    : cluster_{c}, logs_{c.path("logs.json")}, pipe_{c.path("pipe")} {
  std::vector<std::string> words{program("vedette"),
                                 "simulate",
                                 "--tenants",
                                 "1",
                                 "--events",
                                 std::to_string(events),
                                 "--attacks",
                                 std::to_string(attacks),
                                 "--seed",
                                 std::to_string(seed + 100),
                                 "--out",
                                 logs_};
  words.insert(words.end(), more.begin(), more.end());
  const auto made = run(words);
  INFO(made.err);
  REQUIRE(made.code == 0);
  const auto truth = run({program("vedette"), "replay", logs_, "--format", "json"}, 600s);
  REQUIRE(truth.code == 0);
  expected_ = final_alerts(truth.out);
  REQUIRE(expected_.size() > 10);
  REQUIRE(mkfifo(pipe_.c_str(), 0600) == 0);
}

load::~load() {
  give_up_ = true;
  collector_.reset(); // and with it the pipe's other end
  if (feeder_.joinable())
    feeder_.join();
}

void load::start(std::size_t first, std::chrono::milliseconds span) {
  collector_ = std::make_unique<child>(
      std::vector<std::string>{"/bin/sh", "-c",
                               "exec \"$0\" send - --to \"$1\" --source load < \"$2\"",
                               program("vedette"), cluster_.sinks_from(first), pipe_},
      cluster_.path("send.log"));
  feeder_ = std::thread{[this, span] { feed(span); }};
}

void load::feed(std::chrono::milliseconds span) {
  // A collector that ended is for `finish` to report.
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
  int to = -1;
  while (to < 0 && !give_up_) {
    to = open(pipe_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (to < 0)
      std::this_thread::sleep_for(5ms);
  }
  std::ifstream in{logs_, std::ios::binary};
  const auto bytes = static_cast<double>(std::filesystem::file_size(logs_));
  std::string piece(std::size_t{32} << 10, '\0');
  std::size_t at = 0, upto = 0;
  double sent = 0;
  const auto began = steady::now();
  while (to >= 0 && !give_up_) {
    if (at == upto) {
      in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      at = 0;
      upto = static_cast<std::size_t>(in.gcount());
      if (upto == 0)
        break;
    }
    const bool due =
        hurry_ || sent / bytes < ms_since(began) / std::max(1.0, static_cast<double>(span.count()));
    const auto n = due ? write(to, piece.data() + at, upto - at) : 0;
    if (n > 0) {
      handed_ +=
          static_cast<std::uint64_t>(std::count(piece.data() + at, piece.data() + at + n, '\n'));
      at += static_cast<std::size_t>(n);
      sent += static_cast<double>(n);
    } else if (n < 0 && errno != EAGAIN) {
      break;
    } else {
      std::this_thread::sleep_for(2ms);
    }
  }
  if (to >= 0)
    close(to);
  fed_ = true;
}

void load::finish(std::chrono::seconds patience) {
  hurry_ = true;
  const auto code = collector_->wait(patience);
  INFO("the collector: " << collector_->log());
  REQUIRE(code);
  REQUIRE(*code == 0);
  REQUIRE(fed_);
}

void load::equals_replay(std::chrono::seconds patience) {
  const auto until = steady::now() + patience;
  for (std::size_t n = 0; n < cluster_.size(); ++n) {
    if (!cluster_.running(n))
      continue;
    std::vector<std::string> got;
    for (;;) {
      if (auto now = cluster_.alerts(n))
        got = std::move(*now);
      if (got == expected_ || steady::now() > until)
        break;
      std::this_thread::sleep_for(200ms);
    }
    INFO(late() << " events came late; its partitions: "
                << (got == expected_ ? std::string{}
                                     : cluster_.call(n, "GET", "/v1/partitions").body));
    INFO(cluster_.id(n) << " lists " << difference(got, expected_));
    const bool equal = got == expected_; // thousands of lines are no message
    REQUIRE(equal);
    std::set<std::string> ids;
    for (const auto& line : got)
      REQUIRE(ids.insert(member(line, "alert_id")).second);
  }
}

std::uint64_t load::late() const {
  std::uint64_t out = 0;
  for (std::size_t n = 0; n < cluster_.size(); ++n) {
    const auto said = cluster_.call(n, "GET", "/v1/partitions").body;
    if (said.empty())
      continue;
    for (auto at = said.find("\"late\":"); at != std::string::npos;
         at = said.find("\"late\":", at + 1))
      out += std::strtoull(said.c_str() + at + 7, nullptr, 10);
    break;
  }
  return out;
}

failover measure_failover(const cluster& c, std::size_t by,
                          const std::set<std::uint32_t>& partitions, steady::time_point since,
                          const std::string& tenant, std::chrono::milliseconds patience) {
  struct one {
    std::string user, event;
    std::atomic<double> accepted{-1};
    double alert = -1;
    std::thread sender;
  };
  actors::routing routing;
  routing.seed = c.seed();
  const auto time = base::format_rfc3339(
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()));
  std::vector<std::unique_ptr<one>> all;
  for (const auto p : partitions)
    for (int i = 0;; ++i) {
      const auto user = "probe-" + std::to_string(p) + "-" + std::to_string(i);
      if (routing
              .partition_of(tenant, base::entity_kind::identity,
                            "arn:aws:iam::111122223333:user/" + user)
              .value != p)
        continue;
      all.push_back(std::make_unique<one>());
      all.back()->user = user;
      all.back()->event = stopped_trail(user, tenant + "-" + std::to_string(p), time);
      break;
    }
  const auto until = since + patience;
  for (auto& o : all)
    o->sender = std::thread{[&c, &tenant, by, since, until, e = o.get()] {
      while (steady::now() < until) {
        const auto said = c.call(by, "POST", "/v1/ingest/aws?source=probe&tenant=" + tenant,
                                 e->event, "Idempotency-Key: " + tenant + e->user + "\r\n");
        if (said.status == 200) {
          e->accepted = ms_since(since);
          return;
        }
        std::this_thread::sleep_for(10ms);
      }
    }};
  for (bool left = !all.empty(); left && steady::now() < until;) {
    const auto said = c.call(by, "GET", "/v1/alerts?limit=1000&tenant=" + tenant);
    left = false;
    for (auto& o : all) {
      if (o->alert < 0 && said.body.find("user/" + o->user + "\"") != std::string::npos)
        o->alert = ms_since(since);
      left = left || o->alert < 0;
    }
    if (left)
      std::this_thread::sleep_for(10ms);
  }
  failover out;
  out.complete = true;
  for (auto& o : all) {
    o->sender.join();
    out.complete = out.complete && o->accepted >= 0 && o->alert >= 0;
    if (o->accepted >= 0)
      out.accepted_ms.push_back(o->accepted);
    if (o->alert >= 0)
      out.alert_ms.push_back(o->alert);
  }
  return out;
}

double quantile(std::vector<double> values, double q) {
  if (values.empty())
    return 0;
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
}

} // namespace vedette::test
