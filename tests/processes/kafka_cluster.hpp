// A Kafka of the test's own: librdkafka's mock of three brokers, in this process, on loopback.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace vedette::test {

class kafka_cluster {
 public:
  kafka_cluster();
  ~kafka_cluster();
  kafka_cluster(const kafka_cluster&) = delete;
  kafka_cluster& operator=(const kafka_cluster&) = delete;

  /// "host:port,…"
  [[nodiscard]] std::string brokers() const;
  void make_topic(const std::string& topic, int partitions);
  /// Kept once `flush` returns; `value` null is a tombstone.
  void put(const std::string& topic, int partition, const std::string* value);
  void put(const std::string& topic, int partition, const std::string& value) {
    put(topic, partition, &value);
  }
  void flush();
  /// The next offset of a group; -1: nothing was committed.
  [[nodiscard]] std::int64_t committed(const std::string& group, const std::string& topic,
                                       int partition) const;
  void move_leader(const std::string& topic, int partition, int broker);
  /// The next commits of whichever group are refused, for now.
  void refuse_commits(int times);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::test
