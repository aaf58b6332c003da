#include "tests/processes/kafka_cluster.hpp"

#include "tests/support/catch.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <utility>
#include <vector>

namespace vedette::test {

namespace {

rd_kafka_t* client(rd_kafka_type_t type,
                   const std::vector<std::pair<const char*, std::string>>& settings) {
  char why[256] = {};
  auto* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : settings)
    REQUIRE(rd_kafka_conf_set(conf, name, value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK);
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  auto* out = rd_kafka_new(type, conf, why, sizeof why);
  INFO(why);
  REQUIRE(out != nullptr);
  return out;
}

} // namespace

struct kafka_cluster::impl {
  rd_kafka_t* producer = client(
      RD_KAFKA_PRODUCER,
      {{"test.mock.num.brokers", "3"}, {"linger.ms", "1"}, {"reconnect.backoff.max.ms", "500"}});
  rd_kafka_mock_cluster_t* mock = rd_kafka_handle_mock_cluster(producer);
  ~impl() { rd_kafka_destroy(producer); }
};

kafka_cluster::kafka_cluster() : impl_{std::make_unique<impl>()} {
  REQUIRE(impl_->mock != nullptr);
}
kafka_cluster::~kafka_cluster() = default;

std::string kafka_cluster::brokers() const {
  return rd_kafka_mock_cluster_bootstraps(impl_->mock);
}

void kafka_cluster::make_topic(const std::string& topic, int partitions) {
  REQUIRE(rd_kafka_mock_topic_create(impl_->mock, topic.c_str(), partitions, 3) ==
          RD_KAFKA_RESP_ERR_NO_ERROR);
}

void kafka_cluster::put(const std::string& topic, int partition, const std::string* value) {
  void* bytes = value == nullptr ? nullptr : const_cast<char*>(value->data());
  const std::size_t size = value == nullptr ? 0 : value->size();
  const auto failed = rd_kafka_producev(
      impl_->producer, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(bytes, size), RD_KAFKA_V_END);
  REQUIRE(failed == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_poll(impl_->producer, 0);
  if (rd_kafka_outq_len(impl_->producer) > 1000)
    REQUIRE(rd_kafka_flush(impl_->producer, 60'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void kafka_cluster::flush() {
  REQUIRE(rd_kafka_flush(impl_->producer, 60'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

std::int64_t kafka_cluster::committed(const std::string& group, const std::string& topic,
                                      int partition) const {
  auto* asker = client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers()}, {"group.id", group}});
  auto* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
  const auto failed = rd_kafka_committed(asker, list, 10'000);
  const auto offset = list->elems[0].offset;
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(asker);
  REQUIRE(failed == RD_KAFKA_RESP_ERR_NO_ERROR);
  return offset >= 0 ? offset : -1;
}

void kafka_cluster::move_leader(const std::string& topic, int partition, int broker) {
  REQUIRE(rd_kafka_mock_partition_set_leader(impl_->mock, topic.c_str(), partition, broker) ==
          RD_KAFKA_RESP_ERR_NO_ERROR);
}
void kafka_cluster::refuse_commits(int times) {
  constexpr std::int16_t offset_commit = 8; // the protocol's number of the request
  for (int i = 0; i < times; ++i)
    rd_kafka_mock_push_request_errors(impl_->mock, offset_commit, 1,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE);
}

} // namespace vedette::test
