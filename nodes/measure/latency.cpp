#include "io/http/client.hpp"
#include "nodes/measure/node_process.hpp"
#include "nodes/measure/stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <mutex>
#include <random>
#include <thread>

namespace vedette::measure {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::string_view probe_name = "user/latency-probe-";
/// A probe rides in one batch of this many.
constexpr std::size_t probe_every = 2;

/// Somebody new stops the trail: one event, one alert, at once.
std::string probe(std::size_t number, std::string_view time) {
  return fmt::format(
      R"({{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","principalId":"AIDAPROBE{0:08}",)"
      R"("arn":"arn:aws:iam::111122223333:{1}{0}","accountId":"111122223333",)"
      R"("accessKeyId":"AKIAPROBE{0:011}","userName":"latency-probe-{0}"}},"eventTime":"{2}",)"
      R"("eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"us-east-1",)"
      R"("sourceIPAddress":"203.0.113.7","userAgent":"aws-cli/2.15.30",)"
      R"("requestParameters":{{"name":"arn:aws:cloudtrail:us-east-1:111122223333:trail/main"}},)"
      R"("responseElements":null,"readOnly":false,"eventType":"AwsApiCall","managementEvent":true,)"
      R"("eventID":"00000000-0000-4000-8000-{0:012x}","recipientAccountId":"111122223333"}})",
      number, probe_name, time);
}

std::string_view time_of(std::string_view record) {
  return record.substr(record.find("\"eventTime\":\"") + 13, 20);
}

/// When each probe was sent and when its alert was there.
struct watch {
  /// Of this run: whoever was a probe before, in a node that has run since, is nobody new.
  const std::size_t first = (1 + std::random_device{}() % 9000) * 10'000;
  std::mutex mutex;
  std::vector<steady::time_point> sent;
  std::vector<double> milliseconds;
  std::vector<bool> seen;
  std::string unread; ///< the end of the stream so far, which may cut a name in two
  std::atomic<bool> done{false};

  void take(std::string_view piece) {
    const auto now = steady::now();
    const std::lock_guard hold{mutex};
    unread += piece;
    std::size_t from = 0;
    for (;;) {
      const auto at = unread.find(probe_name, from);
      if (at == std::string::npos)
        break;
      const auto* begin = unread.data() + at + probe_name.size();
      std::size_t number = 0;
      const auto [end, why] = std::from_chars(begin, unread.data() + unread.size(), number);
      if (end == unread.data() + unread.size())
        break; // the number may go on in the next piece
      from = static_cast<std::size_t>(end - unread.data());
      if (why != std::errc{} || number < first || number - first >= sent.size())
        continue;
      number -= first;
      if (seen[number])
        continue;
      seen[number] = true;
      milliseconds.push_back(std::chrono::duration<double, std::milli>(now - sent[number]).count());
    }
    const auto rest = std::min(unread.size() - from, std::size_t{256});
    unread.erase(0, unread.size() - rest);
  }
};

double at_rank(std::vector<double>& sorted, double part) {
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

} // namespace

base::result<latency_figures> latency(const data_set& data, const running_node& of,
                                      double events_per_second) {
  auto connected = connect(of.sinks, "bench-latency");
  if (!connected)
    return connected.err();
  auto& collector = **connected;
  const auto batches = data.records.size() / batch_records;
  watch w;
  w.sent.resize(batches / probe_every + 1);
  w.seen.resize(w.sent.size());
  std::thread listener{[&] {
    io::http_client_settings how;
    how.timeout = 0ms;
    io::http_client client{how};
    io::http_call_options call;
    call.headers.set("Authorization", of.authorization);
    (void)client.stream(of.http + "/v1/alerts/stream?tenant=local&rule=audit-log-tampered", call,
                        [&](std::string_view piece) {
                          w.take(piece);
                          return !w.done;
                        });
  }};
  // The stream begins with what is new: give it time to be there. It may also come too late to see
  // the first probes, which then do not count.
  std::this_thread::sleep_for(500ms);

  const auto step = std::chrono::duration_cast<steady::duration>(
      std::chrono::duration<double>(batch_records / events_per_second));
  auto due = steady::now();
  base::status sending;
  std::size_t probes = 0;
  std::vector<std::string_view> batch;
  for (std::size_t b = 0; b < batches && sending; ++b, due += step) {
    batch.clear();
    for (std::size_t i = b * batch_records; i < (b + 1) * batch_records; ++i)
      batch.push_back(
          std::string_view{data.text}.substr(data.records[i].first, data.records[i].second));
    std::string extra;
    if (b % probe_every == 0) {
      extra = probe(w.first + probes, time_of(batch.back()));
      batch.push_back(extra);
    }
    while (steady::now() < due && sending)
      sending = collector.pump(std::chrono::duration_cast<std::chrono::milliseconds>(
          std::min<steady::duration>(due - steady::now(), 1ms)));
    if (!extra.empty()) {
      const std::lock_guard hold{w.mutex};
      w.sent[probes++] = steady::now();
    }
    if (sending)
      sending = collector.send(batch);
  }
  if (sending)
    sending = collector.finish(60s);
  // The last alerts may still be under way. The stream is left when it says something more.
  std::this_thread::sleep_for(500ms);
  w.done = true;
  if (auto last = connect(of.sinks, "bench-end"); last) {
    const auto extra = probe(w.first + w.sent.size(), time_of(batch.front()));
    const std::string_view record = extra;
    (void)(*last)->send({&record, 1});
    (void)(*last)->finish(10s);
  }
  listener.join();
  if (!sending)
    return sending.err();
  const std::lock_guard hold{w.mutex};
  if (w.milliseconds.empty())
    return base::error{base::ec::timed_out,
                       "measuring the latency: no alert of a probe came back on the stream"};
  std::sort(w.milliseconds.begin(), w.milliseconds.end());
  return latency_figures{events_per_second, probes, w.milliseconds.size(),
                         at_rank(w.milliseconds, 0.5), at_rank(w.milliseconds, 0.99)};
}

base::result<latency_figures> latency(const data_set& data, const std::string& program,
                                      double events_per_second) {
  node_process node;
  if (auto ok = node.start(program); !ok)
    return ok.err();
  if (auto ready = connect({node.ingest()}, "bench"); !ready)
    return ready.err();
  auto authorization = node.authorization();
  if (!authorization)
    return authorization.err();
  return latency(data, running_node{{node.ingest()}, node.http(), *authorization},
                 events_per_second);
}

base::result<double> full_speed(const data_set& data, const running_node& of) {
  auto connected = connect(of.sinks, "bench-speed");
  if (!connected)
    return connected.err();
  auto& collector = **connected;
  const auto began = steady::now();
  if (auto ok = send_all(collector, data); !ok)
    return ok.err();
  return static_cast<double>(collector.totals().accepted) /
         std::chrono::duration<double>(steady::now() - began).count();
}

} // namespace vedette::measure
