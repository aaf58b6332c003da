#include "ingest/normaliser.hpp"

#include "base/hash.hpp"
#include "base/limits.hpp"
#include "ingest/effects.hpp"
#include "ingest/formats/aws_identity.hpp"
#include "ingest/formats/aws_notices.hpp"
#include "ingest/formats/aws_outcome.hpp"
#include "ingest/formats/cloudtrail_record.hpp"
#include "ingest/json_blocks.hpp"
#include "ingest/origin.hpp"
#include "ingest/record_view.hpp"
#include "ingest/secrets.hpp"
#include "ingest/user_agent.hpp"

#include <array>
#include <fmt/format.h>
#include <optional>
#include <utility>
#include <vector>

namespace vedette::ingest {

namespace {

using std::string_view;

/// Few agents make most events. Two slots per hash, so that two frequent agents that fall together
/// do not throw each other out.
struct agent_cache {
  struct slot {
    std::uint64_t hash = 0;
    base::client_class value = base::client_class::unknown;
  };
  std::array<slot, 1024> slots{};

  base::client_class of(string_view agent) noexcept {
    const auto hash = base::hash64(agent);
    auto* pair = &slots[(hash % slots.size()) & ~std::size_t{1}];
    if (pair[0].hash == hash)
      return pair[0].value;
    std::swap(pair[0], pair[1]);
    if (pair[0].hash != hash)
      pair[0] = {hash, classify_user_agent(agent)};
    return pair[0].value;
  }
};

/// The answer holds for one address and one hour, because lists of Tor exits have times of
/// validity.
struct address_cache {
  struct slot {
    base::ip_address address;
    std::int64_t hour = -1;
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

constexpr bool starts_upper(string_view action, string_view verb) noexcept {
  return action.starts_with(verb) && (action.size() == verb.size() ||
                                      (action[verb.size()] >= 'A' && action[verb.size()] <= 'Z'));
}

bool reads_by_name(string_view action) noexcept {
  constexpr std::array<string_view, 9> verbs{"Get",    "List",     "Describe", "Head", "Lookup",
                                             "Search", "BatchGet", "Query",    "Scan"};
  for (auto verb : verbs)
    if (starts_upper(action, verb))
      return true;
  return false;
}

verdict quarantined(string_view reason) noexcept {
  return {disposition::quarantined, reason};
}

} // namespace

struct normaliser::impl {
  std::shared_ptr<const taxonomy> activities;
  std::shared_ptr<const address_book> book;
  std::shared_ptr<const base::event_matcher> matcher;
  std::shared_ptr<const base::tenant_settings> tenant;
  cloudtrail_parser parser;
  cloudtrail_record record;
  effect_reader effects;
  record_view view;
  std::vector<base::match> matches;
  agent_cache agents;
  address_cache addresses;

  /// What stops the record from being an event; nothing when nothing does.
  std::optional<verdict> refuse(string_view json, base::arena& memory) const {
    const auto lacking = [&](string_view reason) -> verdict {
      if (const auto notice = recognised_notice(json); !notice.empty())
        return {disposition::skipped, notice};
      return quarantined(reason);
    };
    const auto& r = record;
    if (r.has_insight || r.type == "AwsCloudTrailInsight" || r.category == "Insight")
      return verdict{disposition::skipped, "CloudTrail Insights statistics"};
    if (r.service.starts_with("aws:"))
      return lacking("record of an unknown service notice");
    if (r.version.empty())
      return lacking("no eventVersion");
    if (!r.version.starts_with("1."))
      return lacking(
          memory.copy(fmt::format("eventVersion '{}' is not supported: this build reads version 1",
                                  r.version.substr(0, 20))));
    if (r.time_misshaped)
      return quarantined("eventTime is not text");
    if (r.time.empty())
      return lacking("no eventTime");
    if (r.service.empty())
      return lacking("no eventSource");
    if (r.action.empty())
      return lacking("no eventName");
    if (r.identity_misshaped)
      return quarantined("userIdentity is not an object");
    if (!r.has_identity && r.type != "AwsServiceEvent")
      return lacking("no userIdentity");
    return std::nullopt;
  }

