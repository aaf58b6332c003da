#include "ingest/formats/m365.hpp"

#include "base/ascii.hpp"
#include "ingest/formats/json_pass.hpp"
#include "ingest/formats/m365_effects.hpp"
#include "ingest/formats/m365_identity.hpp"
#include "ingest/formats/m365_record.hpp"
#include "ingest/formats/microsoft.hpp"

#include <fmt/format.h>
#include <initializer_list>

namespace vedette::ingest {

namespace {

using std::string_view;
using mf = m365_field;

/// "Add member to role." and "FileDownloaded" as they are listed.
string_view listed(string_view operation, base::arena& memory) {
  if (operation.ends_with('.'))
    operation.remove_suffix(1);
  return lowered(operation, memory);
}

/// Reading, by the words that Microsoft's names of operations have.
bool m365_reads_by_name(string_view word) noexcept {
  for (string_view end :
       {"accessed", "viewed", "previewed", "downloaded", "downloadedfull", "bind"})
    if (word.ends_with(end))
      return true;
  return word.starts_with("get-");
}

class m365_reader final : public record_reader {
 public:
  verdict read(string_view json, const format_tools& tools, base::event& e) override {
    if (const auto wrong = ingest::read(json, pass_, record_); !wrong.empty())
      return quarantined(wrong);
    auto& memory = tools.memory;
    const auto& r = record_;
    if (const auto& t = r.row[mf::created]; t && t.kind != json_kind::text)
      return quarantined("CreationTime is not text");
    const auto written = first_text(record_, {mf::created, mf::generated}, memory);
    if (written.empty())
      return quarantined("no CreationTime");
    const auto time = utc_time(written);
    if (!time)
      return quarantined(
          memory.copy(fmt::format("CreationTime '{}' is not a time", written.substr(0, 40))));
    e.time = *time;
    e.provider = base::cloud::azure;
    e.action = base::trimmed(r.text(mf::operation, memory));
    if (e.action.empty())
      return quarantined("no Operation");
    e.account = lowered(first_text(record_, {mf::organization, mf::tenant}, memory), memory);
    e.service = r.text(mf::workload, memory);
    if (e.service.empty())
      e.service = "Microsoft365";
    name_client(tools, e);
    resolve_m365_identity(r, memory, e);
    if (e.identity.empty())
      return quarantined("no UserId");
    judge_m365_outcome(r, memory, e);
    e.id = r.text(mf::id, memory);
    if (e.id.empty())
      e.id = made_id({}, {written, e.action, e.identity, r.text(mf::object, memory)}, memory);
    finish(json, tools, e);
    return {disposition::event, {}};
  }

  std::span<const json_field> fields() const noexcept override { return record_.fields; }

 private:
  void name_client(const format_tools& tools, base::event& e) const {
    auto& memory = tools.memory;
    e.source_text = bare_address(first_text(record_, {mf::address, mf::actor_address}, memory));
    if (e.source_text == "<null>")
      e.source_text = {};
    e.user_agent = record_.text(mf::user_agent, memory);
    if (e.user_agent.empty())
      e.user_agent = keyed(record_.value(mf::extended, memory), "UserAgent", memory);
    e.client = tools.agents.of(e.user_agent);
    if (e.client == base::client_class::unknown)
      e.client = client_of_app(record_.text(mf::app_id, memory));
  }

  void finish(string_view json, const format_tools& tools, base::event& e) {
    auto& memory = tools.memory;
    const auto word = listed(e.action, memory);
    const auto* entry = tools.activities.find(lowered(e.service, memory), word);
    if (entry == nullptr)
      entry = tools.activities.find("microsoft365", word);
    if (entry != nullptr)
      e.activity = entry->activity;
    e.read_only =
        entry != nullptr && entry->read_only ? *entry->read_only : m365_reads_by_name(word);
    const std::array<record_part, 2> parts{{{"Parameters", record_.value(mf::parameters, memory)},
                                            {"Folders", record_.value(mf::folders, memory)}}};
    tools.effects.read({json, parts, record_.fields}, m365_words{record_, e, tools.tenant}, entry,
                       memory, e);
  }

  json_pass pass_;
  m365_record record_;
};

} // namespace

std::unique_ptr<record_reader> make_m365_reader() {
  return std::make_unique<m365_reader>();
}

} // namespace vedette::ingest
