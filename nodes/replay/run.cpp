#include "nodes/replay/run.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "io/files/log_files.hpp"
#include "nodes/replay/kept_state.hpp"
#include "nodes/replay/merged_files.hpp"

#include <algorithm>
#include <chrono>

namespace vedette::replay {

namespace {

/// Actions of a dry run are done once they are planned: nothing outside is touched.
void settle_actions(respond::tenant_state& tenant, respond::outputs said, base::receive_time at) {
  while (!said.intents.empty() || !said.runnable.empty()) {
    respond::outputs next;
    const auto take = [&](respond::outputs more) {
      std::move(more.intents.begin(), more.intents.end(), std::back_inserter(next.intents));
      std::move(more.runnable.begin(), more.runnable.end(), std::back_inserter(next.runnable));
    };
    if (!said.intents.empty()) {
      respond::intents_committed committed{{}, at};
      for (const auto& a : said.intents)
        committed.actions.push_back({a.id, a.plan_hash});
      take(tenant.fold(committed));
    }
    for (const auto& a : said.runnable) {
      take(tenant.fold(respond::action_attempt{a.id, {}, at}));
      take(tenant.fold(respond::action_outcome{
          a.id, respond::attempt_result::done, "dry run: recorded", {}, at}));
    }
    said = std::move(next);
  }
}

/// Whether an earlier run has said the same; what grew since then is its next revision.
bool is_known(const respond::tenant_state& tenant, base::alert& a) {
  const auto* known = tenant.find_alert(a.id);
  if (known == nullptr)
    return false;
  const auto& k = known->alert;
  a.revision = k.revision + 1;
  return a.count == k.count && a.time == k.time && a.last_event == k.last_event &&
         a.events == k.events;
}

} // namespace

std::unique_ptr<respond::tenant_state>
conclude(outcome&& said, const content& what,
         std::shared_ptr<const respond::playbook_set> playbooks, const pipeline_options& how,
         std::vector<respond::published_alert>& published,
         std::optional<respond::tenant_state::data> known) {
  if (!playbooks)
    playbooks = std::make_shared<const respond::playbook_set>();
  respond::respond_settings settings;
  if (what.tenant)
    settings.tenant = *what.tenant;
  // Offline, the tenant has been watched since its first event, and all days are over.
  const bool goes_on = known.has_value();
  auto tenant =
      known ? std::make_unique<respond::tenant_state>(std::move(*known), std::move(playbooks),
                                                      settings)
            : std::make_unique<respond::tenant_state>(how.tenant, std::move(playbooks), settings);
  std::sort(said.alerts.begin(), said.alerts.end(), [](const base::alert& a, const base::alert& b) {
    return a.time != b.time ? a.time < b.time : a.id < b.id;
  });
  base::receive_time at;
  if (!said.alerts.empty())
    at = said.alerts.front().time;
  respond::day_maxima_told told;
  told.at = at;
  for (const auto& m : said.maxima)
    told.maxima.push_back({m.account, m.rule, m.measure, m.day, m.value});
  (void)tenant->fold(told);
  for (auto& a : said.alerts) {
    if (goes_on && is_known(*tenant, a))
      continue;
    at = a.time;
    auto out = tenant->fold(respond::alert_arrived{std::move(a), at});
    for (auto& p : out.publish)
      published.push_back(p);
    settle_actions(*tenant, std::move(out), at);
  }
  // The incident an alert ended up in, after later alerts joined what was apart.
  for (auto& p : published)
    p.incident = tenant->incident_of(p.alert.id);
  return tenant;
}

namespace {

base::status restore(const run_options& how, pipeline& line, std::shared_ptr<kept_state>& kept,
                     std::optional<respond::tenant_state::data>& known) {
  auto opened = kept_state::open(how.state, how.pipeline.tenant);
  if (!opened)
    return opened.err();
  kept = std::make_shared<kept_state>(std::move(*opened));
  if (kept->watermark())
    line.restore(*kept->watermark());
  if (auto ok = kept->load([&](detect::entity_ref ref, detect::entity_state state) {
        line.restore(std::move(ref), std::move(state));
      });
      !ok)
    return ok;
  auto tenant = kept->load_tenant();
  if (!tenant)
    return tenant.err();
  known = std::move(*tenant);
  return {};
}

} // namespace

run_result run(const content& what, std::shared_ptr<const respond::playbook_set> playbooks,
               const run_options& how) {
  run_result out;
  const auto began = std::chrono::steady_clock::now();
  auto list = io::find_log_files(how.paths);
  out.problems = std::move(list.problems);
  pipeline line{what, how.pipeline};
  std::shared_ptr<kept_state> kept;
  std::optional<respond::tenant_state::data> known;
  if (!how.state.empty())
    if (out.restored = restore(how, line, kept, known); !out.restored)
      return out;

  merge_options merging{how.unwrap};
  merging.columns = how.columns;
  merging.latest = how.pipeline.now + base::limits::ahead;
  if (how.progress)
    merging.progress = [&](std::uint64_t done) { how.progress(done, list.bytes_total); };
  const auto read = read_merged(
      std::move(list.files), merging,
      [&](const ingest::split_record& r) -> base::status {
        if (r.problem.empty())
          line.push(r.text);
        else
          line.reject(r.problem, r.text.size());
        return {};
      },
      out.problems);
  VEDETTE_ASSERT(read); // the sink takes everything
  auto said = line.finish(
      kept ? entity_visitor{[&](const auto& ref, const auto& state) { kept->keep(ref, state); }}
           : entity_visitor{});
  out.counted = line.counted();
  out.entities = said.entities;
  out.entity_bytes = said.entity_bytes;
  out.identity_bytes = std::move(said.identity_bytes);
  for (auto& [holder, bytes] : out.identity_bytes)
    std::ranges::sort(bytes);
  const auto watermark = said.watermark;
  out.tenant = conclude(std::move(said), what, std::move(playbooks), how.pipeline, out.alerts,
                        std::move(known));
  if (kept)
    out.keep = [kept, watermark, learned = out.tenant->checkpoint()] {
      return kept->commit(watermark, learned);
    };
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return out;
}

} // namespace vedette::replay
