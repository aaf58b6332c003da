#include "ingest/formats/cloudtrail.hpp"

#include "ingest/formats/aws_effects.hpp"
#include "ingest/formats/aws_identity.hpp"
#include "ingest/formats/aws_outcome.hpp"
#include "ingest/formats/cloudtrail_record.hpp"
#include "ingest/formats/json_pass.hpp"
#include "ingest/notices.hpp"
#include "ingest/record_id.hpp"

#include <fmt/format.h>
#include <optional>

namespace vedette::ingest {

namespace {

using std::string_view;

constexpr bool starts_upper(string_view action, string_view verb) noexcept {
  return action.starts_with(verb) && (action.size() == verb.size() ||
                                      (action[verb.size()] >= 'A' && action[verb.size()] <= 'Z'));
}

bool aws_reads_by_name(string_view action) noexcept {
  constexpr std::array<string_view, 9> verbs{"Get",    "List",     "Describe", "Head", "Lookup",
                                             "Search", "BatchGet", "Query",    "Scan"};
  for (auto verb : verbs)
    if (starts_upper(action, verb))
      return true;
  return false;
}

class cloudtrail_reader final : public record_reader {
 public:
  verdict read(string_view json, const format_tools& tools, base::event& e) override {
    if (const auto wrong = ingest::read(json, pass_, record_); !wrong.empty())
      return quarantined(wrong);
    auto& memory = tools.memory;
    if (auto refused = refuse(json, memory))
      return *refused;
    const auto time = base::parse_rfc3339(record_.time);
    if (!time)
      return quarantined(
          memory.copy(fmt::format("eventTime '{}' is not a time", record_.time.substr(0, 40))));

    e.time = *time;
    e.provider = base::cloud::aws;
    e.id = record_.id;
    e.region = record_.region;
    e.service = record_.service;
    e.action = record_.action;
    e.account = record_.recipient.empty() ? record_.who.account : record_.recipient;
    e.source_text = record_.source;
    e.user_agent = record_.user_agent;
    e.client = tools.agents.of(record_.user_agent);
    resolve_aws_identity(record_, e.client, memory, e);
    if (e.identity.empty())
      return quarantined("userIdentity names nobody");
    if (e.id.empty())
      // Records older than eventID: the same record has the same id, which is all that is needed.
      e.id = id_from_bytes(json, memory);
    judge_aws_outcome(record_, memory, e);
    const auto* entry = tools.activities.find(record_.service, record_.action);
    if (entry != nullptr)
      e.activity = entry->activity;
    e.read_only = !record_.read_only.empty()             ? record_.read_only == "true"
                  : entry != nullptr && entry->read_only ? *entry->read_only
                                                         : aws_reads_by_name(record_.action);
    const std::array<record_part, 5> parts{{{"requestParameters", record_.request},
                                            {"responseElements", record_.response},
                                            {"additionalEventData", record_.additional},
                                            {"resources", record_.resources},
                                            {"serviceEventDetails", record_.service_details}}};
    tools.effects.read({json, parts, record_.fields}, aws_words{record_, e, tools.tenant}, entry,
                       memory, e);
    return {disposition::event, {}};
  }

  std::span<const json_field> fields() const noexcept override { return record_.fields; }

 private:
  /// What stops the record from being an event; nothing when nothing does.
  std::optional<verdict> refuse(string_view json, base::arena& memory) const {
    const auto lacking = [&](string_view reason) {
      const auto notice = recognised_notice(json);
      return notice.empty() ? quarantined(reason) : skipped(notice);
    };
    const auto& r = record_;
    if (r.has_insight || r.type == "AwsCloudTrailInsight" || r.category == "Insight")
      return skipped("CloudTrail Insights statistics");
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

  json_pass pass_;
  cloudtrail_record record_;
};

} // namespace

std::unique_ptr<record_reader> make_cloudtrail_reader() {
  return std::make_unique<cloudtrail_reader>();
}

} // namespace vedette::ingest
