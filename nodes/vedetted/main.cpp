// `vedetted`: one node. Start-up is the list below; what it starts, node::drain takes down again.
#include "io/files/text_file.hpp"
#include "nodes/config/load.hpp"
#include "nodes/server/json_log.hpp"
#include "nodes/server/node.hpp"
#include "nodes/version.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdio>
#include <malloc.h>

extern char** environ;

namespace {

using namespace vedette;

spdlog::level::level_enum to_spdlog(config::log_level l) {
  switch (l) {
  case config::log_level::trace:
    return spdlog::level::trace;
  case config::log_level::debug:
    return spdlog::level::debug;
  case config::log_level::info:
    return spdlog::level::info;
  case config::log_level::warn:
    return spdlog::level::warn;
  case config::log_level::error:
    return spdlog::level::err;
  }
  return spdlog::level::info;
}

constexpr int usage = 2; ///< it was told something that cannot be

int complain(const base::error& e) {
  std::fprintf(stderr, "vedetted: %s\n", base::to_string(e).c_str());
  return e.code == base::ec::invalid_argument ? usage : 1;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Vedette's node: takes events in, remembers, raises alerts. Without options it is a "
               "standalone node "
               "on 127.0.0.1 with its data in ./vedette-data."};
  std::string file, data_dir, node_id, level;
  bool show_version = false;
  app.add_option("--config", file, "YAML file; deploy/config/vedette.yaml explains every key")
      ->type_name("FILE");
  app.add_option("--data-dir", data_dir, "Where the log and the state live")->type_name("DIR");
  app.add_option("--node-id", node_id, "Name of this node; default: the host's");
  app.add_option("--log-level", level, "trace, debug, info, warn or error");
  app.add_flag("--version", show_version, "Print version and commit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : usage;
  }
  if (show_version) {
    std::printf("vedetted %s (%s)\n", version(), commit());
    return 0;
  }

  // Frames and batches of a few hundred kilobytes come and go all the time: without this, malloc
  // gives each back to the kernel and faults its pages in again, a tenth of the node's CPU time.
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_TOP_PAD, 1 << 20);

  // 1. Signals are taken by this thread alone, so they are blocked before any other exists.
  sigset_t signals;
  sigemptyset(&signals);
  for (int s : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&signals, s);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  // 2. Settings.
  const auto inputs = [&]() -> base::result<config::inputs> {
    config::inputs from;
    from.environment = config::environment_of(environ);
    if (!file.empty()) {
      auto text = io::read_text(file, std::size_t{4} << 20);
      if (!text)
        return text.err();
      from.file_name = file;
      from.file_text = std::move(*text);
    }
    if (!data_dir.empty())
      from.options.emplace_back("node.data_dir", data_dir);
    if (!node_id.empty())
      from.options.emplace_back("node.id", node_id);
    if (!level.empty())
      from.options.emplace_back("log.level", level);
    return from;
  };
  const auto first = inputs();
  auto settings = first ? config::load(*first) : base::result<config::outcome>{first.err()};
  if (!settings) {
    complain(settings.err());
    return usage;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt("vedette"));
  spdlog::set_level(to_spdlog(settings->values.log.level));
  if (settings->values.log.format == config::log_format::json)
    spdlog::set_formatter(server::json_log_formatter());
  else
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  for (const auto& note : settings->notes)
    spdlog::warn("{}", note);

  // 3. The node.
  server::node node{settings->values};
  if (auto ok = node.start(); !ok) {
    const auto code = complain(ok.err());
    node.drain();
    return code;
  }

  // 4. Until told to stop.
  while (true) {
    int got = 0;
    sigwait(&signals, &got);
    if (got != SIGHUP)
      break;
    const auto again = inputs();
    if (!again) {
      spdlog::warn("reloading: {}; everything stays as it is", base::to_string(again.err()));
      continue;
    }
    const auto fresh = config::examine(*again);
    for (const auto& p : fresh.problems)
      spdlog::warn("reloading: {}; everything stays as it is", base::to_string(p));
    if (!fresh.problems.empty())
      continue;
    spdlog::set_level(to_spdlog(fresh.values.log.level));
    if (auto ok = node.reload(fresh.values); !ok)
      spdlog::warn("{}", base::to_string(ok.err()));
  }
  spdlog::info("draining");
  node.drain();
  return 0;
}
