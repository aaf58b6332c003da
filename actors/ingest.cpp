#include "actors/ingest.hpp"

#include "actors/error.hpp"
#include "actors/failpoint.hpp"
#include "base/fold_place.hpp"
#include "base/json_writer.hpp"
#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "ingest/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::actors {

namespace {

using ingest_pointer = ingest_actor::stateful_pointer<ingest_state>;

ingest::normaliser& normaliser_of(ingest_pointer self, const base::tenant_id& tenant) {
  auto& st = self->state;
  auto at = st.normalisers.find(tenant.value);
  if (at == st.normalisers.end()) {
    const auto& in_force = *st.args.content;
    at = st.normalisers
             .emplace(tenant.value,
                      ingest::normaliser{
                          in_force.activities, in_force.book, in_force.rules,
                          std::make_shared<const base::tenant_settings>(in_force.tenant(tenant)),
                          in_force.mappings})
             .first;
  }
  return at->second;
}

ingest_state::source& source_of(ingest_pointer self, const base::tenant_id& tenant,
                                const std::string& name) {
  auto& sources = self->state.sources;
  const std::pair key{tenant.value, name};
  if (!sources.contains(key) && sources.size() >= ingest_state::sources_max)
    sources.erase(
        std::min_element(sources.begin(), sources.end(), [](const auto& a, const auto& b) {
          return a.second.last < b.second.last;
        }));
  return sources[key];
}

struct read_record {
  ingest::disposition what;
  quarantined_record problem; ///< when quarantined
};

/// What quarantine shows of a record.
std::string head_of(std::string_view record, base::event_batch& scratch) {
  return base::to_utf8(ingest::redacted(record, base::limits::evidence_bytes, scratch.memory));
}

/// `noexcept`: see base::reading.
read_record read(ingest::normaliser& with, std::string_view record, std::size_t format,
                 base::event_batch& into) noexcept {
  const base::reading here{record};
  failpoint("read", record);
  const auto v = with.run(record, into, format);
  if (v.what != ingest::disposition::quarantined)
    return {v.what, {}};
  return {v.what, {std::string{v.reason}, head_of(record, into)}};
}

/// What the answers of a batch's shares have in common.
struct progress {
  std::size_t left = 0;   ///< groups that have not answered
  std::size_t parked = 0; ///< shares of the others that their partitions have not folded
  batch_result counts;
  std::uint32_t events = 0, duplicate = 0;
  std::vector<held_answers::place> full;   ///< where too many of the tenant's alerts wait
  std::optional<held_answers::time> until; ///< it is answered then in any case
  std::optional<caf::error> failed;
  caf::typed_response_promise<batch_result> promise;
  std::uint64_t number = 0; ///< in the source's `under_way` and `held`
  std::pair<std::string, std::string> source;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

/// Every partition has heard the batch when none has a share of it parked.
void heard(ingest_pointer self, const progress& p) {
  if (p.left > 0 || p.parked > 0)
    return;
  if (const auto at = self->state.sources.find(p.source); at != self->state.sources.end())
    at->second.under_way.erase(p.number);
}

/// Until a partition in which alerts pile up is asked again.
constexpr std::chrono::milliseconds ask_again{100};

void ask_for_room(ingest_pointer self) {
  auto& st = self->state;
  if (st.held->empty() || std::exchange(st.asking, true))
    return;
  self->delayed_send(self, ask_again, atom::again::value);
}

/// Each place at its own pace: one that does not answer delays no other.
void ask_where_alerts_wait(ingest_pointer self) {
  auto& st = self->state;
  st.asking = false;
  for (const auto& p : st.held->to_ask())
    self->request(st.args.detectors.of({p.second}), caf::infinite, base::partition_id{p.second},
                  pressure_question{{p.first}})
        .then([self, p](const alert_pressure& a) { self->state.held->told(p, a.waiting); },
              [self, p](const caf::error&) { self->state.held->told(p, std::nullopt); });
  st.held->pass(self->clock().now().time_since_epoch());
  ask_for_room(self);
}

void group_answered(ingest_pointer self, const std::shared_ptr<progress>& shared) {
  auto& st = self->state;
  auto& p = *shared;
  if (--p.left > 0)
    return;
  --st.under_way;
  heard(self, p);
  if (p.failed) {
    p.promise.deliver(*p.failed);
    return;
  }
  // Routed copies are not the source's business; a duplicate is one wherever it was found.
  p.counts.duplicate = std::min(p.duplicate, p.events);
  p.counts.accepted = p.events - p.counts.duplicate;
  auto& counted = st.sources[p.source];
  counted.accepted += p.counts.accepted;
  counted.duplicate += p.counts.duplicate;
  if (st.args.answered)
    st.args.answered(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - p.began).count());
  if (p.full.empty()) {
    p.promise.deliver(p.counts);
    return;
  }
  counted.held.insert(p.number);
  st.held->hold(p.full, p.until, [self, shared] {
    if (const auto at = self->state.sources.find(shared->source); at != self->state.sources.end())
      at->second.held.erase(shared->number);
    shared->promise.deliver(shared->counts);
  });
  ask_for_room(self);
}

/// The partition has not heard its share before its gate says so.
void await_return(ingest_pointer self, const std::shared_ptr<progress>& p,
                  base::partition_id partition) {
  ++p->parked;
  const auto returned = [self, p] {
    --p->parked;
    heard(self, *p);
  };
  self->request(self->state.args.detectors.of(partition), caf::infinite, partition,
                atom::parked::value)
      .then([returned](atom::done) { returned(); }, [returned](const caf::error&) { returned(); });
}

/// Where a share went.
struct share_place {
  base::partition_id partition;
  bool only_routed = false; ///< copies of events that are counted elsewhere
};
/// What one group of partitions gets of a batch.
struct group_share {
  std::vector<share_place> of;
  batch_shares batches;
};

void share_answered(ingest_pointer self, const std::shared_ptr<progress>& p, const share_place& of,
                    const share_result& r) {
  if (!r.ok()) {
    p->failed = to_caf(r.problem);
    return;
  }
  if (!of.only_routed)
    p->duplicate += r.taken.duplicate;
  if (r.taken.parked)
    await_return(self, p, of.partition);
  if (self->state.held->too_many(r.taken.waiting))
    p->full.emplace_back(p->source.first, of.partition.value);
}

caf::result<batch_result> take(ingest_pointer self, const raw_batch& raw) {
  auto& st = self->state;
  ++st.batches;
  auto& normaliser = normaliser_of(self, raw.tenant);
  auto& source = source_of(self, raw.tenant, raw.origin.source);
  source.last = raw.received;
  source.ended = false;
  source.records += raw.records.size();

  // Nothing in it changes once the shares are out, so partitions on other threads may look into it.
  const auto whole = std::make_shared<base::event_batch>();
  whole->tenant = raw.tenant;
  whole->source = raw.origin.source;
  whole->events.reserve(raw.records.size());
  batch_result counts;
  const auto quarantine = [&](quarantined_record what) {
    ++counts.quarantined;
    st.split.quarantine(st.args.routing.partition_of(raw.tenant.value, base::entity_kind::tenant,
                                                     raw.origin.source),
                        std::move(what));
  };
  const auto only = raw.only.empty()
                        ? ingest::normaliser::any_format
                        : ingest::source_named(raw.only, st.args.content->mappings.get());
  const bool known = raw.only.empty() || only != ingest::normaliser::any_format;
  for (const auto record : raw.records) {
    if (!st.args.deadly.empty() && st.args.deadly.contains(base::place_of(record).entry)) {
      quarantine({"reading it ended the process again and again",
                  fmt::format("{} bytes; they are not shown, for to redact them is to read them",
                              record.size())});
      continue;
    }
    if (!known) { // it was when the batch was taken
      quarantine({fmt::format("no source is called '{}'", raw.only), head_of(record, *whole)});
      continue;
    }
    auto r = read(normaliser, record, only, *whole);
    if (r.what == ingest::disposition::skipped)
      ++counts.skipped;
    else if (r.what == ingest::disposition::quarantined)
      quarantine(std::move(r.problem));
  }
  const auto watermark = source.newest;
  const auto limit = raw.received + base::limits::ahead;
  for (std::uint32_t number = 0; number < whole->events.size(); ++number) {
    const auto& e = whole->events[number];
    if (e.time <= limit)
      source.newest = std::max(source.newest, e.time);
    st.split.place(
        st.args.routing.partition_of(raw.tenant.value, base::entity_kind::identity, e.identity),
        number);
    st.routes.clear();
    detect::routes_of(*st.args.content->rules, raw.tenant, e, whole->memory, st.routes);
    for (const auto& r : st.routes) {
      auto copy = e;
      copy.routed_to = r.key;
      copy.routed_kind = static_cast<std::uint8_t>(r.kind);
      copy.matches = whole->memory.copy(std::span<const base::match>{&r.match, 1});
      st.split.place_copy(st.args.routing.partition_of(raw.tenant.value, r.kind, r.key), copy);
    }
  }

  source.quarantined += counts.quarantined;
  source.skipped += counts.skipped;
  auto shares = st.split.take(whole, st.args.content->number);
  if (shares.empty())
    return counts;
  auto p = std::make_shared<progress>();
  p->promise = self->make_response_promise<batch_result>();
  auto promise = p->promise;
  p->counts = counts;
  p->number = st.batches;
  if (!raw.has_credit)
    p->until = self->clock().now().time_since_epoch() + held_answers::patience;
  p->source = {raw.tenant.value, raw.origin.source};
  p->events = static_cast<std::uint32_t>(whole->events.size());
  ++st.under_way;
  source.under_way.emplace(p->number, watermark);
  std::vector<group_share> groups(st.args.detectors.groups.size());
  for (auto& s : shares) {
    partition_batch b;
    b.origin = raw.origin;
    b.tenant = raw.tenant;
    b.received = raw.received;
    b.source_watermark = watermark;
    b.events = std::move(s.events);
    b.quarantined = std::move(s.quarantined);
    auto& g = groups[detector_groups::group_of(s.partition, groups.size())];
    g.of.push_back({s.partition, s.own == 0});
    g.batches.shares.emplace_back(s.partition, std::move(b));
  }
  p->left = static_cast<std::size_t>(
      std::ranges::count_if(groups, [](const auto& g) { return !g.of.empty(); }));
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (!groups[i].of.empty())
      self->request(st.args.detectors.groups[i], caf::infinite, std::move(groups[i].batches))
          .then(
              [self, p, of = std::move(groups[i].of)](const batch_results& r) {
                for (std::size_t s = 0; s < of.size(); ++s)
                  share_answered(self, p, of[s], r.shares[s]);
                group_answered(self, p);
              },
              [self, p](const caf::error& e) {
                p->failed = e;
                group_answered(self, p);
              });
  return promise;
}

} // namespace

