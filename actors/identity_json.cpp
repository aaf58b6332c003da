#include "actors/identity_json.hpp"

#include "base/json_writer.hpp"

namespace vedette::actors {

namespace {

void write_seen(base::json_writer& w, std::string_view name,
                const std::vector<detect::seen_value>& list) {
  const auto time = [](std::uint32_t s) {
    return base::format_rfc3339(base::event_time{std::chrono::seconds{s}});
  };
  w.key(name).begin_array();
  for (const auto& v : list) {
    w.begin_object();
    w.member("value", v.text).member("first", time(v.first)).member("last", time(v.last));
    w.end_object();
  }
  w.end_array();
}

} // namespace

std::string identity_json(const detect::entity_ref& ref, const detect::entity_state& state) {
  const auto& p = state.profile;
  base::json_writer w;
  w.begin_object();
  w.member("tenant", ref.tenant.value).member("id", ref.key).member("name", p.name);
  w.member("type", to_string(p.actor)).member("session_class", to_string(p.holder));
  w.member("cloud", to_string(p.provider)).member("account", p.account);
  w.member("first_seen", base::format_rfc3339(p.first_seen))
      .member("last_seen", base::format_rfc3339(p.last_seen));
  w.member("events", p.events);
  write_seen(w, "networks", p.networks);
  write_seen(w, "services", p.services);
  w.member("state_bytes", static_cast<std::uint64_t>(state.bytes()));
  w.end_object();
  return std::string{w.text()};
}

} // namespace vedette::actors
