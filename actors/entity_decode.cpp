#include "actors/entity_codec.hpp"

#include "schemas/codec/guid.hpp"
#include "schemas/codec/packed.hpp"

#include <entity.capnp.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace vedette::actors {

namespace {

using detect::sample;
using schemas::enumerator;

constexpr std::uint16_t entity_format_known = 1;
/// Far above the largest entity the limits allow; below what would hurt a node.
constexpr std::size_t entity_bytes_max = std::size_t{256} << 20;
constexpr unsigned buckets_max = detect::bucket_grid::horizon;

[[noreturn]] void malformed_entity(const char* what) {
  schemas::refuse(base::ec::malformed, std::string{"decoding an entity: "} + what);
}
void demand_entity(bool holds, const char* what) {
  if (!holds)
    malformed_entity(what);
}

std::int64_t unzigzag(std::uint64_t v) {
  return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1));
}

/// Demands that a list ascends strictly; operators search by halving.
template <class List, class Key>
void demand_ascending(const List& list, Key key, const char* what) {
  for (std::size_t i = 1; i < list.size(); ++i)
    demand_entity(key(list[i - 1]) < key(list[i]), what);
}

class reader {
 public:
  explicit reader(wire::Entity::Reader in);
  void read(detect::entity_state& out);

 private:
  [[nodiscard]] base::event_time time(std::uint64_t ticks) const {
    const auto away = static_cast<std::uint64_t>(unzigzag(ticks)) * unit_;
    return base::event_time{base::duration{static_cast<std::int64_t>(base_ + away)}};
  }
  /// Many samples may name one long text; what they come to together is bounded.
  std::string_view text(std::uint32_t place) {
    demand_entity(place <= texts_.size(), "a text is not there");
    if (place == 0)
      return {};
    const auto& t = texts_[place - 1];
    demand_entity(t.size() <= budget_, "its texts come to more than 256 MiB");
    budget_ -= t.size();
    return t;
  }
  /// Each sample belongs to one list, so a short record cannot stand for a large entity.
  void take(std::uint32_t at, std::size_t count) {
    demand_entity(at <= samples_.size() && count <= samples_.size() - at && count <= samples_left_,
                  "a sample is not there");
    samples_left_ -= count;
  }
  sample sample_at(std::uint32_t place);
  std::vector<sample> samples(std::uint32_t at, std::uint32_t count);

  void read(detect::profile& p);
  std::vector<detect::seen_value> seen(capnp::List<wire::Seen>::Reader list);
  detect::group_state group(wire::Group::Reader in);
  detect::episode_pair pair(wire::Group::Reader in);
  detect::episode episode(wire::Episode::Reader in);
  detect::window_state window(wire::Group::Reader group);
  std::vector<detect::window_state::cell> cells(wire::Window::Reader in);
  std::vector<detect::window_state::bucket_info> buckets(wire::Window::Reader in);
  detect::distinct_set set(wire::Distinct::Reader in);
  detect::first_seen_set known(wire::FirstSeen::Reader in);
  detect::day_maxima days(wire::Window::Reader in);
  detect::sequence_state sequence(wire::Group::Reader in);
  detect::travel_state travel(wire::Group::Reader in);

  wire::Entity::Reader in_;
  std::uint64_t base_;
  std::uint64_t unit_;
  capnp::List<wire::Sample>::Reader samples_;
  std::size_t samples_left_;
  std::vector<std::string> texts_;
  std::size_t budget_ = entity_bytes_max;
};

