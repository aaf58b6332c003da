#include "nodes/measure/stages.hpp"

#include "ingest/normaliser.hpp"
#include "nodes/replay/unit.hpp"
#include "nodes/simulate/generator.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <sys/resource.h>

namespace vedette::measure {

namespace {

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

constexpr std::string_view kept_fields[] = {
    "eventTime",       "eventSource", "eventName",          "awsRegion",
    "sourceIPAddress", "userAgent",   "errorCode",          "eventID",
    "userIdentity",    "readOnly",    "recipientAccountId", "requestParameters"};

/// Runs `per_batch` over batches of parsed events, as ingest makes them.
template <class F>
stage parse(const char* name, const data_set& data, const replay::content& what,
            std::shared_ptr<const base::event_matcher> rules, F per_batch) {
  stage out{name, 0, data.bytes(), 0};
  ingest::normaliser normaliser{what.activities, what.book, std::move(rules), what.tenant,
                                what.mappings};
  base::event_batch batch;
  const double began = cpu_now();
  for (std::size_t i = 0; i < data.records.size(); ++i) {
    const auto [offset, length] = data.records[i];
    (void)normaliser.run(std::string_view{data.text}.substr(offset, length), batch);
    if (batch.events.size() == 1024 || i + 1 == data.records.size()) {
      out.events += batch.events.size();
      per_batch(batch);
      batch.events.clear();
      batch.memory.clear();
    }
  }
  out.cpu_seconds = cpu_now() - began;
  return out;
}

} // namespace

std::uint64_t data_set::bytes() const noexcept {
  std::uint64_t total = 0;
  for (const auto& [offset, length] : records)
    total += length;
  return total;
}

double cpu_now() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return seconds_of(u.ru_utime) + seconds_of(u.ru_stime);
}

data_set generate(std::uint64_t events, std::uint64_t seed) {
  auto o = simulate::suggested("mixed");
  o.tenants = 1;
  o.events = events;
  o.seed = seed;
  simulate::generator g{o};
  data_set out;
  std::string tenant, record;
  while (g.next(tenant, record)) {
    out.records.emplace_back(out.text.size(), record.size());
    out.text += record;
  }
  out.text.append(replay::padding, ' ');
  return out;
}

base::result<stage> touch(const data_set& data) {
  stage out{"touch", 0, data.bytes(), 0};
  simdjson::ondemand::parser parser;
  std::uint64_t kept = 0;
  const double began = cpu_now();
  try {
    for (const auto& [offset, length] : data.records) {
      auto doc = parser.iterate(simdjson::padded_string_view{data.text.data() + offset, length,
                                                             data.text.size() - offset});
      for (auto field : doc.get_object()) {
        const std::string_view key = field.unescaped_key();
        for (const auto wanted : kept_fields)
          if (key == wanted) {
            kept += std::string_view{field.value().raw_json_token()}.size();
            break;
          }
      }
      ++out.events;
    }
  } catch (const simdjson::simdjson_error& e) {
    return base::error{base::ec::malformed,
                       fmt::format("touching the generated records: {}", e.what())};
  }
  out.cpu_seconds = cpu_now() - began;
  if (kept == 0)
    return base::error{base::ec::malformed,
                       "touching the generated records: none of the fields was there"};
  return out;
}

stage normalise(const data_set& data, const replay::content& what) {
  return parse("normalise", data, what, nullptr, [](const base::event_batch&) {});
}

stage stateless(const data_set& data, const replay::content& what) {
  return parse("stateless", data, what, what.rules, [](const base::event_batch&) {});
}

stage stateful(const data_set& data, const replay::content& what) {
  stage out{"stateful", 0, data.bytes(), 0};
  replay::pipeline_options how;
  how.now = base::event_time{std::chrono::days{80'000}};
  const double began = cpu_now();
  replay::pipeline line{what, how};
  for (const auto& [offset, length] : data.records)
    line.push(std::string_view{data.text}.substr(offset, length));
  (void)line.finish();
  out.cpu_seconds = cpu_now() - began;
  out.events = line.counted().events;
  return out;
}

} // namespace vedette::measure
