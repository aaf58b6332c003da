#include "actors/entity_codec.hpp"

#include "schemas/codec/guid.hpp"
#include "schemas/codec/packed.hpp"

#include <entity.capnp.h>

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

namespace vedette::actors {

namespace {

using detect::sample;
using schemas::length_of;

constexpr std::uint16_t entity_format_written = 1;
constexpr int op_single = 0, op_window = 1, op_sequence = 2, op_travel = 3;

/// The difference of two times wraps, so that even those of a hostile record come back exact.
std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}

/// Takes everything apart: a member added in detect does not compile until it is stored here.
[[maybe_unused]] void
members(const detect::entity_state& all, const detect::seen_value& v,
        const detect::activity_counter::minute& m, const detect::group_state& g,
        const detect::said& s, const detect::episode& e, const detect::reason& r,
        const detect::sample_fields& a, const detect::window_state::parts& w,
        const detect::window_state::cell& c, const detect::window_state::bucket_info& b,
        const detect::distinct_set::value& d, const detect::first_seen_set::run& f,
        const detect::day_maxima::entry& y, const detect::sequence_state::parts& q,
        const detect::sequence_state::step_event& qe, const detect::travel_state::parts& t,
        const detect::sighting& te) {
  // The third, when shares are due, is worked out again by the engine.
  [[maybe_unused]] const auto& [all1, all2, all3] = all;
  [[maybe_unused]] const auto& [all_profile1, all_profile2, all_profile3, all_profile4,
                                all_profile5, all_profile6, all_profile7, all_profile8,
                                all_profile9, all_profile10, all_profile11] = all.profile;
  [[maybe_unused]] const auto& [v1, v2, v3] = v;
  [[maybe_unused]] const auto& [m1, m2] = m;
  [[maybe_unused]] const auto& [g1, g2, g3, g4, g5] = g;
  [[maybe_unused]] const auto& [s1, s2, s3, s4, s5, s6, s7, s8, s9] = s;
  [[maybe_unused]] const auto& [e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13, e14] = e;
  [[maybe_unused]] const auto& [r1, r2] = r;
  [[maybe_unused]] const auto& [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12] = a;
  [[maybe_unused]] const auto& [w1, w2, w3, w4, w5, w6, w7, w8, w9] = w;
  [[maybe_unused]] const auto& [c1, c2, c3] = c;
  [[maybe_unused]] const auto& [b1, b2, b3, b4, b5, b6] = b;
  [[maybe_unused]] const auto& [d1, d2] = d;
  [[maybe_unused]] const auto& [f1, f2, f3] = f;
  [[maybe_unused]] const auto& [y1, y2, y3, y4, y5] = y;
  [[maybe_unused]] const auto& [q1, q2] = q;
  [[maybe_unused]] const auto& [qe1, qe2, qe3, qe4] = qe;
  [[maybe_unused]] const auto& [t1, t2] = t;
  [[maybe_unused]] const auto& [te1, te2, te3, te4] = te;
}

/// Writes one entity. Vendors give whole seconds as a rule, so times are counted in those; the
/// first one that is finer makes the unit finer, and the caller writes again with that.
class writer {
 public:
  writer(base::event_time base, std::uint32_t unit)
      : base_{base.time_since_epoch().count()}, unit_{unit} {}

  void write(const detect::entity_state& state, base::entry_index folded);
  [[nodiscard]] std::uint32_t finest() const noexcept { return finest_; }
  [[nodiscard]] std::string bytes() { return schemas::to_packed_bytes(message_); }

 private:
  std::uint64_t ticks(base::event_time t) {
    const auto away = difference(t.time_since_epoch().count(), base_);
    while (away % finest_ != 0)
      finest_ /= 1000;
    return zigzag(away / unit_);
  }
  std::uint32_t text(std::string_view s);
  /// Where the samples will be; they are written at the end, when their number is known.
  std::uint32_t place(const sample& s) {
    samples_.push_back(&s);
    return static_cast<std::uint32_t>(samples_.size() - 1);
  }
  std::uint32_t place(const std::vector<sample>& list) {
    const auto at = samples_.size();
    for (const auto& s : list)
      samples_.push_back(&s);
    return list.empty() ? 0 : static_cast<std::uint32_t>(at);
  }