reader::reader(wire::Entity::Reader in)
    : in_{in}, base_{static_cast<std::uint64_t>(in.getTimeBase())}, unit_{in.getTimeUnit()},
      samples_{in.getSamples()}, samples_left_{samples_.size()} {
  if (in.getFormat() > entity_format_known)
    schemas::refuse(base::ec::unsupported, "decoding an entity: format " +
                                               std::to_string(in.getFormat()) +
                                               " is of a later build; upgrade this one");
  demand_entity(in.getFormat() > 0 && unit_ > 0, "it names no format");
  auto rest = schemas::view(in.getTexts());
  const auto lengths = in.getLengths();
  texts_.reserve(lengths.size());
  for (const auto length : lengths) {
    const bool guid = length == text_is_guid;
    const std::size_t bytes = guid ? schemas::guid_bytes : length;
    demand_entity(bytes > 0 && bytes <= rest.size(), "its texts are cut short");
    if (guid)
      schemas::format_guid(rest.data(), texts_.emplace_back(schemas::guid_text, '\0').data());
    else
      texts_.emplace_back(rest.substr(0, bytes));
    rest.remove_prefix(bytes);
  }
}

sample reader::sample_at(std::uint32_t place) {
  const auto in = samples_[place];
  detect::sample_fields s;
  s.time = time(in.getTime());
  s.id = text(in.getId());
  s.action = text(in.getAction());
  s.identity = text(in.getIdentity());
  s.resource = text(in.getResource());
  s.region = text(in.getRegion());
  s.source = text(in.getSource());
  s.country = text(in.getCountry());
  s.asn = in.getAsn();
  s.record = text(in.getRecord());
  s.session = text(in.getSession());
  s.name = text(in.getName());
  return sample{s};
}

std::vector<sample> reader::samples(std::uint32_t at, std::uint32_t count) {
  take(at, count);
  std::vector<sample> out;
  out.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    out.push_back(sample_at(at + i));
    demand_entity(i == 0 || !earlier(out[i], out[i - 1]), "its samples are not in order");
  }
  return out;
}

void reader::read(detect::entity_state& out) {
  read(out.profile);
  const auto groups = in_.getGroups();
  out.groups.reserve(groups.size());
  for (const auto g : groups)
    out.groups.push_back(group(g));
}

void reader::read(detect::profile& p) {
  p.account = text(in_.getAccount());
  p.name = text(in_.getName());
  p.provider = enumerator(in_.getProvider(), base::cloud::other, "an entity's cloud");
  p.actor = enumerator(in_.getActor(), base::identity_type::anonymous, "an entity's identity type");
  p.holder =
      enumerator(in_.getHolder(), base::session_class::long_term, "an entity's session class");
  p.first_seen = time(in_.getFirstSeen());
  p.last_seen = time(0);
  p.events = in_.getEvents();
  p.networks = seen(in_.getNetworks());
  p.services = seen(in_.getServices());
  const auto at = in_.getMinutes();
  const auto events = in_.getMinuteEvents();
  demand_entity(at.size() == events.size(), "its minutes do not add up");
  std::vector<detect::activity_counter::minute> minutes;
  minutes.reserve(at.size());
  for (unsigned i = 0; i < at.size(); ++i)
    minutes.push_back({at[i] + (i == 0 ? 0 : minutes.back().at), events[i]});
  demand_ascending(
      minutes, [](const auto& m) { return m.at; }, "its minutes are not in order");
  p.activity = detect::activity_counter::restore(std::move(minutes));
}

std::vector<detect::seen_value> reader::seen(capnp::List<wire::Seen>::Reader list) {
  std::vector<detect::seen_value> out;
  out.reserve(list.size());
  for (const auto v : list)
    out.push_back({std::string{text(v.getText())}, v.getFirst(), v.getFirst() + v.getSpan()});
  demand_ascending(
      out, [](const auto& v) { return std::string_view{v.text}; },
      "its networks or services are not in order");
  return out;
}

