// Pushes files into a running node, over ZeroMQ or HTTP.
#include "nodes/vedette/sending.hpp"

#include "base/limits.hpp"
#include "ingest/record_splitter.hpp"
#include "io/clock/clock.hpp"
#include "io/files/log_files.hpp"
#include "nodes/client/follower.hpp"
#include "nodes/replay/merged_files.hpp"
#include "nodes/vedette/output/progress.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

namespace vedette::cli {

namespace {

/// Until the user or the service manager ends it.
int run_on(const send_flags& f) {
  auto opened = open_sender(f);
  if (!opened)
    return complain(opened.err());
  end_when_asked();
  client::follow_options how;
  how.paths = f.paths;
  how.unwrap = f.unwrap;
  how.columns = f.columns;
  how.positions = f.positions;
  how.stop = asked_to_end;
  how.pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds{200}); };
  how.complain = [](const base::error& e) { complain(e); };
  const auto began = std::chrono::steady_clock::now();
  const auto followed = client::follow(**opened, how);
  if (!followed)
    return complain(followed.err());
  if (auto ok = (*opened)->finish(); !ok)
    return complain(ok.err());
  send_figures n{followed->files, followed->records, followed->bytes, followed->refused, 0, {}, {}};
  n.sent = (*opened)->totals();
  n.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  print_figures(f, n);
  return done;
}

int run(const send_flags& f) {
  if (auto ok = ingest::record_splitter::check(f.unwrap, f.columns); !ok)
    return complain(ok.err());
  if (names_topics(f))
    return send_topics(f);
  if (names_objects(f))
    return send_objects(f);
  if (f.paths.empty())
    return complain({base::ec::invalid_argument, "name files or folders, s3://BUCKET/PREFIX, "
                                                 "kafka://HOST:PORT/TOPIC, or a queue with --sqs"});
  if (!f.positions.empty() && !f.follow)
    return complain({base::ec::invalid_argument, "--positions is for --follow, and for objects"});
  if (f.follow && (f.rate > 0 || std::ranges::count(f.paths, "-") > 0))
    return complain({base::ec::invalid_argument,
                     "--follow takes no --rate, and no standard input: a pipe is followed "
                     "without it"});
  if (f.follow)
    return run_on(f);
  const auto list = io::find_log_files(f.paths);
  auto problems = list.problems;
  auto opened = open_sender(f);
  if (!opened)
    return complain(opened.err());
  auto& to = **opened;

  const auto began = std::chrono::steady_clock::now();
  send_figures n;
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
        // The beginning of what is too large to be a record goes too: the node keeps it in
        // quarantine.
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
        std::this_thread::sleep_until(began +
                                      std::chrono::microseconds{n.records * 1'000'000 / f.rate});
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
  const bool fine = tell_of_trouble(n);
  if (!sent)
    return complain(sent.err());
  return problems.empty() && fine ? done : input_trouble;
}

} // namespace

void add_send(CLI::App& app, action& chosen) {
  auto* c = app.add_subcommand("send",
                               "Push files, objects of S3 or topics of Kafka into a running node");
  auto f = std::make_shared<send_flags>();
  c->footer("Example: vedette send ./cloudtrail/ --to tcp://collector.example.net:8471 --key-file "
            "acme.key");
  c->add_option("paths", f->paths,
                "Files, folders, - for standard input, s3://BUCKET/PREFIX, or "
                "kafka://HOST:PORT/TOPIC; gz and zst are unpacked");
  c->add_option("--to", f->to,
                "tcp://HOST:PORT, or http://HOST:PORT, or just http for the node that --server "
                "names. tcp: several, "
                "tried in turn when one does not answer")
      ->capture_default_str()
      ->delimiter(',')
      ->allow_extra_args(false);
  c->add_option("--tenant", f->tenant, "Over HTTP, when the token sees several tenants");
  c->add_option("--key-file", f->key_file, "Collector key, for tcp beyond loopback")
      ->type_name("FILE");
  c->add_option("--source", f->source, "Names this stream")->capture_default_str();
  c->add_flag("--follow", f->follow,
              "Go on with what is added to the files, over rotation, and with new files of "
              "folders, until ended");
  c->add_option("--positions", f->positions,
                "With --follow, and for objects: remembers here what is durable, and goes on from "
                "there when started again")
      ->type_name("FILE");
  c->add_option("--rate", f->rate,
                "At most so many records a second; 0: as fast as the node takes them")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  c->add_option("--unwrap", f->unwrap,
                "JSON pointer that takes the record out of a wrapper; tried in order")
      ->allow_extra_args(false);
  c->add_option("--columns", f->columns, columns_help)->type_name("NAMES");
  add_object_options(*c, *f);
  add_topic_options(*c, *f);
  add_remote_options(*c, f->remote);
  c->callback([f, &chosen] { chosen = [f] { return run(*f); }; });
}

} // namespace vedette::cli
