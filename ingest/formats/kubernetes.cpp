#include "ingest/formats/kubernetes.hpp"

#include "ingest/formats/json_pass.hpp"
#include "ingest/formats/kubernetes_effects.hpp"
#include "ingest/formats/kubernetes_identity.hpp"
#include "ingest/formats/kubernetes_outcome.hpp"
#include "ingest/formats/kubernetes_record.hpp"
#include "ingest/record_id.hpp"

#include <fmt/format.h>
#include <optional>

namespace vedette::ingest {

namespace {

using std::string_view;

class kubernetes_reader final : public record_reader {
 public:
  verdict read(string_view json, const format_tools& tools, base::event& e) override {
    if (const auto wrong = ingest::read(json, pass_, record_); !wrong.empty())
      return quarantined(wrong);
    auto& memory = tools.memory;
    if (auto refused = refuse(memory))
      return *refused;
    const auto& r = record_;
    const auto written = first_time();
    const auto time = base::parse_rfc3339(written);
    if (!time)
      return quarantined(
          memory.copy(fmt::format("audit time '{}' is not a time", written.substr(0, 40))));

    e.time = *time;
    e.provider = base::cloud::kubernetes;
    e.id = r.id.empty() ? id_from_bytes(json, memory) : r.id;
    e.account = r.cluster;
    e.service = kubernetes_group(r.object);
    e.action = kubernetes_action(r.verb, r.object, memory);
    e.user_agent = r.user_agent;
    e.client = tools.agents.of(r.user_agent);
    e.source_text = caller_address(r.addresses, memory);
    resolve_kubernetes_identity(r, memory, e);
    judge(e);
    const auto* entry = tools.activities.find(e.service, e.action);
    if (entry != nullptr)
      e.activity = entry->activity;
    e.read_only = entry != nullptr && entry->read_only ? *entry->read_only
                                                       : kubernetes_reads(r.verb, r.object);
    const std::array<record_part, 2> parts{
        {{"requestObject", r.request}, {"responseObject", r.response}}};
    tools.effects.read({json, parts, r.fields}, kubernetes_words{r.verb, r.object, r.uri}, entry,
                       memory, e);
    return {disposition::event, {}};
  }

  std::span<const json_field> fields() const noexcept override { return record_.fields; }

 private:
  /// One request is audited in stages; exactly one of them counts. Most requests are told of when
  /// they are over. One whose answer lasts is told of when it begins, or a shell would be news only
  /// after it was closed.
  [[nodiscard]] verdict stage_counts() const noexcept {
    const auto stage = record_.stage;
    const bool lasting = kubernetes_long_running(record_.verb, record_.object);
    if (stage == "RequestReceived")
      return skipped("audit stage RequestReceived: a later stage has the outcome");
    if (stage == "ResponseStarted" && !lasting)
      return skipped("audit stage ResponseStarted: ResponseComplete counts");
    if (stage == "ResponseComplete" && lasting)
      return skipped("audit stage ResponseComplete of a lasting request: ResponseStarted counts");
    return {disposition::event, {}};
  }

  std::optional<verdict> refuse(base::arena& memory) const {
    const auto& r = record_;
    if (!r.api_version.empty() && r.api_version != "audit.k8s.io/v1" &&
        r.api_version != "audit.k8s.io/v1beta1")
      return quarantined(memory.copy(
          fmt::format("apiVersion '{}' is not supported: this build reads audit.k8s.io/v1 and "
                      "v1beta1",
                      r.api_version.substr(0, 40))));
    if (!r.kind.empty() && r.kind != "Event")
      return quarantined(
          memory.copy(fmt::format("kind '{}' is no audit event", r.kind.substr(0, 40))));
    if (const auto v = stage_counts(); v.what != disposition::event)
      return v;
    if (r.time_misshaped)
      return quarantined("requestReceivedTimestamp is not text");
    if (first_time().empty())
      return quarantined("no requestReceivedTimestamp");
    if (r.verb.empty())
      return quarantined("no verb");
    if (r.user.misshaped)
      return quarantined("user is not an object");
    if (!r.user.there)
      return quarantined("no user");
    if (r.user.name.empty())
      return quarantined("user names nobody");
    return std::nullopt;
  }

  /// When the request came in; older servers have only other times.
  [[nodiscard]] string_view first_time() const noexcept {
    for (auto t : {record_.received, record_.timestamp, record_.reached, record_.created})
      if (!t.empty())
        return t;
    return {};
  }

  void judge(base::event& e) const noexcept {
    const auto& r = record_;
    e.result = kubernetes_outcome(r.code, r.decision, r.message);
    if (e.result == base::outcome::ok && (r.status == "Failure" || r.stage == "Panic"))
      e.result = base::outcome::failed;
    if (e.result == base::outcome::ok)
      return;
    e.error = !r.reason.empty()        ? r.reason
              : r.decision == "forbid" ? string_view{"Forbidden"}
                                       : r.code;
  }

  json_pass pass_;
  kubernetes_record record_;
};

} // namespace

std::unique_ptr<record_reader> make_kubernetes_reader() {
  return std::make_unique<kubernetes_reader>();
}

} // namespace vedette::ingest