detect::group_state reader::group(wire::Group::Reader in) {
  detect::group_state g;
  g.rule = in.getRule();
  g.touched = time(in.getTouched());
  g.group = text(in.getGroup());
  g.said.severity =
      enumerator(in.getSaidSeverity(), base::severity::critical, "an entity's severity");
  g.said.state =
      enumerator(in.getSaidState(), base::alert_state::withdrawn, "an entity's alert state");
  g.said.pending = in.getSaidPending();
  g.said.ordinal = in.getSaidOrdinal();
  g.said.revision = in.getSaidRevision();
  g.said.count = in.getSaidCount();
  g.said.verdicts = in.getSaidVerdicts();
  g.said.earlier = in.getSaidEarlier();
  g.said.figures = in.getSaidFigures();
  enum class op : std::uint8_t { single, window, sequence, travel };
  switch (enumerator(in.getOp(), op::travel, "an entity's operator")) {
  case op::single:
    g.op = detect::single_state::restore(pair(in));
    break;
  case op::window:
    g.op = window(in);
    break;
  case op::sequence:
    g.op = sequence(in);
    break;
  case op::travel:
    g.op = travel(in);
    break;
  }
  return g;
}

detect::episode_pair reader::pair(wire::Group::Reader in) {
  detect::episode current, next;
  if (in.hasCurrent())
    current = episode(in.getCurrent());
  if (in.hasNext())
    next = episode(in.getNext());
  return detect::episode_pair::restore(std::move(current), std::move(next));
}

detect::episode reader::episode(wire::Episode::Reader in) {
  detect::episode e;
  e.since = time(in.getSince());
  e.first = time(in.getFirst());
  e.last = time(in.getLast());
  e.last_verdict = time(in.getLastVerdict());
  e.count = in.getCount();
  e.verdicts = in.getVerdicts();
  e.ordinal = in.getOrdinal();
  e.severity = enumerator(in.getSeverity(), base::severity::critical, "an episode's severity");
  const auto reasons_max = std::uint32_t{1} << 16;
  demand_entity(in.getLevel() <= reasons_max && in.getVolume() <= reasons_max,
                "an episode's reason is out of range");
  e.why.level = static_cast<int>(in.getLevel()) - 1;
  e.why.volume = static_cast<int>(in.getVolume()) - 1;
  for (const auto v : in.getValues())
    e.values.push_back(v);
  e.usual = in.getUsual();
  e.complete = in.getComplete();
  e.late = in.getLate();
  e.samples = samples(in.getSamplesAt(), in.getSamples());
  return e;
}

detect::window_state reader::window(wire::Group::Reader group) {
  const auto in = group.getWindow();
  detect::window_state::parts w;
  w.base = in.getBase();
  w.settled_through = in.getSettledThrough();
  w.covered = in.getCovered();
  w.cells = cells(in);
  w.buckets = buckets(in);
  for (const auto s : in.getSets())
    w.sets.push_back(set(s));
  for (const auto k : in.getKnown())
    w.known.push_back(known(k));
  w.days = days(in);
  if (group.hasCurrent())
    w.episode = episode(group.getCurrent());
  return detect::window_state::restore(std::move(w));
}

std::vector<detect::window_state::cell> reader::cells(wire::Window::Reader in) {
  const auto places = in.getCellPlaces();
  const auto values = in.getCellValues();
  demand_entity(places.size() == values.size(), "its cells do not add up");
  std::vector<detect::window_state::cell> out;
  out.reserve(places.size());
  for (unsigned i = 0; i < places.size(); ++i) {
    demand_entity((places[i] >> 8) < buckets_max, "a cell lies outside the window");
    demand_entity(i == 0 || places[i - 1] < places[i], "its cells are not in order");
    out.push_back({values[i], static_cast<std::uint8_t>(places[i] >> 8),
                   static_cast<std::uint8_t>(places[i] & 0xff)});
  }
  return out;
}

std::vector<detect::window_state::bucket_info> reader::buckets(wire::Window::Reader in) {
  const auto list = in.getBuckets();
  std::vector<detect::window_state::bucket_info> out;
  out.reserve(list.size());
  for (const auto b : list) {
    demand_entity(b.getBucket() < buckets_max, "a bucket lies outside the window");
    demand_entity(out.empty() || out.back().bucket < b.getBucket(), "its buckets are not in order");
    out.push_back({b.getBucket(), b.getEvents(), b.getMarks(), time(b.getFirst()),
                   time(b.getLast()), samples(b.getSamplesAt(), b.getSamples())});
  }
  return out;
}