ingest_actor::behavior_type ingest(ingest_pointer self, ingest_args args) {
  self->state.args = std::move(args);
  self->state.held.emplace(self->state.args.alerts_waiting, self->state.args.routing.partitions);
  return {
      [self](const raw_batch& raw) { return take(self, raw); },
      [self](const content_change& c) {
        auto& st = self->state;
        // Batches under way hold what they were made of, and name their generation.
        if (c.content->number > st.args.content->number) {
          st.args.content = c.content;
          st.normalisers.clear();
        }
        return atom::done::value;
      },
      [self](atom::ended, const std::string& tenant, const std::string& source) {
        source_of(self, {tenant}, source).ended = true;
      },
      [self](const tick& t) {
        auto& st = self->state;
        auto marks = std::make_shared<std::vector<source_mark>>();
        for (const auto& [key, s] : st.sources)
          marks->push_back(
              {{key.first},
               key.second,
               s.heard_through(),
               !s.ended && (!s.held.empty() || s.last + st.args.source_silence >= t.now)});
        // One list for all partitions; each decides whether it has to write it down.
        for (const auto& d : st.args.detectors.groups)
          self->send(d, tick{t.now, marks});
        if (st.args.tell_marks && !marks->empty())
          st.args.tell_marks(*marks);
      },
      [self](atom::again) { ask_where_alerts_wait(self); },
      [self](atom::status) {
        const auto& st = self->state;
        base::json_writer w;
        w.begin_object();
        w.member("generation", st.args.content->number.value);
        w.member("batches", st.batches).member("batches_under_way", st.under_way);
        w.key("sources").begin_array();
        for (const auto& [key, s] : st.sources) {
          w.begin_object();
          w.member("tenant", key.first).member("source", key.second);
          w.member("newest_event", base::format_rfc3339(s.newest));
          w.member("last_received", base::format_rfc3339(s.last)).member("ended", s.ended);
          w.member("records", s.records)
              .member("accepted", s.accepted)
              .member("duplicate", s.duplicate);
          w.member("quarantined", s.quarantined).member("skipped", s.skipped);
          w.member("held", static_cast<std::uint64_t>(s.held.size()));
          w.end_object();
        }
        w.end_array();
        w.end_object();
        return std::string{w.text()};
      },
  };
}

} // namespace vedette::actors
