// `vedette send kafka://…`: topics of Kafka, and of Azure Event Hubs, into a node.
#include "nodes/vedette/sending.hpp"

#include "io/files/text_file.hpp"
#include "nodes/client/kafka/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace vedette::cli {

namespace {

constexpr std::string_view scheme = "kafka://";
constexpr std::size_t settings_bytes_max = 256 * 1024;

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (comma != 0)
      out.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return out;
}

base::result<io::kafka_settings> settings_of(const send_flags& f) {
  if (f.paths.size() != 1)
    return wrong("one kafka://… a run; it may name several topics, and more runs of one --group "
                 "share the work");
  if (f.follow || f.rate > 0 || !f.positions.empty())
    return wrong("kafka:// takes neither --follow, --rate nor --positions: Kafka keeps the "
                 "positions of the --group");
  const auto rest = std::string_view{f.paths.front()}.substr(scheme.size());
  const auto slash = rest.find('/');
  io::kafka_settings out;
  out.brokers = rest.substr(0, slash);
  out.topics = parts_of(slash == std::string_view::npos ? "" : rest.substr(slash + 1));
  out.group = f.group;
  if (out.brokers.empty() || out.topics.empty() || out.brokers.find('@') != std::string::npos)
    return wrong(fmt::format(
        "{}: write kafka://HOST:PORT[,HOST:PORT]/TOPIC[,TOPIC]; credentials stand in the file "
        "that --kafka-settings names",
        out.brokers.find('@') == std::string::npos ? f.paths.front() : "kafka://…"));
  if (f.kafka_settings.empty())
    return out;
  const auto text = io::read_text(f.kafka_settings, settings_bytes_max);
  if (!text)
    return text.err();
  auto more = io::read_kafka_settings(*text, f.kafka_settings);
  if (!more)
    return more.err();
  out.more = std::move(*more);
  return out;
}

} // namespace

bool names_topics(const send_flags& f) {
  return std::any_of(f.paths.begin(), f.paths.end(),
                     [](const auto& p) { return p.starts_with(scheme); });
}

void add_topic_options(CLI::App& c, send_flags& f) {
  const auto* group = "Kafka (kafka://HOST:PORT/TOPIC as a path)";
  c.add_option("--group", f.group, "Consumer group, which keeps the positions")
      ->capture_default_str()
      ->group(group);
  c.add_option("--kafka-settings", f.kafka_settings,
               "Lines NAME=VALUE with librdkafka's settings, for TLS and credentials: "
               "security.protocol, sasl.password …")
      ->type_name("FILE")
      ->group(group);
}

int send_topics(const send_flags& f) {
  client::kafka_options how;
  auto settings = settings_of(f);
  if (!settings)
    return complain(settings.err());
  how.kafka = std::move(*settings);
  how.unwrap = f.unwrap;
  how.columns = f.columns;
  how.until_empty = f.until_empty;
  how.stop = asked_to_end;
  how.complain = [](const base::error& e) { complain(e); };
  auto to = open_sender(f);
  if (!to)
    return complain(to.err());
  end_when_asked();
  const auto began = std::chrono::steady_clock::now();
  const auto read = client::read_kafka(**to, how);
  auto done = read ? (*to)->finish() : base::status{read.err()};
  send_figures n;
  if (read) {
    n = {read->values, read->records, read->bytes, read->refused, 0, {}, {}};
    n.more = {{"groups", read->groups}, {"pauses", read->pauses}};
  }
  n.sent = (*to)->totals();
  n.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  print_figures(f, n);
  const bool fine = tell_of_trouble(n);
  if (!done)
    return complain(done.err());
  return fine ? cli::done : input_trouble;
}

} // namespace vedette::cli
