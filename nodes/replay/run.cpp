#include "nodes/replay/run.hpp"

#include "ingest/record_splitter.hpp"
#include "io/files/log_files.hpp"
#include "nodes/replay/file_order.hpp"

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

} // namespace

std::unique_ptr<respond::tenant_state>
conclude(outcome&& said, const content& what,
         std::shared_ptr<const respond::playbook_set> playbooks, const pipeline_options& how,
         std::vector<respond::published_alert>& published) {
  if (!playbooks)
    playbooks = std::make_shared<const respond::playbook_set>();
  respond::respond_settings settings;
  if (what.tenant)
    settings.tenant = *what.tenant;
  // Offline, the tenant has been watched since its first event, and all days are over.
  auto tenant = std::make_unique<respond::tenant_state>(how.tenant, std::move(playbooks), settings);
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

run_result run(const content& what, std::shared_ptr<const respond::playbook_set> playbooks,
               const run_options& how) {
  run_result out;
  const auto began = std::chrono::steady_clock::now();
  auto list = io::find_log_files(how.paths);
  out.problems = std::move(list.problems);
  order_by_first_event(list.files);

  pipeline line{what, how.pipeline};
  std::uint64_t done = 0;
  for (const auto& file : list.files) {
    ingest::record_splitter splitter{how.unwrap};
    const ingest::record_splitter::sink take = [&](const ingest::split_record& r) {
      if (r.problem.empty())
        line.push(r.text);
      else
        line.reject(r.problem, r.text.size());
    };
    io::read_options reading;
    if (how.progress)
      reading.progress = [&](const io::read_progress& p) {
        how.progress(done + p.bytes_read, list.bytes_total);
      };
    auto read = io::read_log(
        file.path,
        [&](std::string_view piece) -> base::status {
          splitter.push(piece, take);
          return {};
        },
        reading);
    splitter.finish(take);
    if (!read)
      out.problems.push_back(read.err());
    done += file.bytes;
  }
  auto said = line.finish();
  out.counted = line.counted();
  out.entities = said.entities;
  out.entity_bytes = said.entity_bytes;
  out.tenant = conclude(std::move(said), what, std::move(playbooks), how.pipeline, out.alerts);
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return out;
}

} // namespace vedette::replay
