#include "io/zmq/alert_publisher.hpp"

#include "io/zmq/sockets.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

namespace vedette::io {
namespace {

struct queued_alert {
  std::string topic;
  std::string number;
  std::string json;
};

} // namespace

std::string alert_topic(const base::tenant_id& tenant, base::severity severity,
                        const base::rule_id& rule) {
  return fmt::format("{}/{}/{}", tenant.value, base::to_string(severity), rule.value);
}

std::optional<std::string> allowed_subscription(const base::tenant_id& tenant,
                                                std::string_view asked) {
  const auto own = tenant.value + "/";
  if (asked.starts_with(own))
    return std::string{asked};
  // "", "ac" and "acme" would reach into "acme/", and beyond: only the first is granted.
  if (std::string_view{own}.starts_with(asked))
    return own;
  return std::nullopt;
}

struct alert_publisher::impl {
  impl(alert_publisher_settings s, const key_directory* k) : settings{std::move(s)}, keys{k} {}

  base::status bind() {
    door.emplace(context, [this](std::string_view key) {
      const auto owner = keys == nullptr ? std::nullopt : keys->find(key);
      return owner && owner->may_listen;
    });
    for (const auto& l : settings.listeners) {
      VEDETTE_ASSERT(!l.keys || keys != nullptr);
      auto& socket = sockets.emplace_back(context, zmq::socket_type::xpub);
      socket.set(zmq::sockopt::xpub_manual, true);
      socket.set(zmq::sockopt::sndhwm, settings.subscriber_queue);
      socket.set(zmq::sockopt::linger, 1000);
      // A subscription is a short topic; anything longer is no subscriber of ours.
      socket.set(zmq::sockopt::maxmsgsize, std::int64_t{1024});
      set_keepalive(socket);
      auto bound = bind_server(socket, "alert subscribers", l.endpoint, l.keys);
      if (!bound)
        return bound.err();
      endpoints.push_back(std::move(*bound));
    }
    return {};
  }

  void close() {
    sockets.clear();
    door.reset();
  }

  void run() {
    while (!stopping) {
      try {
        turn();
      } catch (const zmq::error_t& e) {
        if (e.num() != EINTR)
          spdlog::error("publishing alerts: {}", e.what());
      }
    }
    send_queued();
    close();
  }

  void turn() {
    std::vector<zmq::pollitem_t> items;
    items.push_back({nullptr, bell.fd(), ZMQ_POLLIN, 0});
    items.push_back({door->socket().handle(), 0, ZMQ_POLLIN, 0});
    for (auto& socket : sockets)
      items.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
    zmq::poll(items, std::chrono::milliseconds{1000});
    if (items[0].revents != 0)
      bell.hush();
    send_queued();
    if (items[1].revents != 0)
      door->answer();
    for (std::size_t i = 2; i < items.size(); ++i)
      if (items[i].revents != 0)
        read_subscriptions(i - 2);
  }

  void read_subscriptions(std::size_t listener) {
    zmq::message_t message;
    while (sockets[listener].recv(message, zmq::recv_flags::dontwait)) {
      const auto bytes = message.to_string_view();
      if (bytes.empty() || (bytes[0] != 0 && bytes[0] != 1))
        continue;
      std::optional<key_owner> owner;
      if (!settings.listeners[listener].keys)
        owner = key_owner{{"local"}, {}, true, true};
      else if (const auto key = client_key(message); !key.empty())
        owner = keys->find(key);
      if (!owner || !owner->may_listen)
        continue;
      // In manual mode the subscription is what we set now, for the peer this message came from.
      const auto topic = allowed_subscription(owner->tenant, bytes.substr(1));
      if (!topic)
        continue;
      if (bytes[0] == 1)
        sockets[listener].set(zmq::sockopt::subscribe, *topic);
      else
        sockets[listener].set(zmq::sockopt::unsubscribe, *topic);
    }
  }

  void send_queued() {
    std::deque<queued_alert> now;
    {
      const std::lock_guard hold{mutex};
      now.swap(queue);
    }
    for (const auto& a : now)
      for (auto& socket : sockets) {
        // A publisher never blocks: what a slow subscriber has no room for is dropped for it alone.
        socket.send(zmq::buffer(a.topic), zmq::send_flags::sndmore);
        socket.send(zmq::buffer(a.number), zmq::send_flags::sndmore);
        socket.send(zmq::buffer(a.json), zmq::send_flags::none);
      }
  }

  const alert_publisher_settings settings;
  const key_directory* const keys;
  zmq::context_t context{1};
  std::optional<key_door> door;
  std::vector<zmq::socket_t> sockets;
  std::vector<std::string> endpoints;
  doorbell bell;
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> dropped{0};
  std::thread thread;
  std::mutex mutex;
  std::deque<queued_alert> queue;
};

alert_publisher::alert_publisher(alert_publisher_settings settings, const key_directory* keys)
    : impl_{std::make_unique<impl>(std::move(settings), keys)} {}
alert_publisher::~alert_publisher() {
  stop();
}

base::status alert_publisher::start() {
  VEDETTE_ASSERT(!impl_->thread.joinable() && !impl_->stopping);
  auto bound = impl_->bind();
  if (!bound) {
    impl_->close();
    return bound;
  }
  impl_->thread = std::thread{[this] { impl_->run(); }};
  return {};
}

std::vector<std::string> alert_publisher::endpoints() const {
  return impl_->endpoints;
}

bool alert_publisher::publish(const base::tenant_id& tenant, base::severity severity,
                              const base::rule_id& rule, std::uint64_t number, std::string json) {
  bool first = false;
  {
    const std::lock_guard hold{impl_->mutex};
    if (impl_->queue.size() >= impl_->settings.queue_max) {
      ++impl_->dropped;
      return false;
    }
    first = impl_->queue.empty();
    impl_->queue.push_back(
        {alert_topic(tenant, severity, rule), std::to_string(number), std::move(json)});
  }
  if (first) // else it rings already: the queue is emptied after the bell was hushed
    impl_->bell.ring();
  return true;
}

std::uint64_t alert_publisher::dropped() const {
  return impl_->dropped;
}

void alert_publisher::stop() {
  if (!impl_->thread.joinable())
    return;
  impl_->stopping = true;
  impl_->bell.ring();
  impl_->thread.join();
}

} // namespace vedette::io
