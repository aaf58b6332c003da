#include "nodes/vedette/commands.hpp"

#include "base/json_writer.hpp"
#include "io/clock/clock.hpp"
#include "nodes/content/content.hpp"
#include "nodes/replay/run.hpp"
#include "nodes/vedette/offline.hpp"
#include "nodes/vedette/output/format.hpp"
#include "nodes/vedette/output/progress.hpp"
#include "nodes/vedette/sources.hpp"
#include "respond/alert_json.hpp"
#include "respond/alert_ocsf.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <map>

namespace vedette::cli {

namespace {

struct replay_flags {
  offline_flags offline;
  std::vector<std::string> paths, rules, only;
  std::string format = "table", playbooks, min_severity = "info";
  std::string source = "auto", state, learned;
  int threads = 1;
  bool stats = false;
};

void print_stats(const replay::run_result& r, const replay_flags& f) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto& c = r.counted;
  base::json_writer w;
  w.begin_object();
  w.member("records", c.records).member("bytes", c.bytes).member("events", c.events);
  w.member("skipped", c.skipped)
      .member("quarantined", c.quarantined)
      .member("duplicates", c.duplicates);
  w.member("late", c.late).member("ahead", c.ahead).member("matches", c.matches);
  w.key("quarantine_reasons").begin_object();
  for (const auto& [reason, n] : c.quarantine_reasons)
    w.member(reason, n);
  w.end_object();
  w.key("skip_reasons").begin_object();
  for (const auto& [reason, n] : c.skip_reasons)
    w.member(reason, n);
  w.end_object();
  w.member("seconds", r.seconds);
  w.member("cpu_seconds",
           static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6);
  w.member("events_per_second", r.seconds > 0 ? static_cast<double>(c.events) / r.seconds : 0);
  w.member("megabytes_per_second",
           r.seconds > 0 ? static_cast<double>(c.bytes) / 1e6 / r.seconds : 0);
  w.member("threads", f.threads)
      .member("peak_rss_bytes", static_cast<std::uint64_t>(usage.ru_maxrss) * 1024);
  w.member("entities", r.entities).member("entity_bytes", r.entity_bytes);
  w.key("identity_bytes").begin_object();
  for (const auto& [holder, bytes] : r.identity_bytes)
    w.key(base::to_string(holder))
        .begin_object()
        .member("identities", static_cast<std::uint64_t>(bytes.size()))
        .member("median", static_cast<std::uint64_t>(bytes[bytes.size() / 2]))
        .member("p90", static_cast<std::uint64_t>(bytes[bytes.size() * 9 / 10]))
        .member("largest", static_cast<std::uint64_t>(bytes.back()))
        .end_object();
  w.end_object();
  std::map<std::string, std::uint64_t> by_rule;
  for (const auto& p : r.alerts)
    ++by_rule[p.alert.rule.value];
  w.key("alerts_by_rule").begin_object();
  for (const auto& [rule, n] : by_rule)
    w.member(rule, n);
  w.end_object();
  w.end_object();
  std::fprintf(stderr, "%s\n", std::string{w.text()}.c_str());
}

void print_table(const std::vector<const respond::published_alert*>& alerts,
                 const replay::run_result& r) {
  if (alerts.empty()) {
    std::printf("No alerts in %llu events.\n", static_cast<unsigned long long>(r.counted.events));
    return;
  }
  table t{{"TIME", "SEVERITY", "RULE", "IDENTITY", "COUNT", "WHY"}};
  for (const auto* p : alerts) {
    const auto& a = p->alert;
    t.row({local_time(std::chrono::floor<std::chrono::seconds>(a.time).time_since_epoch().count()),
           std::string{to_string(a.severity)}, a.rule.value,
           a.identity_name.empty() ? (a.identity_id.empty() ? a.entity : a.identity_id)
                                   : a.identity_name,
           std::to_string(a.count), a.why});
  }
  t.print();
}

int run(const replay_flags& f) {
  const auto least = base::parse_severity(f.min_severity);
  if (!least)
    return complain({base::ec::invalid_argument,
                     fmt::format("--min-severity {}: not one of info, low, medium, high, critical",
                                 f.min_severity)});
  if (!f.learned.empty())
    return complain({base::ec::unsupported,
                     "--learned is not there yet; replay the history with --state DIR instead"});
  const auto around = load_surroundings(f.offline);
  if (!around)
    return complain(around.err());

  replay::content what;
  what.tenant = around->tenant;
  what.book = around->book;
  auto activities = content::load_activities("");
  if (!activities)
    return complain(activities.err());
  what.activities = *activities;
  auto sources = content::load_sources("");
  if (!sources)
    return complain(sources.err());
  what.mappings = *sources;
  const auto format = chosen_source(f.source, *sources);
  if (!format)
    return complain(format.err());
  auto rules = content::load_rules(f.rules);
  if (!rules)
    return complain(rules.err());
  what.rules = *rules;
  for (const auto& id : f.only)
    if (what.rules->find(id) == nullptr)
      return complain({base::ec::not_found,
                       fmt::format("--only {}: no such rule; see `vedette rules list`", id)});
  auto playbooks = content::load_playbooks(f.playbooks);
  if (!playbooks)
    return complain(playbooks.err());

  replay::run_options how;
  how.paths = f.paths;
  how.unwrap = f.offline.unwrap;
  how.columns = f.offline.columns;
  how.pipeline.tenant.value = f.offline.tenant;
  how.pipeline.threads = f.threads;
  how.state = f.state;
  how.pipeline.format = *format;
  how.pipeline.now = io::real_clock().now();
  progress_bar bar{"replay"};
  how.progress = [&](std::uint64_t done_bytes, std::uint64_t total) {
    bar.update(done_bytes, total);
  };
  const auto r = replay::run(what, *playbooks, how);
  bar.finish();
  if (!r.restored)
    return complain(r.restored.err());

  std::vector<const respond::published_alert*> shown;
  for (const auto& p : r.alerts)
    if (p.alert.severity >= *least &&
        (f.only.empty() ||
         std::find(f.only.begin(), f.only.end(), p.alert.rule.value) != f.only.end()))
      shown.push_back(&p);
  if (f.format == "table") {
    print_table(shown, r);
  } else {
    base::json_writer w;
    for (const auto* p : shown) {
      w.clear();
      if (f.format == "ocsf")
        respond::describe_ocsf(p->alert, p->incident, w);
      else
        respond::describe(p->alert, p->incident, w);
      std::printf("%s\n", std::string{w.text()}.c_str());
    }
  }
  const bool said = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (f.stats)
    print_stats(r, f);
  for (const auto& e : r.problems)
    complain(e);
  if (!said)
    return complain({base::ec::io, "writing the alerts: standard output takes no more"});
  if (r.keep)
    if (auto ok = r.keep(); !ok)
      return complain(ok.err());
  tell_of_quarantine(r.counted.quarantine_reasons, r.counted.records);
  return r.problems.empty() && r.counted.quarantined == 0 ? done : input_trouble;
}

} // namespace

