// Random streams of matched events, and the same stream in the disorder that lateness allows.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "base/limits.hpp"
#include "detect/operators/episode.hpp"
#include "tests/support/random.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace vedette::test {

/// Owns what its events and matches point into.
struct stream {
  base::arena memory;
  std::vector<base::event> events;  ///< ascending by (time, id)
  std::vector<base::match> matches; ///< one per event

  std::vector<std::size_t> in_order() const {
    std::vector<std::size_t> out(events.size());
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = i;
    return out;
  }
  /// An arrival order in which no event is later than `limits::lateness` behind the newest before
  /// it.
  std::vector<std::size_t> shuffled(random& r) const {
    auto out = in_order();
    std::vector<base::event_time> arrival;
    const auto span = static_cast<std::uint64_t>(base::duration{base::limits::lateness}.count());
    for (const auto& e : events)
      arrival.push_back(e.time + base::duration{static_cast<std::int64_t>(r.below(span))});
    std::sort(out.begin(), out.end(), [&](auto a, auto b) { return arrival[a] < arrival[b]; });
    return out;
  }
};

struct stream_shape {
  std::size_t events = 200;
  base::duration span = std::chrono::hours{10};
  std::size_t values = 12;
  unsigned marks = 2;
  std::size_t slots = 1;
  bool places = false;
};

inline stream make_stream(random& r, const stream_shape& shape) {
  static constexpr base::geo_point cities[] = {
      {52.5f, 13.4f}, {48.1f, 11.6f}, {-33.9f, 151.2f}, {40.7f, -74.0f}};
  stream out;
  std::vector<base::event_time> times;
  const base::event_time start{std::chrono::days{20'000}};
  auto t = start;
  while (times.size() < shape.events) {
    // Bursts with pauses between them, so that windows fill and empty.
    const auto pause = r.below(static_cast<std::uint64_t>(shape.span.count()) / 8 + 1);
    t = start +
        base::duration{static_cast<std::int64_t>((t - start).count() + pause) % shape.span.count()};
    for (auto n = r.below(30) + 1; n > 0 && times.size() < shape.events; --n)
      times.push_back(t + std::chrono::seconds{r.below(1200)});
  }
  std::sort(times.begin(), times.end());
  for (std::size_t i = 0; i < times.size(); ++i) {
    base::event e;
    e.time = times[i];
    e.id = out.memory.copy("event-" + std::to_string(100'000 + i));
    e.identity = "alice";
    e.account = "111111111111";
    e.region = "eu-west-1";
    e.count = static_cast<std::uint32_t>(1 + r.below(5));
    e.bytes = r.below(1000);
    if (shape.places) {
      e.has_place = r.chance(0.9);
      e.place = cities[r.below(std::size(cities))];
    }
    out.events.push_back(e);
    base::match m;
    m.marks = static_cast<std::uint32_t>(r.below(std::uint64_t{1} << shape.marks));
    auto slots = out.memory.array<std::string_view>(shape.slots);
    for (auto& s : slots)
      s = r.chance(0.05) ? std::string_view{}
                         : out.memory.copy("v" + std::to_string(r.below(shape.values)));
    m.values = slots;
    out.matches.push_back(m);
  }
  return out;
}

/// One line of what an alert is compared by.
inline std::string describe(const detect::episode& ep) {
  std::string out = "#" + std::to_string(ep.ordinal) + " severity " +
                    std::string{to_string(ep.severity)} + " count " + std::to_string(ep.count) +
                    " verdicts " + std::to_string(ep.verdicts) + " since " +
                    base::format_rfc3339(ep.since) + " first " + base::format_rfc3339(ep.first) +
                    " last " + base::format_rfc3339(ep.last) + " why " +
                    std::to_string(ep.why.level) + "/" + std::to_string(ep.why.volume) + " values";
  for (double v : ep.values)
    out += " " + std::to_string(v);
  out += " ids";
  for (const auto& s : ep.samples)
    out.append(" ").append(s.id());
  return out;
}

} // namespace vedette::test
