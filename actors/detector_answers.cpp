#include "actors/detector_answers.hpp"

#include "actors/fold_steps.hpp"
#include "actors/identity_json.hpp"
#include "base/json_writer.hpp"

#include <set>

namespace vedette::actors {

answer show_identity(detector_pointer self, const std::string& tenant, const std::string& key) {
  if (self->state.gave_up)
    return {{}, *closed(self->state)};
  const detect::entity_ref ref{{tenant}, base::entity_kind::identity, key};
  auto found = self->state.fold->look_up(ref);
  if (!found)
    return {{}, found.err()};
  if (*found == nullptr)
    return {{}, {base::ec::not_found, "looking up identity " + key + ": nothing is known of it"}};
  return {identity_json(ref, **found), {}};
}

/// What no checkpoint holds yet is newer than everything that is stored.
answer show_quarantine(detector_pointer self, const std::string& tenant, std::uint64_t limit) {
  const auto& st = self->state;
  base::json_writer w;
  w.begin_array();
  std::uint64_t shown = 0;
  std::set<std::string_view> unsaved;
  const auto show = [&](const std::string& key, std::string_view value) {
    const auto q = schemas::decode_batch_entry(value);
    if (!q || q->quarantined.empty())
      return true;
    w.begin_object();
    w.member("id", std::to_string(st.copy->partition().value) + "-" + key);
    w.member("tenant", tenant).member("source", q->source);
    w.member("received", base::format_rfc3339(q->received));
    w.member("reason", q->quarantined.front().reason).member("record", q->quarantined.front().head);
    w.end_object();
    return ++shown < limit;
  };
  const auto& held = st.fold->unsaved();
  bool more = limit > 0;
  for (auto at = held.rbegin(); more && at != held.rend(); ++at)
    if (at->tenant.value == tenant) {
      unsaved.insert(at->key);
      more = show(at->key, at->value);
    }
  base::status ok;
  if (more)
    ok = st.copy->store()->entities().scan(
        st.copy->partition(), {tenant}, state::state_kind::quarantine,
        [&](const state::state_key& key, std::string_view value) {
          // A checkpoint under way may have stored it already.
          return unsaved.contains(key.key) || show(key.key, value);
        });
  w.end_array();
  if (!ok)
    return {{}, ok.err()};
  return {std::string{w.text()}, {}};
}

std::string describe(detector_pointer self) {
  const auto& st = self->state;
  const auto f = st.fold->figures();
  base::json_writer w;
  w.begin_object();
  w.member("partition", st.copy->partition().value).member("epoch", st.term ? st.term->value : 0);
  w.member("generation", st.fold->generation().value);
  w.member("applied", f.applied.value)
      .member("appending", static_cast<std::uint64_t>(st.appended.size()));
  w.member("checkpointed", f.checkpointed.value);
  w.member("events", f.events)
      .member("late", f.late)
      .member("ahead", f.ahead)
      .member("duplicates", f.duplicates);
  w.member("quarantined", f.quarantined).member("alerts", f.alerts).member("outbox", f.outbox);
  w.member("entities_hot", f.entities_hot).member("entities_hot_bytes", f.entities_hot_bytes);
  w.member("ids_bytes", f.ids_bytes);
  w.member("batches_under_way", static_cast<std::uint64_t>(st.under_way.size()));
  w.key("keeps").begin_array(); // for partitions without a primary
  for (const auto& [home, kept] : st.fold->parked().all()) {
    w.begin_object();
    w.member("partition", home.value);
    w.member("batches", static_cast<std::uint64_t>(kept.items.size())).member("bytes", kept.bytes);
    w.member("oldest", base::format_rfc3339(kept.items.front().received));
    w.end_object();
  }
  w.end_array();
  w.member("takes_back", st.home.closed());
  w.end_object();
  return std::string{w.text()};
}

} // namespace vedette::actors
