#include "ingest/mapping/mapped_reader.hpp"

#include "ingest/formats/json_pass.hpp"
#include "ingest/mapping/mapped_effects.hpp"
#include "ingest/mapping/mapped_values.hpp"
#include "ingest/record_id.hpp"
#include "ingest/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::ingest {

namespace {

using std::string_view;

class reader final : public mapped_reader {
 public:
  explicit reader(std::shared_ptr<const mapping_set> mappings) : mappings_{std::move(mappings)} {}

  marks_found look_at(string_view record) override {
    mapping_ = nullptr;
    marks_found known;
    if (record.starts_with('{'))
      mapping_ = mappings_->recognise(record, members_, [&](string_view key, const json_value& v) {
        look_for_mark(key, v, known);
        return known.strong == no_format;
      });
    return known;
  }
  string_view source() const noexcept override {
    return mapping_ == nullptr ? string_view{} : string_view{mapping_->name};
  }

  std::size_t place() const noexcept override {
    return static_cast<std::size_t>(mapping_ - mappings_->sources().data());
  }

  verdict read(string_view json, const format_tools& tools, base::event& e) override {
    VEDETTE_ASSERT(mapping_ != nullptr);
    const auto& m = *mapping_;
    found_.assign(m.plan.nodes(), {});
    if (const auto wrong = pass_.run(
            json, [&](string_view key, od::value& v) { return take(value_plan::nowhere, key, v); });
        !wrong.empty())
      return quarantined(wrong);
    auto& memory = tools.memory;
    const mapped_values values{m, found_, memory};
    for (const auto& rule : m.skips)
      if (values.hold(rule.when))
        return skipped(memory.copy(rule.why));
    const auto written = values.first(m.time);
    if (written.empty())
      return quarantined(memory.copy(m.no_time));
    const auto time = parse_mapped_time(written, m.unit);
    if (!time)
      return quarantined(
          memory.copy(fmt::format("{}: '{}' is not a time", m.name, written.substr(0, 40))));
    e.action = values.first(m.action);
    if (e.action.empty())
      return quarantined(memory.copy(m.no_action));
    e.identity = values.first(m.identity);
    if (e.identity.empty())
      return quarantined(memory.copy(m.no_actor));
    e.time = *time;
    describe(json, values, tools, e);
    reach(json, values, tools, e);
    return {disposition::event, {}};
  }

  std::span<const json_field> fields() const noexcept override { return pass_.fields(); }

 private:
  /// Keeps the value where a pointer ends or meets an array, and descends where one leads on.
  simdjson::error_code take(std::uint32_t parent, string_view key, od::value& v) {
    const auto& plan = mapping_->plan;
    const auto n = plan.child(parent, key);
    if (n == value_plan::nowhere)
      return simdjson::SUCCESS;
    if (!plan.at(n).wanted && is_object(v))
      return inside(v, [&](string_view k, od::value& child) { return take(n, k, child); });
    take_json(v, found_[n]);
    return simdjson::SUCCESS;
  }

  void describe(string_view json, const mapped_values& values, const format_tools& tools,
                base::event& e) const {
    const auto& m = *mapping_;
    e.provider = values.choose(m.cloud);
    e.id = values.first(m.id);
    if (e.id.empty())
      e.id = id_from_bytes(json, tools.memory);
    e.account = values.first(m.account);
    e.region = values.first(m.region);
    e.service = values.first(m.service);
    e.error = values.first(m.error);
    e.result = values.choose(m.result);
    e.identity_name = values.first(m.identity_name);
    e.actor = values.choose(m.actor);
    e.session = values.first(m.session);
    // As CloudTrail's sessions are told: the same key is one session, and its id stays here.
    if (is_access_key_id(e.session))
      e.session = session_key(e.session, tools.memory);
    e.holder = values.choose(m.holder);
    e.workload = values.first(m.workload);
    e.source_text = values.first(m.address);
    e.user_agent = values.first(m.user_agent);
    e.client = tools.agents.of(e.user_agent);
  }

  /// What the activity says and what the record names for every action alike.
  void reach(string_view json, const mapped_values& values, const format_tools& tools,
             base::event& e) {
    const auto& m = *mapping_;
    const auto* entry = m.actions->find(e.service, e.action);
    // A source that tells of others' services calls them what they call themselves.
    if (entry == nullptr)
      entry = tools.activities.find(e.service, e.action);
    e.activity = entry != nullptr ? string_view{entry->activity} : values.first(m.activity);
    e.read_only =
        entry != nullptr && entry->read_only ? *entry->read_only : values.hold(m.read_only);
    const mapped_words words{m, values, e, tools.tenant};
    tools.effects.read({json, {}, pass_.fields()}, words, entry, tools.memory, e);
    if (e.targets.empty())
      name_targets(words, values, tools, e);
    for (const auto pointer : m.bytes)
      if (e.bytes == 0)
        e.bytes = clamped<std::uint64_t>(values.sum(pointer));
    for (const auto pointer : m.count)
      if (const auto n = values.sum(pointer); n > 0 && e.count == 1) {
        e.count = clamped<std::uint32_t>(n);
        break;
      }
  }

  void name_targets(const mapped_words& words, const mapped_values& values,
                    const format_tools& tools, base::event& e) {
    targets_.clear();
    values.each(mapping_->targets, [&](string_view text) {
      const auto found = words.whom(text);
      targets_.add(tools.memory.copy(found.whom));
      e.target = std::max(e.target, found.what);
    });
    e.targets = tools.memory.copy(std::span<const string_view>{targets_.values()});
  }

  std::shared_ptr<const mapping_set> mappings_;
  const source_mapping* mapping_ = nullptr;
  std::vector<json_value> members_, found_;
  value_list targets_;
  json_pass pass_;
};

} // namespace

std::unique_ptr<mapped_reader> make_mapped_reader(std::shared_ptr<const mapping_set> mappings) {
  return std::make_unique<reader>(std::move(mappings));
}

} // namespace vedette::ingest
