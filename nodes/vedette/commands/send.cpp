// Pushes files into a running node, over ZeroMQ or HTTP.
#include "nodes/vedette/remote.hpp"

#include "base/json_writer.hpp"
#include "base/limits.hpp"
#include "ingest/record_splitter.hpp"
#include "io/clock/clock.hpp"
#include "io/files/log_files.hpp"
#include "nodes/client/follower.hpp"
#include "nodes/client/sender.hpp"
#include "nodes/replay/merged_files.hpp"
#include "nodes/vedette/output/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

namespace vedette::cli {

namespace {

struct send_flags {
  remote_flags remote;
  std::vector<std::string> paths, unwrap;
  std::vector<std::string> to = {"tcp://127.0.0.1:8471"};
  std::string tenant, key_file, source = "send", columns;
  std::uint64_t rate = 0; ///< records a second; 0: as fast as they are taken
  bool follow = false;
  std::string positions;
};

bool is_socket(const std::string& to) { return to.starts_with("tcp://") || to.starts_with("ipc://"); }

base::result<std::unique_ptr<client::sender>> open(const send_flags& f) {
  const auto& first = f.to.front();
  if (f.to.size() > 1 && !std::all_of(f.to.begin(), f.to.end(), is_socket))
    return base::error{base::ec::invalid_argument,
                       "--to: only tcp:// and ipc:// take several nodes; over HTTP name one"};
  if (is_socket(first)) {
    if (f.key_file.empty() && !f.tenant.empty() && f.tenant != "local")
      return base::error{base::ec::invalid_argument,
                         fmt::format("--tenant {}: over {} the tenant comes from the key; say --key-file, made by "
                                     "`vedette keys create --tenant {}`",
                                     f.tenant, first.substr(0, 3), f.tenant)};
    io::collector_settings s;
    s.endpoints = f.to;
    s.source = f.source;
    if (!f.key_file.empty()) {
      auto keys = io::load_curve_keys(f.key_file);
      if (!keys)
        return keys.err();
      s.keys = std::move(*keys);
    }
    return client::open_collector(std::move(s));
  }
  auto remote = f.remote;
  if (first != "http")
    remote.to.server = first;
  auto node = connect(remote);
  if (!node)
    return node.err();
  return client::open_http(std::move(*node), f.tenant, f.source);
}

struct figures {
  std::uint64_t files = 0, records = 0, bytes = 0, refused = 0;
  double seconds = 0;
  client::sent_totals sent;
};

void print_figures(const send_flags& f, const figures& n) {
  if (f.remote.format == "table") {
    std::printf("%llu records (%.1f MB) of %llu files in %.1f s: %llu accepted, %llu duplicate, %llu quarantined, "
                "%llu skipped%s\n",
                static_cast<unsigned long long>(n.records), static_cast<double>(n.bytes) / 1e6,
                static_cast<unsigned long long>(n.files), n.seconds, static_cast<unsigned long long>(n.sent.accepted),
                static_cast<unsigned long long>(n.sent.duplicate), static_cast<unsigned long long>(n.sent.quarantined),
                static_cast<unsigned long long>(n.sent.skipped),
                n.sent.confirmed > 0 ? fmt::format(", {} durable without figures", n.sent.confirmed).c_str() : "");
    return;
  }
  base::json_writer w;
  w.begin_object().member("files", n.files).member("records", n.records).member("bytes", n.bytes);
  w.member("accepted", n.sent.accepted).member("duplicate", n.sent.duplicate);
  w.member("quarantined", n.sent.quarantined).member("skipped", n.sent.skipped);
  w.member("confirmed", n.sent.confirmed).member("too_large", n.refused).member("resent", n.sent.resent);
  w.member("seconds", n.seconds).end_object();
  if (auto doc = server::json_document::parse(w.text(), "figures"))
    (void)print_one(f.remote, doc->root());
}

volatile std::sig_atomic_t asked_to_end = 0;

/// Until the user or the service manager ends it.
int run_on(const send_flags& f) {
  auto opened = open(f);
  if (!opened)
    return complain(opened.err());
  for (const int number : {SIGINT, SIGTERM})
    std::signal(number, [](int) { asked_to_end = 1; });
  client::follow_options how;
  how.paths = f.paths;
  how.unwrap = f.unwrap;
  how.columns = f.columns;
  how.positions = f.positions;
  how.stop = [] { return asked_to_end != 0; };
  how.pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds{200}); };
  how.complain = [](const base::error& e) { complain(e); };
  const auto began = std::chrono::steady_clock::now();
  const auto followed = client::follow(**opened, how);
  if (!followed)
    return complain(followed.err());
  if (auto ok = (*opened)->finish(); !ok)
    return complain(ok.err());
  figures n{followed->files, followed->records, followed->bytes, followed->refused, 0, {}};
  n.sent = (*opened)->totals();
  n.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  print_figures(f, n);
  return done;
}

