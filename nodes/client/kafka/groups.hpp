// Records of Kafka's partitions put into the groups in which they are sent; after a crash into the
// very same ones.
//
// Before a group is sent its end is noted beside the group's position in Kafka ("the next group
// ends at offset 41"); whoever is given the partition next, on whatever machine, makes that group
// again, and the cluster knows it by its name. Holds what it was given, which `full` bounds. Pure.
#pragma once

#include "io/kafka/consumer.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vedette::client {

struct kafka_group {
  io::kafka_place place;
  std::int64_t first = 0, last = 0; ///< offsets
  std::vector<std::string> values;
  std::size_t bytes = 0;

  /// Made of where it is and how much, so that another group never has it.
  [[nodiscard]] std::string name() const;
  /// What is noted before it is sent.
  [[nodiscard]] std::string note() const;
};

class kafka_groups {
 public:
  using time = std::chrono::steady_clock::time_point;

  static constexpr std::size_t group_records = 1000;
  static constexpr std::size_t group_bytes = std::size_t{1} << 20;
  static constexpr std::size_t held_bytes_max = std::size_t{32} << 20;
  static constexpr std::chrono::milliseconds linger{100};
  /// For the rest of a group that was noted: it may be gone from Kafka.
  static constexpr std::chrono::seconds noted_patience{5};

  void given(const io::kafka_place& place, const std::optional<io::kafka_position>& committed);
  void drop(const io::kafka_place& place);
  void add(io::kafka_record record, time now);
  /// The one that waits for longest, of those that are ready.
  [[nodiscard]] std::optional<kafka_group> take(time now);

  /// Enough is held.
  [[nodiscard]] bool full() const noexcept { return held_ >= held_bytes_max; }
  [[nodiscard]] bool half_full() const noexcept { return held_ >= held_bytes_max / 2; }
  [[nodiscard]] bool empty() const noexcept;

 private:
  struct open_group {
    kafka_group group;
    time began;
    bool closed = false;
    bool noted = false;
  };
  struct partition {
    std::deque<open_group> groups; ///< only the last is not closed
    std::optional<std::int64_t> noted_last;
  };
  [[nodiscard]] static bool ready(const open_group& g, time now);
  open_group& open_for(partition& p, const io::kafka_record& r, time now);

  std::map<io::kafka_place, partition> partitions_;
  std::size_t held_ = 0;
};

} // namespace vedette::client
