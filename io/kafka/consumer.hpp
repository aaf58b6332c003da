// Records of Kafka's topics as a member of a consumer group; also Azure Event Hubs and whatever
// else speaks the protocol. A thin door to librdkafka, which does the work.
//
// Nothing is committed but by `commit`. Holds what the library has fetched ahead, at most
// `kafka_ahead_bytes`. One thread owns it; `poll` must be called at least every few minutes, also
// while `paused`, or the group gives its partitions to others.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io {

inline constexpr std::size_t kafka_ahead_bytes = std::size_t{32} << 20;

struct kafka_settings {
  std::string brokers; ///< "host:9092,host:9092"
  std::vector<std::string> topics;
  std::string group;
  /// librdkafka's own, by name: security.protocol, sasl.password …
  std::map<std::string, std::string> more;
};

/// Lines "name = value" of a file, '#' begins a comment. Error invalid_argument: no such line, or a
/// setting that is ours to make; never with a value in its text. `what` names the file.
[[nodiscard]] base::result<std::map<std::string, std::string>>
read_kafka_settings(std::string_view text, std::string_view what);

struct kafka_place {
  std::string topic;
  std::int32_t partition = 0;
  friend auto operator<=>(const kafka_place&, const kafka_place&) = default;
};

/// Where a group is in a partition: the next offset, and what it noted beside it.
struct kafka_position {
  std::int64_t offset = 0;
  std::string note;
};

struct kafka_record {
  kafka_place place;
  std::int64_t offset = 0;
  std::optional<std::string> value; ///< nothing: a tombstone
};

struct kafka_handler {
  /// Ours from now on; what was committed of each, where there is something.
  std::function<void(const std::map<kafka_place, std::optional<kafka_position>>&)> given;
  /// Ours until this returns: the last chance to commit.
  std::function<void(const std::vector<kafka_place>&)> taken;
  /// Others have them already.
  std::function<void(const std::vector<kafka_place>&)> lost;
  /// Something is wrong that the library goes on after.
  std::function<void(const base::error&)> complain;
};

class kafka_consumer {
 public:
  /// Errors: invalid_argument, with the name of the setting.
  [[nodiscard]] static base::result<std::unique_ptr<kafka_consumer>> open(kafka_settings settings,
                                                                          kafka_handler handler);
  ~kafka_consumer(); ///< leaves the group; `taken` is called no more
  kafka_consumer(const kafka_consumer&) = delete;
  kafka_consumer& operator=(const kafka_consumer&) = delete;

  /// The next record, when there is one within `patience`; calls the handler from in here. Errors
  /// that do not pass: denied (credentials, permissions), not_found (topic), invalid_argument.
  [[nodiscard]] base::result<std::optional<kafka_record>> poll(std::chrono::milliseconds patience);
  /// Keeps what is committed for the group. Error: unavailable, stale_epoch (not ours any more).
  [[nodiscard]] base::status commit(const std::map<kafka_place, kafka_position>& positions);
  /// No more records of any partition until `resume`.
  void pause();
  void resume();

  /// Partitions that are ours, and of those the ones read to their end.
  [[nodiscard]] std::size_t assigned() const noexcept;
  [[nodiscard]] bool at_the_end() const noexcept;
  /// Whether a broker ever gave this group a say.
  [[nodiscard]] bool joined() const noexcept;
  /// What the library said last of the brokers, for who waits in vain; empty when nothing.
  [[nodiscard]] const std::string& trouble() const noexcept;

 private:
  struct impl;
  explicit kafka_consumer(std::unique_ptr<impl> i);
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::io
