#include "io/kafka/consumer.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <cstdlib>

namespace vedette::io {

namespace {

using base::ec;
using base::error;

struct partition_list_deleter {
  void operator()(rd_kafka_topic_partition_list_t* l) const {
    rd_kafka_topic_partition_list_destroy(l);
  }
};
using partition_list = std::unique_ptr<rd_kafka_topic_partition_list_t, partition_list_deleter>;

partition_list new_list(std::size_t size) {
  return partition_list{rd_kafka_topic_partition_list_new(static_cast<int>(size))};
}

std::vector<kafka_place> places_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<kafka_place> out;
  for (int i = 0; i < list->cnt; ++i)
    out.push_back({list->elems[i].topic, list->elems[i].partition});
  return out;
}

/// What does not pass by itself, and what to do about it.
std::optional<error> final_error(rd_kafka_resp_err_t code, const std::string& text) {
  switch (code) {
  case RD_KAFKA_RESP_ERR__AUTHENTICATION:
  case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    return error{ec::denied, fmt::format("reading from Kafka: {}; check sasl.username, "
                                         "sasl.password and security.protocol in the settings file",
                                         text)};
  case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
  case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    return error{ec::denied, fmt::format("reading from Kafka: {}; the user needs READ on the topic "
                                         "and on the group",
                                         text)};
  case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
  case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    return error{ec::not_found,
                 fmt::format("reading from Kafka: {}; check the topic's name", text)};
  case RD_KAFKA_RESP_ERR__SSL:
    return error{ec::denied, fmt::format("reading from Kafka: {}; check ssl.ca.location in the "
                                         "settings file, and whether the port speaks TLS",
                                         text)};
  case RD_KAFKA_RESP_ERR__FATAL:
    return error{ec::io, fmt::format("reading from Kafka: {}", text)};
  default:
    return std::nullopt;
  }
}

} // namespace

struct kafka_consumer::impl {
  kafka_handler handler;
  rd_kafka_t* handle = nullptr;
  std::map<kafka_place, bool> ours; ///< whether it was read to its end
  bool joined = false, paused = false, leaving = false;
  std::string trouble;
  std::optional<error> failed;

  ~impl() {
    leaving = true;
    if (handle == nullptr)
      return;
    rd_kafka_consumer_close(handle);
    rd_kafka_destroy(handle);
  }

  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t what,
                           rd_kafka_topic_partition_list_t* list, void* self) {
    static_cast<impl*>(self)->rebalance(what, list);
  }
  static void on_error(rd_kafka_t*, int code, const char* text, void* self) {
    auto& me = *static_cast<impl*>(self);
    me.trouble = text;
    // Before the group has us this may be all that is ever heard; later the library goes on alone.
    if (auto final = final_error(static_cast<rd_kafka_resp_err_t>(code), text);
        final && !me.joined && !me.failed)
      me.failed = *final;
    else if (me.joined && !me.leaving && me.handler.complain)
      me.handler.complain(
          {ec::unavailable, fmt::format("reading from Kafka: {}; trying on", text)});
  }
  /// Its log lines say again what the callbacks said.
  static void on_log(const rd_kafka_t*, int, const char*, const char*) {}

  void rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* list) {
    const auto places = places_of(list);
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      joined = true;
      trouble.clear();
      take_over(list, places);
      rd_kafka_assign(handle, list);
      if (paused)
        rd_kafka_pause_partitions(handle, list);
      return;
    }
    if (!leaving) {
      const auto& tell = rd_kafka_assignment_lost(handle) != 0 ? handler.lost : handler.taken;
      if (tell)
        tell(places);
    }
    for (const auto& p : places)
      ours.erase(p);
    rd_kafka_assign(handle, nullptr);
  }

  void take_over(rd_kafka_topic_partition_list_t* list, const std::vector<kafka_place>& places) {
    std::map<kafka_place, std::optional<kafka_position>> given;
    for (const auto& p : places) {
      ours[p] = false;
      given[p] = std::nullopt;
    }
    const partition_list asked{rd_kafka_topic_partition_list_copy(list)};
    // When it cannot be asked now, the library asks again before it reads; only the notes are lost.
    if (rd_kafka_committed(handle, asked.get(), 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR)
      for (int i = 0; i < asked->cnt; ++i) {
        const auto& e = asked->elems[i];
        if (e.err == RD_KAFKA_RESP_ERR_NO_ERROR && e.offset >= 0)
          given[{e.topic, e.partition}] =
              kafka_position{e.offset, {static_cast<const char*>(e.metadata), e.metadata_size}};
      }
    if (handler.given)
      handler.given(given);
  }

  partition_list all() const {
    auto out = new_list(ours.size());
    for (const auto& [place, ended] : ours)
      rd_kafka_topic_partition_list_add(out.get(), place.topic.c_str(), place.partition);
    return out;
  }

  base::result<std::optional<kafka_record>> judge(const rd_kafka_message_t& m) {
    const std::string topic = m.rkt != nullptr ? rd_kafka_topic_name(m.rkt) : "";
    const kafka_place place{topic, m.partition};
    if (m.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      kafka_record out{place, m.offset, std::nullopt};
      if (m.payload != nullptr)
        out.value.emplace(static_cast<const char*>(m.payload), m.len);
      if (const auto at = ours.find(place); at != ours.end())
        at->second = false;
      return std::optional{std::move(out)};
    }
    if (m.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (const auto at = ours.find(place); at != ours.end())
        at->second = true;
      return std::optional<kafka_record>{};
    }
    if (auto final = final_error(m.err, rd_kafka_message_errstr(&m)))
      return *final;
    // One batch that does not unpack, say: the library goes on behind it.
    if (handler.complain)
      handler.complain(
          {ec::corrupt, fmt::format("reading {}[{}] of Kafka at offset {}: {}; going on "
                                    "behind it",
                                    topic, m.partition, m.offset, rd_kafka_message_errstr(&m))});
    return std::optional<kafka_record>{};
  }
};

