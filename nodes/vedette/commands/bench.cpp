#include "nodes/vedette/commands.hpp"

#include "base/json_writer.hpp"
#include "io/files/text_file.hpp"
#include "nodes/content/content.hpp"
#include "nodes/measure/stages.hpp"
#include "nodes/vedette/output/format.hpp"
#include "nodes/vedette/remote.hpp"
#include "nodes/version.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

namespace vedette::cli {

namespace {

struct bench_flags {
  std::uint64_t events = 100'000, seed = 7;
  std::vector<std::string> running;
  double rate = 0; ///< events a second; 0: half of full speed, which is found first
  remote_flags remote;
};

std::string machine() {
  std::ifstream in{"/proc/cpuinfo"};
  std::string model = "unknown processor";
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  return fmt::format("{}, {} cores", model, std::thread::hardware_concurrency());
}

void write_latency(base::json_writer& w, const measure::latency_figures& l) {
  w.key("latency_ms").begin_object().member("p50", l.p50).member("p99", l.p99);
  w.member("events_per_second", l.events_per_second);
  w.member("probes", static_cast<std::uint64_t>(l.probes));
  w.member("answered", static_cast<std::uint64_t>(l.answered)).end_object();
}

void print_latency(const measure::latency_figures& l) {
  std::printf("from batch sent to alert received at half load (%.0f events/s): p50 %.1f ms, p99 "
              "%.1f ms, %zu of %zu probes\n",
              l.events_per_second, l.p50, l.p99, l.answered, l.probes);
}

void write_stage(base::json_writer& w, const measure::stage& s, const measure::stage& touch) {
  w.key(s.name).begin_object();
  w.member("events", s.events).member("events_per_second", s.events_per_second());
  w.member("megabytes_per_second", s.megabytes_per_second());
  w.member("cpu_seconds_per_million", s.cpu_seconds / static_cast<double>(s.events) * 1e6);
  w.member("ratio_to_touch", touch.cpu_seconds / s.cpu_seconds);
  w.end_object();
}

/// A node or cluster that runs: how fast it is, and how soon it speaks at half of that.
int run_on_running(const bench_flags& f) {
  const auto node = client::find_node(f.remote.to, client::from_process);
  if (!node)
    return complain(node.err());
  const measure::running_node of{f.running, node->url, "Bearer " + node->token};
  const auto speed = f.rate > 0 ? base::result<double>{2 * f.rate}
                                : measure::full_speed(measure::generate(f.events, f.seed), of);
  if (!speed)
    return complain(speed.err());
  const auto latency = measure::latency(measure::generate(f.events, f.seed + 1), of, *speed / 2);
  if (!latency)
    return complain(latency.err());
  if (f.remote.format == "json") {
    base::json_writer w;
    w.begin_object().member("commit", commit()).member("machine", machine());
    if (f.rate == 0)
      w.member("events_per_second", *speed);
    write_latency(w, *latency);
    w.end_object();
    std::printf("%s\n", std::string{w.text()}.c_str());
    return done;
  }
  if (f.rate == 0)
    std::printf("%s, commit %s: %.0f events/s acknowledged at full speed\n", machine().c_str(),
                commit(), *speed);
  print_latency(*latency);
  return done;
}

int run(const bench_flags& f) {
  if (!f.running.empty())
    return run_on_running(f);
  replay::content what;
  auto activities = content::load_activities("");
  if (!activities)
    return complain(activities.err());
  auto rules = content::load_rules({});
  if (!rules)
    return complain(rules.err());
  what.activities = *activities;
  auto sources = content::load_sources("");
  if (!sources)
    return complain(sources.err());
  what.mappings = *sources;
  what.rules = *rules;
  what.tenant = std::make_shared<base::tenant_settings>();
  const auto data = measure::generate(f.events, f.seed);

  auto touch = measure::touch(data);
  if (!touch)
    return complain(touch.err());
  std::vector<measure::stage> stages{*touch, measure::normalise(data, what),
                                     measure::stateless(data, what), measure::stateful(data, what)};
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::error_code why;
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe", why).parent_path() / "vedetted";
  auto durable = measure::durable(data, program.string());
  if (!durable)
    return complain(durable.err());
  stages.push_back(durable->cost);
  const auto events = static_cast<double>(durable->cost.events);
  auto latency = measure::latency(data, program.string(), events / durable->seconds / 2);
  if (!latency)
    return complain(latency.err());
  const double written = static_cast<double>(durable->bytes_written) / events;
  const double kernel = static_cast<double>(durable->kernel_bytes) / events;

  if (f.remote.format == "json") {
    base::json_writer w;
    w.begin_object();
    w.member("commit", commit()).member("machine", machine());
    w.member("events", static_cast<std::uint64_t>(data.records.size()));
    w.member("bytes_per_record",
             static_cast<double>(data.bytes()) / static_cast<double>(data.records.size()));
    w.key("stages").begin_object();
    for (const auto& s : stages)
      write_stage(w, s, stages.front());
    w.end_object();
    write_latency(w, *latency);
    w.member("bytes_written_per_event", written).member("kernel_bytes_written_per_event", kernel);
    w.member("durable_wall_seconds", durable->seconds);
    w.member("durable_to_stateful", stages[3].cpu_seconds / stages[4].cpu_seconds);
    w.member("peak_rss_bytes", durable->peak_rss_bytes);
    w.end_object();
    std::printf("%s\n", std::string{w.text()}.c_str());
    return done;
  }
  std::printf("%s, commit %s: %zu unique records of %.0f bytes, CPU time\n", machine().c_str(),
              commit(), data.records.size(),
              static_cast<double>(data.bytes()) / static_cast<double>(data.records.size()));
  table t{{"STAGE", "EVENTS/S", "MB/S", "CPU S PER MILLION", "OF TOUCH"}};
  for (const auto& s : stages)
    t.row({s.name, fmt::format("{:.0f}", s.events_per_second()),
           fmt::format("{:.0f}", s.megabytes_per_second()),
           fmt::format("{:.2f}", s.cpu_seconds / static_cast<double>(s.events) * 1e6),
           fmt::format("{:.1f} %", 100 * stages.front().cpu_seconds / s.cpu_seconds)});
  t.print();
  std::printf("durable is %.0f %% of stateful per CPU second; %.0f bytes handed to the store per "
              "event, %.0f by the "
              "kernel's count; node's peak %.0f MB\n",
              100 * stages[3].cpu_seconds / stages[4].cpu_seconds, written, kernel,
              static_cast<double>(durable->peak_rss_bytes) / 1e6);
  print_latency(*latency);
  return done;
}

} // namespace

void add_bench(CLI::App& app, action& chosen) {
  auto* c =
      app.add_subcommand("bench", "Measure this machine: what one event costs, stage by stage");
  auto f = std::make_shared<bench_flags>();
  c->footer("Example: vedette bench --events 200000 --format json");
  c->add_option("--events", f->events, "Generated records")
      ->check(CLI::Range(1000, 5'000'000))
      ->capture_default_str();
  c->add_option("--seed", f->seed, "Of the generator")->capture_default_str();
  c->add_option("--running", f->running,
                "tcp://HOST:PORT of a node or cluster that runs, instead of a node of its own; "
                "several, separated by commas. It is loaded with generated records of the tenant "
                "of the token: not for one that is in use")
      ->delimiter(',');
  c->add_option("--rate", f->rate,
                "With --running: how soon it speaks at so many events a second, instead of at half "
                "of the most it takes")
      ->needs("--running")
      ->check(CLI::Range(1.0, 10e6));
  add_remote_options(*c, f->remote);
  c->get_option("--format")->description("table or json")->check(CLI::IsMember({"table", "json"}));
  c->callback([f, &chosen] { chosen = [f] { return run(*f); }; });
}

} // namespace vedette::cli
