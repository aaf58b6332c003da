#include "ingest/formats/azure.hpp"

#include "ingest/formats/azure_effects.hpp"
#include "ingest/formats/azure_identity.hpp"
#include "ingest/formats/azure_outcome.hpp"
#include "ingest/formats/azure_record.hpp"
#include "ingest/formats/json_pass.hpp"
#include "ingest/formats/microsoft.hpp"
#include "ingest/notices.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace vedette::ingest {

namespace {

using std::string_view;

/// Which log a record is of.
enum class log_kind : std::uint8_t { activity, storage, resource, other };

log_kind kind_of(const azure_record& r) noexcept {
  if (same_word(r.category, "Administrative"))
    return log_kind::activity;
  if (r.category == "StorageRead" || r.category == "StorageWrite" || r.category == "StorageDelete")
    return log_kind::storage;
  // The Activity log's other categories tell of no call, or of one that has its own record.
  for (string_view c : {"Policy", "Security", "Alert", "Autoscale", "Recommendation",
                        "ServiceHealth", "ResourceHealth"})
    if (same_word(r.category, c))
      return log_kind::other;
  // Dumps that left the category out; the operation says that it is Resource Manager's.
  if (r.category.empty() && r.operation.find('/') != string_view::npos)
    return log_kind::activity;
  // Key Vault's, and those of other resources that say who acted
  return r.identity != json_kind::missing ? log_kind::resource : log_kind::other;
}

/// "West Europe" and "westeurope" are one region.
string_view region_of(string_view location, base::arena& memory) {
  const auto shown =
      std::ranges::any_of(location, [](char c) { return c == ' ' || (c >= 'A' && c <= 'Z'); });
  if (!shown)
    return location;
  auto* out = static_cast<char*>(memory.allocate(location.size(), 1));
  std::size_t size = 0;
  for (char c : location)
    if (c != ' ')
      out[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return {out, size};
}

class azure_reader final : public record_reader {
 public:
  verdict read(string_view json, const format_tools& tools, base::event& e) override {
    auto& memory = tools.memory;
    if (const auto wrong = ingest::read(json, pass_, memory, record_); !wrong.empty())
      return quarantined(wrong);
    const auto& r = record_;
    const auto kind = kind_of(r);
    if (auto refused = refuse(json, kind, memory))
      return *refused;
    const auto time = utc_time(r.time);
    if (!time)
      return quarantined(memory.copy(fmt::format("time '{}' is not a time", r.time.substr(0, 40))));

    e.time = *time;
    e.provider = base::cloud::azure;
    e.account = account(memory);
    e.region = region(memory);
    e.action = r.operation;
    e.user_agent = r.user_agent;
    e.source_text = bare_address(r.caller_address);
    if (kind == log_kind::storage)
      resolve_storage_identity(r, memory, e);
    else
      resolve_azure_identity(r, memory, e);
    if (e.identity.empty())
      return quarantined("no identity, caller or address");
    // What was done is told from its neighbours; it is the same each time it arrives.
    e.id = !r.id.empty()
               ? r.id
               : made_id(r.correlation,
                         {r.time, r.operation, r.resource, r.uri, r.status, r.object, e.identity},
                         memory);
    if (e.client == base::client_class::unknown)
      e.client = tools.agents.of(r.user_agent);
    finish(json, kind, tools, e);
    return {disposition::event, {}};
  }

  std::span<const json_field> fields() const noexcept override { return record_.fields; }

 private:
  /// The Activity log tells of one operation when it begins, while it is under way and when it is
  /// over. Only the end says whether it was allowed, so the end counts.
  std::optional<verdict> refuse(string_view json, log_kind kind, base::arena& memory) const {
    const auto& r = record_;
    if (const auto notice = kind == log_kind::other ? recognised_notice(json) : string_view{};
        !notice.empty())
      return skipped(notice);
    if (kind == log_kind::other)
      return skipped(memory.copy(fmt::format("Azure log '{}' is no audit log that is read here",
                                             r.category.substr(0, 40))));
    if (kind == log_kind::activity) {
      const auto stage = stage_of(r.status);
      if (stage == azure_stage::begins)
        return skipped("beginning of an Azure operation: its end counts");
      if (stage == azure_stage::under_way)
        return skipped("Azure operation under way: its end counts");
    }
    if (r.time_misshaped)
      return quarantined("time is not text");
    if (r.time.empty())
      return quarantined("no time");
    if (r.operation.empty())
      return quarantined("no operationName");
    if (r.identity != json_kind::missing && r.identity != json_kind::object &&
        r.identity != json_kind::text)
      return quarantined("identity is neither an object nor text");
    return std::nullopt;
  }

  [[nodiscard]] string_view account(base::arena& memory) const {
    auto id = id_part(record_.resource, "subscriptions");
    if (id.empty())
      id = record_.subscription.substr(record_.subscription.rfind('/') + 1);
    return lowered(id.empty() ? record_.tenant : id, memory);
  }

  /// Where the resource is; the Activity log says so only in the body of what was made.
  [[nodiscard]] string_view region(base::arena& memory) {
    auto place = record_.location;
    for (auto* body : {&record_.response, &record_.request})
      if (place.empty() && *body) {
        *body = opened(*body, memory);
        place = text_of(member_named(*body, "location"), memory);
      }
    return same_word(place, "global") ? string_view{} : region_of(place, memory);
  }

  /// Service and operation in lower case, for Azure writes both ways.
  void finish(string_view json, log_kind kind, const format_tools& tools, base::event& e) {
    auto& memory = tools.memory;
    const auto& r = record_;
    auto word = lowered(r.operation, memory);
    const auto slash = word.find('/');
    if (kind == log_kind::activity && slash != string_view::npos) {
      e.service = word.substr(0, slash);
      word = word.substr(slash + 1);
    } else {
      const auto provider = lowered(id_part(r.resource, "providers"), memory);
      e.service = !provider.empty()           ? provider
                  : kind == log_kind::storage ? string_view{"microsoft.storage"}
                                              : string_view{"azure"};
    }
    if (kind == log_kind::activity)
      judge_azure_outcome(r, memory, e);
    else
      judge_resource_outcome(r, e);
    const auto* entry = tools.activities.find(e.service, word);
    if (entry != nullptr)
      e.activity = entry->activity;
    e.read_only = entry != nullptr && entry->read_only
                      ? *entry->read_only
                      : word.ends_with("/read") || r.category == "StorageRead";
    const bool asks = entry != nullptr && !(entry->policies.empty() && entry->targets.empty() &&
                                            entry->count.empty() && entry->resources.empty());
    const auto body = [&](const json_value& v) { return asks ? opened(v, memory) : json_value{}; };
    const std::array<record_part, 3> parts{{{"requestbody", body(r.request)},
                                            {"responsebody", body(r.response)},
                                            {"authorization", r.authorization}}};
    tools.effects.read({json, parts, r.fields}, azure_words{r, e, tools.tenant}, entry, memory, e);
    if (r.category == "StorageRead" && e.result == base::outcome::ok)
      std::from_chars(r.sent_bytes.data(), r.sent_bytes.data() + r.sent_bytes.size(), e.bytes);
  }

  json_pass pass_;
  azure_record record_;
};

} // namespace

std::unique_ptr<record_reader> make_azure_reader() {
  return std::make_unique<azure_reader>();
}

} // namespace vedette::ingest
