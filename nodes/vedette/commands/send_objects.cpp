// `vedette send s3://…` and `--sqs`: objects of S3 and of what speaks its protocol, into a node.
#include "nodes/vedette/sending.hpp"

#include "io/clock/clock.hpp"
#include "nodes/client/objects/backfill.hpp"
#include "nodes/client/objects/queue.hpp"
#include "nodes/vedette/output/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace vedette::cli {

namespace {

bool is_place(const std::string& path) {
  return path.starts_with("s3://");
}

base::status read_time(const std::string& flag, const std::string& text,
                       std::optional<base::event_time>& out) {
  if (text.empty())
    return {};
  // A day alone is its beginning.
  out = base::parse_rfc3339(text.size() == 10 ? text + "T00:00:00Z" : text);
  return out ? base::status{}
             : wrong(fmt::format("{} {}: write 2026-01-02 or 2026-01-02T03:04:05Z", flag, text));
}

base::result<client::backfill_options> read_options(const send_flags& f) {
  client::backfill_options how;
  if (f.follow || f.rate > 0)
    return wrong(
        "objects take neither --follow nor --rate: what comes new is told by a queue, --sqs");
  if (!f.queue.empty() && (!f.paths.empty() || !f.since.empty() || !f.until.empty()))
    return wrong("--sqs says what is to be read: it takes no paths, --since or --until");
  for (const auto& path : f.paths) {
    auto place = io::parse_s3_url(path);
    if (!place)
      return wrong(place.err().context + "; files and objects are sent by two runs");
    how.places.push_back(std::move(*place));
  }
  if (auto ok = read_time("--since", f.since, how.since); !ok)
    return ok.err();
  if (auto ok = read_time("--until", f.until, how.until); !ok)
    return ok.err();
  how.stop = asked_to_end;
  return how;
}

send_figures figures_of(const client::object_totals& t) {
  send_figures n;
  n.files = t.objects;
  n.records = t.records;
  n.bytes = t.bytes;
  n.refused = t.refused;
  n.more = {{"known", t.known},
            {"gone", t.gone},
            {"failed", t.failed},
            {"left_out", t.left_out},
            {"damaged", t.damaged}};
  return n;
}

/// One run, once everything that it needs is there.
struct object_run {
  const send_flags& f;
  client::backfill_options how;
  io::aws_settings aws;
  std::shared_ptr<io::aws_credential_chain> chain;
  client::object_ledger ledger;
  std::unique_ptr<client::sender> to;

  [[nodiscard]] io::s3_client objects() const { return {aws, chain}; }
  client::object_reader_options reading() const {
    client::object_reader_options r;
    r.unwrap = f.unwrap;
    r.columns = f.columns;
    r.complain = [](const base::error& e) { complain(e); };
    r.now = [] { return io::real_clock().now(); };
    return r;
  }

  base::status list_and_send(client::object_fetcher& from, send_figures& n) {
    client::object_reader reader{*to, ledger, objects(), reading()};
    auto done = client::finish_last_run(reader, from, ledger, asked_to_end);
    auto client = objects();
    std::uint64_t known = 0;
    if (done && !asked_to_end()) {
      auto list = client::list_objects(client, ledger, how);
      if (!list)
        return list.err();
      known = list->known;
      progress_bar bar{"send"};
      how.progress = [&](std::uint64_t some, std::uint64_t all) { bar.update(some, all); };
      done = client::backfill(reader, from, std::move(*list), how);
      bar.finish();
    }
    n = figures_of(reader.totals());
    n.more.front().second += known;
    return done;
  }

  base::status follow_queue(client::object_fetcher& from, send_figures& n) {
    client::queue_options q;
    q.open = [this] { return io::sqs_client::open(f.queue, aws, chain); };
    q.until_empty = f.until_empty;
    q.stop = asked_to_end;
    q.complain = [](const base::error& e) { complain(e); };
    client::queue_reader queue{std::move(q), from};
    auto r = reading();
    r.complain = [&](const base::error& e) { queue.complain(e); };
    r.tell = [&](const auto& object, auto what) { queue.tell(object, what); };
    client::object_reader reader{*to, ledger, objects(), std::move(r)};
    auto done = client::finish_last_run(reader, from, ledger, asked_to_end);
    if (done && !asked_to_end())
      done = queue.run(reader);
    n = figures_of(reader.totals());
    const auto t = queue.totals();
    n.more.insert(
        n.more.end(),
        {{"messages", t.messages}, {"messages_deleted", t.deleted}, {"messages_left", t.left}});
    return done;
  }
};

} // namespace

bool names_objects(const send_flags& f) {
  return !f.queue.empty() || std::any_of(f.paths.begin(), f.paths.end(), is_place);
}

void add_object_options(CLI::App& c, send_flags& f) {
  const auto* group = "Objects (s3://BUCKET/PREFIX as a path, or --sqs)";
  c.add_option("--sqs", f.queue,
               "URL of the queue that announces new objects; a message is deleted once its objects "
               "are durable")
      ->group(group);
  c.add_flag("--until-empty", f.until_empty,
             "With --sqs and kafka://: end when nothing comes any more")
      ->group(group);
  c.add_option("--since", f.since,
               "Only objects of this time or later: by their name, else when they were put there")
      ->type_name("TIME")
      ->group(group);
  c.add_option("--until", f.until, "Only objects from before this time")
      ->type_name("TIME")
      ->group(group);
  c.add_option(
       "--endpoint-url", f.endpoint_url,
       "Another service than AWS; with {bucket} in it where names of buckets go into the host")
      ->group(group);
  c.add_option("--region", f.region, "Else AWS_REGION, or the profile's")->group(group);
  c.add_option("--profile", f.profile, "Of ~/.aws; credentials are found as AWS's tools find them")
      ->group(group);
  c.add_option("--connections", f.connections, "Objects read side by side")
      ->check(CLI::Range(1, 256))
      ->capture_default_str()
      ->group(group);
}

int send_objects(const send_flags& f) {
  auto how = read_options(f);
  if (!how)
    return complain(how.err());
  auto aws = io::complete({client::from_process, f.profile, f.region, f.endpoint_url});
  if (!aws)
    return complain(aws.err());
  auto chain = std::make_shared<io::aws_credential_chain>(*aws);
  const auto now = io::real_clock().now();
  if (auto by = chain->get(now); !by)
    return complain(by.err());
  auto ledger = client::object_ledger::open(f.positions, now);
  if (!ledger)
    return complain(ledger.err());
  auto to = open_sender(f);
  if (!to)
    return complain(to.err());
  end_when_asked();
  object_run run{
      f, std::move(*how), std::move(*aws), std::move(chain), std::move(*ledger), std::move(*to)};
  client::object_fetcher from{[&] { return run.objects(); }, f.connections};
  const auto began = std::chrono::steady_clock::now();
  send_figures n;
  auto done = f.queue.empty() ? run.list_and_send(from, n) : run.follow_queue(from, n);
  if (done)
    done = run.to->finish();
  n.sent = run.to->totals();
  n.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  print_figures(f, n);
  const bool fine = tell_of_trouble(n);
  if (!done)
    return complain(done.err());
  const bool all_read = std::ranges::all_of(n.more, [](const auto& m) {
    return m.second == 0 || (m.first != "failed" && m.first != "damaged" && m.first != "gone");
  });
  return fine && all_read ? cli::done : input_trouble;
}

} // namespace vedette::cli