kafka_consumer::kafka_consumer(std::unique_ptr<impl> i) : impl_{std::move(i)} {}
kafka_consumer::~kafka_consumer() = default;

base::result<std::unique_ptr<kafka_consumer>> kafka_consumer::open(kafka_settings settings,
                                                                   kafka_handler handler) {
  auto made = std::make_unique<impl>();
  made->handler = std::move(handler);
  std::map<std::string, std::string> all{
      // Overridden by the file: the rest is about which copy of the promise a user wants.
      {"auto.offset.reset", "earliest"},
      {"client.id", "vedette"},
      {"fetch.message.max.bytes", "4194304"},
      {"queued.max.messages.kbytes", std::to_string(kafka_ahead_bytes >> 10U)},
      // After a crash nobody reads its partitions for so long.
      {"session.timeout.ms", "10000"},
  };
  for (const auto& [name, value] : settings.more)
    all[name] = value;
  all["bootstrap.servers"] = settings.brokers;
  all["group.id"] = settings.group;
  all["enable.auto.commit"] = "false";
  all["enable.auto.offset.store"] = "false";
  all["enable.partition.eof"] = "true";
  // Whole sets of partitions change hands; see `rebalance`.
  all["partition.assignment.strategy"] = "range,roundrobin";
  char why[512] = {};
  auto* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : all)
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      // The library's text repeats the value, which may be a secret.
      return error{ec::invalid_argument,
                   fmt::format("setting up Kafka: librdkafka has no setting '{}', or not with this "
                               "value; see its CONFIGURATION.md",
                               name)};
    }
  rd_kafka_conf_set_opaque(conf, made.get());
  rd_kafka_conf_set_rebalance_cb(conf, &impl::on_rebalance);
  rd_kafka_conf_set_error_cb(conf, &impl::on_error);
  rd_kafka_conf_set_log_cb(conf, &impl::on_log);
  made->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
  if (made->handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return error{ec::invalid_argument, fmt::format("setting up Kafka: {}", why)};
  }
  rd_kafka_poll_set_consumer(made->handle);
  auto topics = new_list(settings.topics.size());
  for (const auto& t : settings.topics)
    rd_kafka_topic_partition_list_add(topics.get(), t.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto failed = rd_kafka_subscribe(made->handle, topics.get());
      failed != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error{ec::invalid_argument,
                 fmt::format("subscribing to Kafka: {}", rd_kafka_err2str(failed))};
  return std::unique_ptr<kafka_consumer>{new kafka_consumer{std::move(made)}};
}

base::result<std::optional<kafka_record>> kafka_consumer::poll(std::chrono::milliseconds patience) {
  struct message_deleter {
    void operator()(rd_kafka_message_t* m) const { rd_kafka_message_destroy(m); }
  };
  const std::unique_ptr<rd_kafka_message_t, message_deleter> m{
      rd_kafka_consumer_poll(impl_->handle, static_cast<int>(patience.count()))};
  if (impl_->failed)
    return *impl_->failed;
  if (!m)
    return std::optional<kafka_record>{};
  return impl_->judge(*m);
}

base::status kafka_consumer::commit(const std::map<kafka_place, kafka_position>& positions) {
  if (positions.empty())
    return {};
  auto list = new_list(positions.size());
  for (const auto& [place, position] : positions) {
    auto* e = rd_kafka_topic_partition_list_add(list.get(), place.topic.c_str(), place.partition);
    e->offset = position.offset;
    // The library frees it.
    e->metadata = position.note.empty() ? nullptr : ::malloc(position.note.size());
    e->metadata_size = e->metadata == nullptr ? 0 : position.note.size();
    if (e->metadata != nullptr)
      position.note.copy(static_cast<char*>(e->metadata), position.note.size());
  }
  const auto failed = rd_kafka_commit(impl_->handle, list.get(), 0);
  if (failed == RD_KAFKA_RESP_ERR_NO_ERROR)
    return {};
  const bool others = failed == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
                      failed == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
                      failed == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
                      failed == RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST;
  return error{others ? ec::stale_epoch : ec::unavailable,
               fmt::format("committing positions to Kafka: {}; what they stand for is durable here "
                           "and is recognised when it comes again",
                           rd_kafka_err2str(failed))};
}

void kafka_consumer::pause() {
  impl_->paused = true;
  rd_kafka_pause_partitions(impl_->handle, impl_->all().get());
}
void kafka_consumer::resume() {
  impl_->paused = false;
  rd_kafka_resume_partitions(impl_->handle, impl_->all().get());
}

std::size_t kafka_consumer::assigned() const noexcept {
  return impl_->ours.size();
}
bool kafka_consumer::at_the_end() const noexcept {
  for (const auto& [place, ended] : impl_->ours)
    if (!ended)
      return false;
  return impl_->joined;
}
bool kafka_consumer::joined() const noexcept {
  return impl_->joined;
}
const std::string& kafka_consumer::trouble() const noexcept {
  return impl_->trouble;
}

} // namespace vedette::io
