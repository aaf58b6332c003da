// Topics of Kafka into a node: a position is committed once everything before it is durable there.
//
// The caller's thread speaks with Kafka, another one sends; between them waits one group. While the
// node takes nothing, partitions are paused and the membership in the group goes on. A partition
// that is taken away is given when what was sent of it is durable and committed.
#pragma once

#include "nodes/client/kafka/groups.hpp"
#include "nodes/client/sender.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vedette::client {

struct kafka_options {
  io::kafka_settings kafka;
  std::vector<std::string> unwrap;
  std::string columns;        ///< of lines without a header, as record_splitter's
  bool until_empty = false;   ///< ends when all partitions are read to their end
  std::function<bool()> stop; ///< true: end once what was sent is durable
  std::function<void(const base::error&)> complain;
};

struct kafka_totals {
  std::uint64_t values = 0, records = 0, bytes = 0, groups = 0;
  std::uint64_t refused = 0; ///< records too large: only their beginning was sent
  std::uint64_t pauses = 0;
};

/// How long a first answer of a broker is waited for.
inline constexpr std::chrono::seconds kafka_join_patience{60};

/// Errors: of the sender, and of Kafka those that do not pass.
[[nodiscard]] base::result<kafka_totals> read_kafka(sender& to, const kafka_options& how);

} // namespace vedette::client
