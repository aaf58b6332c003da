// `vedetted`: one node. Start-up is the list below; what it starts, node::drain takes down again.
#include "io/files/text_file.hpp"
#include "nodes/config/load.hpp"
#include "nodes/server/json_log.hpp"
#include "nodes/server/node.hpp"
#include "nodes/vedetted/space_return.hpp"
#include "nodes/version.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <malloc.h>
#include <memory>

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

/// A store that was refused a write is only good again when it is opened again, and so is all that
/// stands on it: what was acknowledged is read from the disk as at any start.
class returning_node {
 public:
  base::status start(const config::settings& settings) {
    node_ = std::make_unique<server::node>(settings);
    const auto ok = node_->start();
    waits_ = !ok && returning_ && ok.err().code == base::ec::disk_full;
    if (!waits_)
      return ok;
    spdlog::error("{}; it is tried again", base::to_string(ok.err()));
    node_->drain();
    return {};
  }
  /// Once a second. Errors: it cannot start again, for another reason than its disk.
  base::status look(const config::settings& settings) {
    if (!waits_ && !node_->out_of_space())
      return {};
    std::error_code unknown;
    const auto space = std::filesystem::space(settings.node.data_dir, unknown);
    const base::duration now = std::chrono::steady_clock::now().time_since_epoch();
    if (unknown || !return_.look(now, space.available, space.capacity))
      return {};
    spdlog::warn("there is space on the disk of {} again: this node starts anew by itself",
                 settings.node.data_dir);
    returning_ = true;
    node_->drain();
    return start(settings);
  }
  server::node& operator*() { return *node_; }

 private:
  std::unique_ptr<server::node> node_;
  space_return return_;
  bool returning_ = false, waits_ = false;
};

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
  auto values = settings->values;
  returning_node node;
  const auto give_up = [&](const base::error& why) {
    const auto code = complain(why);
    (*node).drain();
    return code;
  };
  if (auto ok = node.start(values); !ok)
    return give_up(ok.err());

  // 4. Until told to stop.
  while (true) {
    const timespec second{1, 0};
    const int got = sigtimedwait(&signals, nullptr, &second);
    if (got < 0) {
      if (auto ok = node.look(values); !ok)
        return give_up(ok.err());
      continue;
    }
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
    if (auto ok = (*node).reload(fresh.values); !ok) {
      spdlog::warn("{}", base::to_string(ok.err()));
      continue;
    }
    values.content = fresh.values.content;
    values.lists = fresh.values.lists;
    values.tenants = fresh.values.tenants;
  }
  spdlog::info("draining");
  (*node).drain();
  return 0;
}