  void write(const detect::profile& p, wire::Entity::Builder out);
  void write(const std::vector<detect::seen_value>& list, capnp::List<wire::Seen>::Builder out);
  void write(const detect::group_state& g, wire::Group::Builder out);
  void write(const detect::episode_pair& pair, wire::Group::Builder out);
  void write(const detect::episode& e, wire::Episode::Builder out);
  void write(const detect::window_state::parts& w, wire::Group::Builder group);
  void write(const std::vector<detect::sequence_state::step_event>& list, wire::Group::Builder out);
  void write(const std::vector<detect::sighting>& list, wire::Group::Builder out);
  void write_samples(wire::Entity::Builder out);

  capnp::MallocMessageBuilder message_;
  std::int64_t base_;
  std::uint32_t unit_;
  std::uint32_t finest_ = unit_;
  std::string texts_;
  std::vector<std::uint32_t> lengths_;
  std::unordered_map<std::string_view, std::uint32_t> places_;
  std::vector<const sample*> samples_;
};

std::uint32_t writer::text(std::string_view s) {
  if (s.empty())
    return 0;
  const auto [known, fresh] = places_.emplace(s, lengths_.size() + 1);
  if (!fresh)
    return known->second;
  char guid[schemas::guid_bytes];
  if (schemas::parse_guid(s, guid)) {
    texts_.append(guid, sizeof guid);
    lengths_.push_back(text_is_guid);
  } else {
    VEDETTE_ASSERT(s.size() < text_is_guid);
    texts_ += s;
    lengths_.push_back(static_cast<std::uint32_t>(s.size()));
  }
  return known->second;
}

void writer::write(const detect::entity_state& state, base::entry_index folded) {
  auto out = message_.initRoot<wire::Entity>();
  out.setFormat(entity_format_written);
  out.setFolded(folded.value);
  out.setTimeBase(base_);
  out.setTimeUnit(unit_);
  write(state.profile, out);
  // Parts of operators are copies, and samples are only pointed to until the end.
  std::vector<detect::window_state::parts> windows;
  std::vector<detect::sequence_state::parts> sequences;
  std::vector<detect::travel_state::parts> travels;
  windows.reserve(state.groups.size());
  sequences.reserve(state.groups.size());
  travels.reserve(state.groups.size());
  auto groups = out.initGroups(length_of(state.groups));
  for (unsigned i = 0; i < state.groups.size(); ++i) {
    const auto& g = state.groups[i];
    auto to = groups[i];
    write(g, to);
    if (const auto* single = std::get_if<detect::single_state>(&g.op)) {
      to.setOp(op_single);
      write(single->episodes(), to);
    } else if (const auto* window = std::get_if<detect::window_state>(&g.op)) {
      to.setOp(op_window);
      write(windows.emplace_back(window->dismantle()), to);
    } else if (const auto* sequence = std::get_if<detect::sequence_state>(&g.op)) {
      to.setOp(op_sequence);
      const auto& p = sequences.emplace_back(sequence->dismantle());
      write(p.events, to);
      write(p.episodes, to);
    } else {
      to.setOp(op_travel);
      const auto& p = travels.emplace_back(std::get<detect::travel_state>(g.op).dismantle());
      write(p.sightings, to);
      write(p.episodes, to);
    }
  }
  write_samples(out);
  out.setTexts(schemas::as_data(texts_));
  auto lengths = out.initLengths(length_of(lengths_));
  for (unsigned i = 0; i < lengths_.size(); ++i)
    lengths.set(i, lengths_[i]);
}

void writer::write(const detect::profile& p, wire::Entity::Builder out) {
  out.setAccount(text(p.account));
  out.setName(text(p.name));
  out.setProvider(static_cast<std::uint8_t>(p.provider));
  out.setActor(static_cast<std::uint8_t>(p.actor));
  out.setHolder(static_cast<std::uint8_t>(p.holder));
  out.setFirstSeen(ticks(p.first_seen));
  out.setEvents(p.events);
  write(p.networks, out.initNetworks(length_of(p.networks)));
  write(p.services, out.initServices(length_of(p.services)));
  const auto& minutes = p.activity.minutes();
  auto at = out.initMinutes(length_of(minutes));
  auto events = out.initMinuteEvents(length_of(minutes));
  for (unsigned i = 0; i < minutes.size(); ++i) {
    at.set(i, minutes[i].at - (i == 0 ? 0 : minutes[i - 1].at));
    events.set(i, minutes[i].events);
  }
}

void writer::write(const std::vector<detect::seen_value>& list,
                   capnp::List<wire::Seen>::Builder out) {
  for (unsigned i = 0; i < list.size(); ++i) {
    out[i].setText(text(list[i].text));
    out[i].setFirst(list[i].first);
    out[i].setSpan(list[i].last - list[i].first);
  }
}

void writer::write(const detect::group_state& g, wire::Group::Builder out) {
  out.setRule(g.rule);
  out.setTouched(ticks(g.touched));
  out.setGroup(text(g.group));
  out.setSaidSeverity(static_cast<std::uint8_t>(g.said.severity));
  out.setSaidState(static_cast<std::uint8_t>(g.said.state));
  out.setSaidPending(g.said.pending);
  out.setSaidOrdinal(g.said.ordinal);
  out.setSaidRevision(g.said.revision);
  out.setSaidCount(g.said.count);
  out.setSaidVerdicts(g.said.verdicts);
  out.setSaidEarlier(g.said.earlier);
  out.setSaidFigures(g.said.figures);
}

void writer::write(const detect::episode_pair& pair, wire::Group::Builder out) {
  if (pair.current() != detect::episode{})
    write(pair.current(), out.initCurrent());
  if (pair.next() != detect::episode{})
    write(pair.next(), out.initNext());
}

void writer::write(const detect::episode& e, wire::Episode::Builder out) {
  VEDETTE_ASSERT(e.why.level >= detect::reason::none && e.why.volume >= detect::reason::none);
  out.setSince(ticks(e.since));
  out.setFirst(ticks(e.first));
  out.setLast(ticks(e.last));
  out.setLastVerdict(ticks(e.last_verdict));
  out.setCount(e.count);
  out.setVerdicts(e.verdicts);
  out.setOrdinal(e.ordinal);
  out.setSeverity(static_cast<std::uint8_t>(e.severity));
  out.setLevel(static_cast<std::uint32_t>(e.why.level + 1));
  out.setVolume(static_cast<std::uint32_t>(e.why.volume + 1));
  auto values = out.initValues(length_of(e.values));
  for (unsigned i = 0; i < e.values.size(); ++i)
    values.set(i, e.values[i]);
  out.setUsual(e.usual);
  out.setComplete(e.complete);
  out.setLate(e.late);
  out.setSamplesAt(place(e.samples));
  out.setSamples(length_of(e.samples));
}

void writer::write(const detect::window_state::parts& w, wire::Group::Builder group) {
  auto out = group.initWindow();
  out.setBase(w.base);
  out.setSettledThrough(w.settled_through);
  out.setCovered(w.covered);
  auto places = out.initCellPlaces(length_of(w.cells));
  auto values = out.initCellValues(length_of(w.cells));
  for (unsigned i = 0; i < w.cells.size(); ++i) {
    places.set(i, static_cast<std::uint16_t>(w.cells[i].bucket << 8 | w.cells[i].measure));
    values.set(i, w.cells[i].value);
  }
  auto buckets = out.initBuckets(length_of(w.buckets));
  for (unsigned i = 0; i < w.buckets.size(); ++i) {
    const auto& b = w.buckets[i];
    buckets[i].setFirst(ticks(b.first));
    buckets[i].setLast(ticks(b.last));
    buckets[i].setEvents(b.events);
    buckets[i].setMarks(b.marks);
    buckets[i].setBucket(b.bucket);
    buckets[i].setSamplesAt(place(b.samples));
    VEDETTE_ASSERT(b.samples.size() <= detect::window_state::bucket_samples);
    buckets[i].setSamples(static_cast<std::uint8_t>(b.samples.size()));
  }
  auto sets = out.initSets(length_of(w.sets));
  for (unsigned i = 0; i < w.sets.size(); ++i) {
    const auto kept = w.sets[i].values();
    sets[i].setSampled(static_cast<std::uint8_t>(w.sets[i].sampled()));
    auto hashes = sets[i].initHashes(length_of(kept));
    auto masks = sets[i].initMasks(length_of(kept));
    for (unsigned k = 0; k < kept.size(); ++k) {
      hashes.set(k, kept[k].hash);
      masks.set(k, kept[k].mask);
    }
  }
  auto known = out.initKnown(length_of(w.known));
  for (unsigned i = 0; i < w.known.size(); ++i) {
    const auto& runs = w.known[i].runs();
    auto since = std::numeric_limits<std::uint32_t>::max();
    for (const auto& r : runs)
      since = std::min(since, r.first);
    known[i].setSince(runs.empty() ? 0 : since);
    auto hashes = known[i].initHashes(length_of(runs));
    auto first = known[i].initFirst(length_of(runs));
    auto span = known[i].initSpan(length_of(runs));
    for (unsigned k = 0; k < runs.size(); ++k) {
      hashes.set(k, runs[k].hash);
      first.set(k, runs[k].first - since);
      span.set(k, runs[k].last - runs[k].first);
    }
  }
  auto days = out.initDays(length_of(w.days.entries()));
  for (unsigned i = 0; i < days.size(); ++i) {
    const auto& d = w.days.entries()[i];
    days[i].setValue(d.value);
    days[i].setDay(d.day);
    days[i].setMeasure(d.measure);
    days[i].setFrozen(d.frozen);
    days[i].setSent(d.sent);
  }
  if (w.episode != detect::episode{})
    write(w.episode, group.initCurrent());
}

void writer::write(const std::vector<detect::sequence_state::step_event>& list,
                   wire::Group::Builder out) {
  auto steps = out.initSteps(length_of(list));
  for (unsigned i = 0; i < list.size(); ++i) {
    const auto at = place(list[i].event);
    if (i == 0)
      out.setStepsAt(at);
    steps[i].setMarks(list[i].marks);
    steps[i].setCounted(list[i].counted);
    steps[i].setHeld(list[i].held);
  }
}

void writer::write(const std::vector<detect::sighting>& list, wire::Group::Builder out) {
  auto steps = out.initSteps(length_of(list));
  for (unsigned i = 0; i < list.size(); ++i) {
    const auto at = place(list[i].event);
    if (i == 0)
      out.setStepsAt(at);
    steps[i].setMarks(list[i].marks);
    steps[i].setCounted(list[i].counted);
    steps[i].setLatitude(list[i].place.latitude);
    steps[i].setLongitude(list[i].place.longitude);
  }
}

void writer::write_samples(wire::Entity::Builder out) {
  auto samples = out.initSamples(length_of(samples_));
  for (unsigned i = 0; i < samples_.size(); ++i) {
    const auto s = samples_[i]->fields();
    auto to = samples[i];
    to.setTime(ticks(s.time));
    to.setId(text(s.id));
    to.setAction(text(s.action));
    to.setIdentity(text(s.identity));
    to.setResource(text(s.resource));
    to.setRegion(text(s.region));
    to.setSource(text(s.source));
    to.setCountry(text(s.country));
    to.setAsn(s.asn);
    to.setRecord(text(s.record));
    to.setSession(text(s.session));
    to.setName(text(s.name));
  }
}

} // namespace

std::string encode(const detect::entity_state& state, base::entry_index folded) {
  std::uint32_t unit = 1'000'000'000;
  for (;;) {
    writer to{state.profile.last_seen, unit};
    to.write(state, folded);
    if (to.finest() == unit)
      return to.bytes();
    unit = to.finest();
  }
}

} // namespace vedette::actors
