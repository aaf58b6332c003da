// What every way of `vedette send` shares: where records go, and the figures at the end.
#pragma once

#include "base/result.hpp"
#include "nodes/client/sender.hpp"
#include "nodes/vedette/remote.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vedette::cli {

struct send_flags {
  remote_flags remote;
  std::vector<std::string> paths, unwrap;
  std::string columns; ///< of lines without a header, as record_splitter's
  std::vector<std::string> to = {"tcp://127.0.0.1:8471"};
  std::string tenant, key_file, source = "send";
  std::uint64_t rate = 0; ///< records a second; 0: as fast as they are taken
  bool follow = false;
  std::string positions;

  // Objects and queues: docs/sources/s3.md.
  std::string queue, since, until, endpoint_url, region, profile;
  bool until_empty = false;
  int connections = 16;

  // Kafka: docs/sources/kafka.md.
  std::string group = "vedette", kafka_settings;
};

struct send_figures {
  std::uint64_t files = 0, records = 0, bytes = 0, refused = 0;
  double seconds = 0;
  client::sent_totals sent;
  std::vector<std::pair<std::string, std::uint64_t>> more; ///< of one way of sending only
};

[[nodiscard]] base::result<std::unique_ptr<client::sender>> open_sender(const send_flags& f);
/// What was asked for cannot be.
[[nodiscard]] inline base::error wrong(std::string why) {
  return {base::ec::invalid_argument, std::move(why)};
}
void print_figures(const send_flags& f, const send_figures& n);
/// After the figures, on stderr: what was too large and what is in quarantine. True when nothing.
bool tell_of_trouble(const send_figures& n);

/// From now on SIGINT and SIGTERM only make `asked_to_end` true.
void end_when_asked();
[[nodiscard]] bool asked_to_end() noexcept;

/// The other ways, chosen by what the paths look like and by --sqs.
[[nodiscard]] bool names_objects(const send_flags& f);
int send_objects(const send_flags& f);
void add_object_options(CLI::App& command, send_flags& f);
[[nodiscard]] bool names_topics(const send_flags& f);
int send_topics(const send_flags& f);
void add_topic_options(CLI::App& command, send_flags& f);

} // namespace vedette::cli
