#include "ingest/formats/gcp.hpp"

#include "ingest/formats/gcp_effects.hpp"
#include "ingest/formats/gcp_identity.hpp"
#include "ingest/formats/gcp_outcome.hpp"
#include "ingest/formats/gcp_record.hpp"
#include "ingest/formats/gke.hpp"
#include "ingest/formats/json_pass.hpp"
#include "ingest/formats/kubernetes_effects.hpp"
#include "ingest/joined.hpp"
#include "ingest/record_id.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace vedette::ingest {

namespace {

using std::string_view;

bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}

/// The method as the taxonomy lists it. gRPC methods by their last word ("CreateServiceAccount" of
/// "google.iam.admin.v1.CreateServiceAccount"), REST ones without the version before them
/// ("compute.instances.insert" of "v1.compute.instances.insert").
string_view listed_method(string_view method) noexcept {
  const auto word = method.substr(method.rfind('.') + 1);
  if (!word.empty() && is_upper(word.front()))
    return word;
  for (string_view prefix : {"google.", "beta.", "alpha."})
    if (method.starts_with(prefix))
      return method.substr(prefix.size());
  const auto dot = method.find('.');
  if (dot != string_view::npos && dot >= 2 && method[0] == 'v' && method[1] >= '0' &&
      method[1] <= '9')
    return method.substr(dot + 1);
  return method;
}

bool gcp_reads_by_name(string_view method) noexcept {
  auto word = method.substr(method.rfind('.') + 1);
  constexpr std::array<string_view, 14> verbs{
      "get",  "list", "batchGet", "aggregatedList", "search",   "query", "read",
      "scan", "test", "lookup",   "fetch",          "describe", "head",  "count"};
  return std::ranges::any_of(verbs, [&](string_view verb) {
    if (word.size() < verb.size() || (word[0] | 0x20) != verb[0] ||
        word.substr(1, verb.size() - 1) != verb.substr(1))
      return false;
    return word.size() == verb.size() || is_upper(word[verb.size()]);
  });
}

/// "us-central1-a" -> "us-central1": what is unusual is a region, and a zone is a part of one.
string_view gcp_region_of(string_view location) noexcept {
  const auto n = location.size();
  if (n > 3 && location[n - 2] == '-' && location[n - 1] >= 'a' && location[n - 1] <= 'z' &&
      location[n - 3] >= '0' && location[n - 3] <= '9')
    return location.substr(0, n - 2);
  return location;
}

class gcp_reader final : public record_reader {
 public:
  verdict read(string_view json, const format_tools& tools, base::event& e) override {
    if (const auto wrong = ingest::read(json, pass_, record_); !wrong.empty())
      return quarantined(wrong);
    auto& memory = tools.memory;
    const auto& r = record_;
    if (auto refused = refuse())
      return *refused;
    const auto time = base::parse_rfc3339(r.time);
    if (!time)
      return quarantined(
          memory.copy(fmt::format("timestamp '{}' is not a time", r.time.substr(0, 40))));

    e.time = *time;
    e.provider = base::cloud::gcp;
    e.id = r.id.empty() ? id_from_bytes(json, memory) : r.id;
    e.account = container();
    e.region = region();
    e.service = r.service;
    e.action = r.method;
    e.user_agent = r.user_agent;
    e.client = tools.agents.of(r.user_agent);
    locate(e);
    resolve_gcp_identity(r, memory, e);
    judge_gcp_outcome(r, e);
    if (e.result == base::outcome::ok && r.operation_last == "true" && r.operation_first != "true")
      return skipped("end of an operation: its beginning counts");
    if (r.service == "k8s.io")
      if (const auto call = read_gke_call(r.method, r.resource); !call.verb.empty()) {
        finish_cluster_call(json, call, tools, e);
        return {disposition::event, {}};
      }
    finish(json, entry_of(tools), gcp_reads_by_name(r.method), gcp_words{r, e, tools.tenant}, tools,
           e);
    if (from_outside())
      name_taker(tools, e);
    return {disposition::event, {}};
  }

  std::span<const json_field> fields() const noexcept override { return record_.fields; }

