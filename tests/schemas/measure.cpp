// Size and speed of the event codec and of records; hidden, run with `test_schemas "[.measure]"`
// from a release build.
#include "schemas/codec/event_codec.hpp"
#include "schemas/codec/record_codec.hpp"
#include "tests/schemas/sample_events.hpp"
#include "tests/support/catch.hpp"

#include <fmt/core.h>

#include <ctime>
#include <map>

using namespace vedette;

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

/// The batch as a standalone node stores it: one entry for each of `partitions`.
std::vector<schemas::log_entry> split(const base::event_batch& all, unsigned partitions) {
  std::map<unsigned, base::event_batch> parts;
  for (const auto& e : all.events) {
    auto& part = parts[static_cast<unsigned>(base::hash64(e.identity) % partitions)];
    part.tenant = all.tenant;
    part.source = all.source;
    part.events.push_back(e);
  }
  std::vector<schemas::log_entry> out;
  for (const auto& [p, part] : parts)
    out.push_back({{p}, {1}, {1}, schemas::entry_kind::batch, 1, schemas::encode(part)});
  return out;
}

} // namespace

TEST_CASE("measure: bytes and rates of events", "[.measure]") {
  for (const std::size_t n : {20U, 100U, 250U, 1000U}) {
    test::sample_events sample{7};
    std::vector<std::shared_ptr<base::event_batch>> batches;
    std::size_t events = 0, flat = 0, alone = 0, shared = 0;
    while (events < 20'000) {
      batches.push_back(sample.batch(n));
      events += n;
    }
    std::vector<std::string> encoded;
    for (const auto& b : batches) {
      encoded.push_back(schemas::encode(*b));
      flat += encoded.back().size();
      alone += schemas::encode_record({}, split(*b, 1))->size();
      shared += schemas::encode_record({}, split(*b, 16))->size();
    }
    const int rounds = 20;
    auto start = cpu_seconds();
    std::size_t sink = 0;
    for (int r = 0; r < rounds; ++r)
      for (const auto& b : batches)
        sink += schemas::encode(*b).size();
    const auto encode = cpu_seconds() - start;
    start = cpu_seconds();
    for (int r = 0; r < rounds; ++r)
      for (const auto& b : encoded)
        sink += (*schemas::decode_events(b))->events.size();
    const auto decode = cpu_seconds() - start;
    start = cpu_seconds();
    for (int r = 0; r < rounds; ++r)
      for (const auto& b : encoded) {
        const schemas::log_entry e{{0}, {1}, {1}, schemas::entry_kind::batch, 1, b};
        sink += schemas::encode_record({}, {&e, 1})->size();
      }
    const auto record = cpu_seconds() - start;
    const auto rate = [&](double s) { return static_cast<double>(events) * rounds / s / 1e3; };
    const auto each = [&](std::size_t bytes) {
      return static_cast<double>(bytes) / static_cast<double>(events);
    };
    fmt::print(
        "batch {:4}: {:6.1f} B/event flat, {:6.1f} as one entry, {:6.1f} over 16 partitions; "
        "encode {:.0f} k/s, decode {:.0f} k/s, record (zstd) {:.0f} k/s\n",
        n, each(flat), each(alone), each(shared), rate(encode), rate(decode), rate(record));
    CHECK(sink > 0);
  }
}
