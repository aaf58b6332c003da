#include "ingest/normaliser.hpp"

#include "base/hash.hpp"
#include "base/limits.hpp"
#include "ingest/formats/format.hpp"
#include "ingest/json_blocks.hpp"
#include "ingest/mapping/mapped_reader.hpp"
#include "ingest/origin.hpp"
#include "ingest/record_view.hpp"
#include "ingest/secrets.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <span>
#include <utility>
#include <vector>

namespace vedette::ingest {

namespace {

using std::string_view;

/// The answer holds for one address, one cloud that was called, and one hour, because lists of Tor
/// exits have times of validity.
struct address_cache {
  struct slot {
    base::ip_address address;
    std::int64_t hour = -1;
    base::cloud called = base::cloud::unknown;
    address_facts facts;
    base::origin_class origin = base::origin_class::unknown;
  };
  std::vector<slot> slots = std::vector<slot>(4096);

  slot& at(const base::ip_address& ip) noexcept {
    const auto hash =
        base::hash64({reinterpret_cast<const char*>(ip.bytes.data()), ip.bytes.size()});
    return slots[hash % slots.size()];
  }
};

} // namespace

struct normaliser::impl {
  std::shared_ptr<const taxonomy> activities;
  std::shared_ptr<const address_book> book;
  std::shared_ptr<const base::event_matcher> matcher;
  std::shared_ptr<const base::tenant_settings> tenant;
  std::vector<std::unique_ptr<record_reader>> readers; ///< as in formats()
  std::unique_ptr<mapped_reader> mapped;               ///< null when there are no mapping files
  std::span<const source_mapping> sources;             ///< those of `mapped`
  effect_reader effects;
  record_view view;
  std::vector<base::match> matches;
  agent_classes agents;
  address_cache addresses;

  void locate(base::event& e) {
    const auto ip = base::ip_address::parse(e.source_text);
    if (!ip) {
      if (is_service_host(e.source_text))
        e.origin = base::origin_class::service;
      return;
    }
    e.has_source = true;
    e.source = *ip;
    const auto hour = std::chrono::floor<std::chrono::hours>(e.time).time_since_epoch().count();
    auto& slot = addresses.at(*ip);
    if (slot.hour != hour || slot.called != e.provider || slot.address != *ip) {
      slot.address = *ip;
      slot.hour = hour;
      slot.called = e.provider;
      slot.facts = {};
      if (book)
        book->find(*ip, e.time, slot.facts);
      slot.origin = classify_origin(*ip, e.provider, slot.facts, book.get(), *tenant);
    }
    e.origin = slot.origin;
    e.asn = slot.facts.asn;
    e.as_name = slot.facts.as_name;
    e.country = slot.facts.country;
    e.place = slot.facts.place;
    e.has_place = slot.facts.has_place;
  }

  /// Everything that points into the record or a reader's buffer moves into the batch.
  void keep(base::event& e, base::arena& memory) const {
    for (auto* text : {&e.id, &e.account, &e.region, &e.service, &e.action, &e.activity, &e.error,
                       &e.identity, &e.identity_name, &e.session, &e.workload, &e.source_text,
                       &e.as_name, &e.country, &e.user_agent})
      *text = memory.copy(*text);
  }

  void match(string_view json, const record_reader& reader, base::event& e, base::arena& memory) {
    if (!matcher)
      return;
    view.reset(json, reader.fields(), e, *tenant);
    matches.clear();
    const bool shown = matcher->run(e, view, memory, matches);
    e.matches = memory.copy(std::span<const base::match>{matches});
    if (shown)
      e.evidence = redacted(json, base::limits::evidence_bytes, memory);
  }

  /// Who reads a record; `source` is its place as source_named says.
  struct choice {
    record_reader& reader;
    std::size_t source = no_format;
    string_view name;
  };

  /// One walk looks for the marks of formats and of mapping files; the former win, if they are not
  /// weak. A record without a mark is read as the format that was asked for, else as the first:
  /// that says what it lacks.
  choice choose(string_view json, std::size_t only) {
    auto known = recognise_by_first(json);
    if (known == no_format && mapped) {
      const auto found = mapped->look_at(json);
      if (found.strong == no_format && !mapped->source().empty())
        return {*mapped, readers.size() + mapped->place(), mapped->source()};
      known = found.best();
    } else if (known == no_format) {
      known = recognise(json);
    }
    if (known == no_format)
      known = only < readers.size() ? only : 0;
    return {*readers[known], known, formats()[known].name};
  }

  [[nodiscard]] string_view name_of(std::size_t source) const noexcept {
    return source < readers.size() ? formats()[source].name
                                   : string_view{sources[source - readers.size()].name};
  }

  verdict run(string_view json, base::event_batch& out, std::size_t only) {
    auto& memory = out.memory;
    if (deeper_than(json, base::limits::record_depth))
      return quarantined("record nests deeper than 128 levels");
    const auto chosen = choose(json, only);
    if (only != no_format && chosen.source != only)
      return quarantined(memory.copy(
          fmt::format("record is of format '{}', not '{}'", chosen.name, name_of(only))));
    auto& reader = chosen.reader;
    base::event e;
    if (const auto v = reader.read(json, {*activities, *tenant, agents, effects, memory}, e);
        v.what != disposition::event)
      return v;
    locate(e);
    keep(e, memory);
    match(json, reader, e, memory);
    out.events.push_back(e);
    return {disposition::event, {}};
  }
};

normaliser::normaliser(std::shared_ptr<const taxonomy> activities,
                       std::shared_ptr<const address_book> book,
                       std::shared_ptr<const base::event_matcher> matcher,
                       std::shared_ptr<const base::tenant_settings> tenant,
                       std::shared_ptr<const mapping_set> mappings)
    : impl_{std::make_unique<impl>()} {
  VEDETTE_ASSERT(activities != nullptr && tenant != nullptr);
  impl_->activities = std::move(activities);
  impl_->book = std::move(book);
  impl_->matcher = std::move(matcher);
  impl_->tenant = std::move(tenant);
  for (const auto& format : formats())
    impl_->readers.push_back(format.make());
  if (mappings && !mappings->sources().empty()) {
    impl_->sources = mappings->sources();
    impl_->mapped = make_mapped_reader(std::move(mappings));
  }
}

normaliser::~normaliser() = default;
normaliser::normaliser(normaliser&&) noexcept = default;
normaliser& normaliser::operator=(normaliser&&) noexcept = default;

std::size_t source_named(std::string_view name, const mapping_set* mappings) noexcept {
  if (name == "k8s") // as rules call that cloud
    name = "kubernetes";
  if (const auto format = format_named(name); format != no_format)
    return format;
  const auto mapped = mappings != nullptr ? mappings->sources() : std::span<const source_mapping>{};
  const auto found = std::ranges::find(mapped, name, &source_mapping::name);
  return found == mapped.end()
             ? no_format
             : formats().size() + static_cast<std::size_t>(found - mapped.begin());
}

verdict normaliser::run(std::string_view record, base::event_batch& out, std::size_t only) {
  static_assert(any_format == no_format);
  VEDETTE_ASSERT(only == any_format || only < impl_->readers.size() + impl_->sources.size());
  return impl_->run(record, out, only);
}

} // namespace vedette::ingest
