#include "ingest/formats/entra.hpp"

#include "base/ascii.hpp"
#include "ingest/formats/entra_effects.hpp"
#include "ingest/formats/entra_identity.hpp"
#include "ingest/formats/entra_outcome.hpp"
#include "ingest/formats/entra_record.hpp"
#include "ingest/formats/json_pass.hpp"
#include "ingest/formats/microsoft.hpp"

#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace vedette::ingest {

namespace {

using std::string_view;
using ef = entra_field;

class entra_reader final : public record_reader {
 public:
  verdict read(string_view json, const format_tools& tools, base::event& e) override {
    auto& memory = tools.memory;
    if (const auto wrong = ingest::read(json, pass_, memory, record_); !wrong.empty())
      return quarantined(wrong);
    if (record_.log == entra_log::other)
      return skipped(memory.copy(
          fmt::format("Entra log '{}' is not read here", record_.category.substr(0, 40))));
    if (record_.time_misshaped)
      return quarantined("time is not text");
    const auto written = first_time(memory);
    if (written.empty())
      return quarantined("no time");
    const auto time = utc_time(written);
    if (!time)
      return quarantined(
          memory.copy(fmt::format("time '{}' is not a time", written.substr(0, 40))));
    e.time = *time;
    e.provider = base::cloud::azure;
    e.account = account(memory);
    e.user_agent = user_agent(memory);
    e.source_text = bare_address(first_text(record_, {ef::address, ef::caller_address}, memory));
    name_action(e, memory);
    if (e.action.empty())
      return quarantined("no operation");
    resolve_entra_identity(record_, memory, e);
    if (e.identity.empty())
      return quarantined("no user, service principal or application");
    e.id = id(written, e, memory);
    e.client = tools.agents.of(e.user_agent);
    if (e.client == base::client_class::unknown)
      e.client = client_of_app(record_.text(ef::app_id, memory));
    judge_entra_outcome(record_, memory, e);
    finish(json, tools, e);
    return {disposition::event, {}};
  }

  std::span<const json_field> fields() const noexcept override { return record_.fields; }

 private:
  /// When it happened, not when it was written down minutes later.
  [[nodiscard]] string_view first_time(base::arena& memory) const {
    if (record_.log == entra_log::audit)
      return first_text(record_, {ef::activity_time, ef::time, ef::generated}, memory);
    if (record_.log == entra_log::graph)
      return first_text(record_, {ef::time, ef::generated, ef::created}, memory);
    return first_text(record_, {ef::created, ef::time, ef::generated}, memory);
  }

  /// The tenant that was signed in to, or changed, or called.
  [[nodiscard]] string_view account(base::arena& memory) const {
    const auto here = record_.text(ef::resource_tenant, memory);
    return lowered(is_set_id(here) ? here : record_.text(ef::tenant, memory), memory);
  }

  [[nodiscard]] string_view user_agent(base::arena& memory) const {
    const auto agent = record_.text(ef::user_agent, memory);
    if (!agent.empty() || record_.log != entra_log::audit)
      return agent;
    for (const auto& p : record_.changes.properties())
      if (p.name == "User-Agent")
        return text_of(p.value, memory);
    return {};
  }

  [[nodiscard]] string_view id(string_view time, const base::event& e, base::arena& memory) const {
    const auto own =
        first_text(record_, {record_.log == entra_log::graph ? ef::request_id : ef::id}, memory);
    return own.empty() ? made_id({}, {time, e.identity, e.action, e.source_text, e.session}, memory)
                       : own;
  }

  void name_action(base::event& e, base::arena& memory) const {
    e.service = "microsoft.aadiam";
    if (record_.log == entra_log::audit) {
      e.action = base::trimmed(first_text(record_, {ef::operation, ef::activity}, memory));
    } else if (record_.log == entra_log::graph) {
      e.service = "microsoft.graph";
      if (const auto method = record_.text(ef::method, memory); !method.empty())
        e.action = graph_action(method, record_.text(ef::uri, memory), memory);
    } else {
      e.action = "Sign-in activity";
    }
  }

  void finish(string_view json, const format_tools& tools, base::event& e) {
    auto& memory = tools.memory;
    const auto* entry = tools.activities.find(e.service, lowered(e.action, memory));
    if (entry != nullptr)
      e.activity = entry->activity;
    const bool reads = record_.log == entra_log::graph && e.action.starts_with("GET");
    e.read_only = entry != nullptr && entry->read_only ? *entry->read_only : reads;
    // They are read already; where the taxonomy asks for them, the words have them.
    const std::array<record_part, 1> parts{{{"modifiedProperties", {json_kind::object, "{}"}}}};
    tools.effects.read({json, parts, record_.fields}, entra_words{record_, e, tools.tenant}, entry,
                       memory, e);
    if (record_.log == entra_log::graph) {
      const auto size = record_.text(ef::response_bytes, memory);
      if (e.result == base::outcome::ok)
        std::from_chars(size.data(), size.data() + size.size(), e.bytes);
    }
    if (record_.log != entra_log::audit)
      name_home(tools, e);
  }

  /// Whoever is at home in another tenant is whom this one let in, or did not.
  void name_home(const format_tools& tools, base::event& e) const {
    const auto home = lowered(home_tenant(record_, tools.memory), tools.memory);
    if (home.empty() || home == e.account)
      return;
    const std::array<string_view, 1> from{tools.memory.copy(home)};
    e.targets = tools.memory.copy(std::span<const string_view>{from});
    e.target =
        is_own(home, e, tools.tenant) ? base::target_class::own : base::target_class::foreign;
  }

  json_pass pass_;
  entra_record record_;
};

} // namespace

std::unique_ptr<record_reader> make_entra_reader() {
  return std::make_unique<entra_reader>();
}

} // namespace vedette::ingest