detect::distinct_set reader::set(wire::Distinct::Reader in) {
  const auto hashes = in.getHashes();
  const auto masks = in.getMasks();
  const int sampled = in.getSampled();
  demand_entity(hashes.size() == masks.size() && sampled < 64, "its values do not add up");
  std::vector<detect::distinct_set::value> values;
  values.reserve(hashes.size());
  for (unsigned i = 0; i < hashes.size(); ++i) {
    demand_entity(hashes[i] != 0 && masks[i] != 0 && std::countl_zero(hashes[i]) >= sampled,
                  "a value is none");
    values.push_back({hashes[i], masks[i]});
  }
  demand_ascending(
      values, [](const auto& v) { return v.hash; }, "its values are not in order");
  return detect::distinct_set::restore(values, sampled);
}

detect::first_seen_set reader::known(wire::FirstSeen::Reader in) {
  const auto hashes = in.getHashes();
  const auto first = in.getFirst();
  const auto span = in.getSpan();
  demand_entity(hashes.size() == first.size() && hashes.size() == span.size(),
                "its known values do not add up");
  std::vector<detect::first_seen_set::run> runs;
  runs.reserve(hashes.size());
  for (unsigned i = 0; i < hashes.size(); ++i) {
    const auto from = in.getSince() + first[i];
    runs.push_back({hashes[i], from, from + span[i]});
  }
  demand_ascending(
      runs, [](const auto& r) { return r.hash; }, "its known values are not in order");
  return detect::first_seen_set::restore(std::move(runs));
}

detect::day_maxima reader::days(wire::Window::Reader in) {
  const auto list = in.getDays();
  std::vector<detect::day_maxima::entry> out;
  out.reserve(list.size());
  for (const auto d : list)
    out.push_back({d.getDay(), d.getMeasure(), d.getFrozen(), d.getSent(), d.getValue()});
  demand_ascending(
      out,
      [](const auto& d) {
        return std::pair{d.day, d.measure};
      },
      "its days are not in order");
  return detect::day_maxima::restore(std::move(out));
}

detect::sequence_state reader::sequence(wire::Group::Reader in) {
  const auto steps = in.getSteps();
  take(in.getStepsAt(), steps.size());
  detect::sequence_state::parts p;
  p.events.reserve(steps.size());
  for (unsigned i = 0; i < steps.size(); ++i)
    p.events.push_back({sample_at(in.getStepsAt() + i), steps[i].getMarks(), steps[i].getCounted(),
                        steps[i].getHeld()});
  for (std::size_t i = 1; i < p.events.size(); ++i)
    demand_entity(!earlier(p.events[i].event, p.events[i - 1].event), "its steps are not in order");
  p.episodes = pair(in);
  return detect::sequence_state::restore(std::move(p));
}

detect::travel_state reader::travel(wire::Group::Reader in) {
  const auto steps = in.getSteps();
  take(in.getStepsAt(), steps.size());
  detect::travel_state::parts p;
  p.sightings.reserve(steps.size());
  for (unsigned i = 0; i < steps.size(); ++i)
    p.sightings.push_back({sample_at(in.getStepsAt() + i),
                           {steps[i].getLatitude(), steps[i].getLongitude()},
                           steps[i].getMarks(),
                           steps[i].getCounted()});
  for (std::size_t i = 1; i < p.sightings.size(); ++i)
    demand_entity(!earlier(p.sightings[i].event, p.sightings[i - 1].event),
                  "its sightings are not in order");
  p.episodes = pair(in);
  return detect::travel_state::restore(std::move(p));
}

} // namespace

base::result<stored_entity> decode_entity(std::string_view bytes) {
  stored_entity out;
  const auto done = schemas::guarded_packed<wire::Entity>("an entity", bytes, entity_bytes_max,
                                                          [&](wire::Entity::Reader in) {
                                                            reader{in}.read(out.state);
                                                            out.folded.value = in.getFolded();
                                                          });
  if (!done)
    return done.err();
  return out;
}

} // namespace vedette::actors