int run(const send_flags& f) {
  if (auto ok = ingest::record_splitter::check(f.unwrap, f.columns); !ok)
    return complain(ok.err());
  if (!f.positions.empty() && !f.follow)
    return complain({base::ec::invalid_argument, "--positions is for --follow"});
  if (f.follow && (f.rate > 0 || std::ranges::count(f.paths, "-") > 0))
    return complain({base::ec::invalid_argument, "--follow takes no --rate, and no standard input: a pipe is followed "
                                                 "without it"});
  if (f.follow)
    return run_on(f);
  const auto list = io::find_log_files(f.paths);
  auto problems = list.problems;
  auto opened = open(f);
  if (!opened)
    return complain(opened.err());
  auto& to = **opened;

  const auto began = std::chrono::steady_clock::now();
  figures n;
  progress_bar bar{"send"};
  auto settled = began;
  replay::merge_options merging{f.unwrap};
  merging.columns = f.columns;
  merging.latest = io::real_clock().now() + base::limits::ahead;
  merging.progress = [&](std::uint64_t done) { bar.update(done, list.bytes_total); };
  n.files = list.files.size();
  auto sent = replay::read_merged(
      list.files, merging,
      [&](const ingest::split_record& r) {
        // The beginning of what is too large to be a record goes too: the node keeps it in quarantine.
        n.refused += r.problem.empty() ? 0 : 1;
        ++n.records;
        n.bytes += r.text.size();
        if (auto ok = to.add(r.text); !ok || f.rate == 0)
          return ok;
        // Few records fill no batch; they go once a second.
        const auto now = std::chrono::steady_clock::now();
        if (now - settled > std::chrono::seconds{1}) {
          settled = now;
          if (auto ok = to.settle(); !ok)
            return ok;
        }
        std::this_thread::sleep_until(began + std::chrono::microseconds{n.records * 1'000'000 / f.rate});
        return base::status{};
      },
      problems);
  if (sent)
    sent = to.finish();
  bar.finish();
  n.sent = to.totals();
  n.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  print_figures(f, n);
  std::fflush(stdout);
  for (const auto& p : problems)
    complain(p);
  if (!sent)
    return complain(sent.err());
  if (n.refused > 0)
    std::fprintf(stderr, "vedette: %llu records are larger than %zu MiB: only their beginning was sent, for quarantine\n",
                 static_cast<unsigned long long>(n.refused), base::limits::record_bytes >> 20U);
  if (n.sent.quarantined > 0)
    std::fprintf(stderr, "vedette: %llu records are in quarantine; see `vedette quarantine list`\n",
                 static_cast<unsigned long long>(n.sent.quarantined));
  return problems.empty() && n.sent.quarantined == 0 && n.refused == 0 ? done : input_trouble;
}

} // namespace

void add_send(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("send", "Push files into a running node");
  auto f = std::make_shared<send_flags>();
  c->footer("Example: vedette send ./cloudtrail/ --to tcp://collector.example.net:8471 --key-file acme.key");
  c->add_option("paths", f->paths, "Files, folders, or - for standard input; gz and zst are unpacked")->required();
  c->add_option("--to", f->to, "tcp://HOST:PORT, or http://HOST:PORT, or just http for the node that --server names. tcp: several, "
                              "tried in turn when one does not answer")
      ->capture_default_str()
      ->delimiter(',');
  c->add_option("--tenant", f->tenant, "Over HTTP, when the token sees several tenants");
  c->add_option("--key-file", f->key_file, "Collector key, for tcp beyond loopback")->type_name("FILE");
  c->add_option("--source", f->source, "Names this stream")->capture_default_str();
  c->add_flag("--follow", f->follow,
              "Go on with what is added to the files, over rotation, and with new files of folders, until ended");
  c->add_option("--positions", f->positions,
                "With --follow: remembers here what is durable, and goes on from there when started again")
      ->type_name("FILE");
  c->add_option("--rate", f->rate, "At most so many records a second; 0: as fast as the node takes them")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  c->add_option("--unwrap", f->unwrap, "JSON pointer that takes the record out of a wrapper; tried in order");
  c->add_option("--columns", f->columns, columns_help)->type_name("NAMES");
  add_remote_options(*c, f->remote);
  c->callback([f, &chosen] { chosen = [f] { return run(*f); }; });
}

} // namespace vedette::cli