  void locate(base::event& e) {
    e.source_text = record.source;
    const auto ip = base::ip_address::parse(record.source);
    if (!ip) {
      if (is_service_host(record.source))
        e.origin = base::origin_class::service;
      return;
    }
    e.has_source = true;
    e.source = *ip;
    const auto hour = std::chrono::floor<std::chrono::hours>(e.time).time_since_epoch().count();
    auto& slot = addresses.at(*ip);
    if (slot.hour != hour || slot.address != *ip) {
      slot.address = *ip;
      slot.hour = hour;
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

  /// Everything that points into the record or a parser's buffer moves into the batch.
  void keep(base::event& e, base::arena& memory) const {
    for (auto* text :
         {&e.id, &e.account, &e.region, &e.service, &e.action, &e.activity, &e.error, &e.identity,
          &e.identity_name, &e.workload, &e.source_text, &e.as_name, &e.country, &e.user_agent})
      *text = memory.copy(*text);
  }

  void match(string_view json, base::event& e, base::arena& memory) {
    if (!matcher)
      return;
    view.reset(json, record.fields, e, *tenant);
    matches.clear();
    const bool shown = matcher->run(e, view, memory, matches);
    e.matches = memory.copy(std::span<const base::match>{matches});
    if (shown)
      e.evidence = redacted(json, base::limits::evidence_bytes, memory);
  }

  verdict run(string_view json, base::event_batch& out) {
    auto& memory = out.memory;
    if (deeper_than(json, base::limits::record_depth))
      return quarantined("record nests deeper than 128 levels");
    if (const auto wrong = parser.read(json, record); !wrong.empty())
      return quarantined(wrong);
    if (auto refused = refuse(json, memory))
      return *refused;
    const auto time = base::parse_rfc3339(record.time);
    if (!time)
      return quarantined(
          memory.copy(fmt::format("eventTime '{}' is not a time", record.time.substr(0, 40))));

    base::event e;
    e.time = *time;
    e.provider = base::cloud::aws;
    e.id = record.id;
    e.region = record.region;
    e.service = record.service;
    e.action = record.action;
    e.account = record.recipient.empty() ? record.who.account : record.recipient;
    e.user_agent = record.user_agent;
    e.client =
        record.user_agent.empty() ? base::client_class::unknown : agents.of(record.user_agent);
    resolve_aws_identity(record, e.client, memory, e);
    if (e.identity.empty())
      return quarantined("userIdentity names nobody");
    if (e.id.empty())
      // Records older than eventID: the same record has the same id, which is all that is needed.
      e.id = memory.copy(base::to_hex(base::hash128_of(json)));
    judge_aws_outcome(record, memory, e);
    const auto* entry = activities->find(record.service, record.action);
    if (entry != nullptr)
      e.activity = entry->activity;
    e.read_only = !record.read_only.empty()              ? record.read_only == "true"
                  : entry != nullptr && entry->read_only ? *entry->read_only
                                                         : reads_by_name(record.action);
    locate(e);
    effects.read(json, record, entry, *tenant, memory, e);
    keep(e, memory);
    match(json, e, memory);
    out.events.push_back(e);
    return {disposition::event, {}};
  }
};

normaliser::normaliser(std::shared_ptr<const taxonomy> activities,
                       std::shared_ptr<const address_book> book,
                       std::shared_ptr<const base::event_matcher> matcher,
                       std::shared_ptr<const base::tenant_settings> tenant)
    : impl_{std::make_unique<impl>()} {
  VEDETTE_ASSERT(activities != nullptr && tenant != nullptr);
  impl_->activities = std::move(activities);
  impl_->book = std::move(book);
  impl_->matcher = std::move(matcher);
  impl_->tenant = std::move(tenant);
}

normaliser::~normaliser() = default;
normaliser::normaliser(normaliser&&) noexcept = default;
normaliser& normaliser::operator=(normaliser&&) noexcept = default;

verdict normaliser::run(std::string_view record, base::event_batch& out) {
  return impl_->run(record, out);
}

} // namespace vedette::ingest