void add_replay(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("replay", "Run the detection engine over log files, offline");
  auto f = std::make_shared<replay_flags>();
  c->footer("Example: vedette replay ./cloudtrail/ --format json --min-severity medium");
  c->add_option("paths", f->paths,
                "Files, folders, or - for standard input; gz and zst are unpacked")
      ->required();
  add_offline_options(*c, f->offline);
  c->add_option("-o,--format", f->format, "table, json (an alert a line) or ocsf")
      ->check(CLI::IsMember({"table", "json", "ocsf"}))
      ->capture_default_str();
  c->add_option("--rules", f->rules, "Rule files or folders instead of the shipped ones")
      ->type_name("DIR");
  c->add_option("--playbooks", f->playbooks, "Folder of playbooks instead of the shipped ones")
      ->type_name("DIR");
  c->add_option(
       "--source", f->source,
       "Source of the records, as named in `vedette normalize --list`; others are quarantined")
      ->capture_default_str();
  c->add_option("--threads", f->threads, "Worker threads; the output does not depend on it")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  c->add_flag("--stats", f->stats, "End with one JSON object of figures on standard error");
  c->add_option("--only", f->only, "Only these rules' alerts")->delimiter(',');
  c->add_option("--min-severity", f->min_severity, "Leave out alerts below it")
      ->capture_default_str();
  c->add_option("--state", f->state,
                "Folder with what earlier replays have learned; made when it is not there, and "
                "left with what this one learns")
      ->type_name("DIR");
  c->add_option("--learned", f->learned, "Not there yet")->type_name("DIR")->group("");
  c->callback([f, &chosen] { chosen = [f] { return run(*f); }; });
}

} // namespace vedette::cli