 private:
  void finish(string_view json, const activity_entry* entry, bool reads, const effect_words& words,
              const format_tools& tools, base::event& e) {
    if (entry != nullptr)
      e.activity = entry->activity;
    e.read_only = entry != nullptr && entry->read_only ? *entry->read_only : reads;
    tools.effects.read({json, {}, record_.fields}, words, entry, tools.memory, e);
  }

  /// What somebody of another project did with a resource of ours, told to us without his address.
  [[nodiscard]] bool from_outside() const noexcept {
    return member(record_.metadata, "@type").inner().ends_with("CrossEntityControlAuditMetadata");
  }

  [[nodiscard]] const activity_entry* entry_of(const format_tools& tools) const {
    const auto& r = record_;
    const auto method = listed_method(r.method);
    if (from_outside())
      if (const auto* entry =
              tools.activities.find(r.service, joined(tools.memory, {method, " from outside"})))
        return entry;
    const auto* entry = tools.activities.find(r.service, r.method);
    return entry != nullptr ? entry : tools.activities.find(r.service, method);
  }

  /// The caller himself is whom the resource reached.
  static void name_taker(const format_tools& tools, base::event& e) {
    const auto project = project_of_account(e.identity);
    const std::array<string_view, 1> taker{
        tools.memory.copy(project.empty() ? e.identity.substr(e.identity.find('@') + 1) : project)};
    e.targets = tools.memory.copy(std::span<const string_view>{taker});
    e.target =
        is_own(taker[0], e, tools.tenant) ? base::target_class::own : base::target_class::foreign;
  }

  void finish_cluster_call(string_view json, const gke_call& call, const format_tools& tools,
                           base::event& e) {
    auto& memory = tools.memory;
    e.provider = base::cloud::kubernetes;
    if (!record_.cluster.empty())
      e.account = joined(memory, {"projects/", record_.project, "/locations/", record_.location,
                                  "/clusters/", record_.cluster});
    e.service = kubernetes_group(call.object);
    e.action = kubernetes_action(call.verb, call.object, memory);
    finish(json, tools.activities.find(e.service, e.action),
           kubernetes_reads(call.verb, call.object), kubernetes_words{call.verb, call.object, {}},
           tools, e);
  }

  std::optional<verdict> refuse() const noexcept {
    const auto& r = record_;
    if (r.payload_misshaped)
      return quarantined("protoPayload is not an object");
    if (!r.has_payload || (!r.type.empty() && !r.type.ends_with("/google.cloud.audit.AuditLog")))
      return skipped("Cloud Logging entry that is no audit log");
    if (r.time_misshaped)
      return quarantined("timestamp is not text");
    if (r.time.empty())
      return quarantined("no timestamp");
    if (r.service.empty())
      return quarantined("no serviceName");
    if (r.method.empty())
      return quarantined("no methodName");
    if (r.who && r.who.kind != json_kind::object && r.who.kind != json_kind::null)
      return quarantined("authenticationInfo is not an object");
    if (r.who.kind != json_kind::object && !r.log.ends_with("system_event"))
      return quarantined("no authenticationInfo");
    return std::nullopt;
  }

  /// The project acted in, else the organisation, folder or billing account whose log it is.
  [[nodiscard]] string_view container() const noexcept {
    if (!record_.project.empty())
      return record_.project;
    const auto owner = record_.log.substr(0, record_.log.find("/logs/"));
    constexpr string_view project = "projects/";
    return owner.starts_with(project) ? owner.substr(project.size()) : owner;
  }

  [[nodiscard]] string_view region() const noexcept {
    for (auto place : {record_.location, record_.zone, record_.region})
      if (!place.empty())
        return gcp_region_of(place);
    element_reader e{member(record_.locations, "currentLocations")};
    return e.next() ? gcp_region_of(e.value().inner()) : string_view{};
  }

  void locate(base::event& e) const noexcept {
    e.source_text = record_.caller;
    // What Google writes for machines of its own networks and for callers it does not show.
    if (record_.caller == "private" || record_.caller == "gce-internal-ip")
      e.origin = base::origin_class::internal;
  }

  json_pass pass_;
  gcp_record record_;
};

} // namespace

std::unique_ptr<record_reader> make_gcp_reader() {
  return std::make_unique<gcp_reader>();
}

} // namespace vedette::ingest
