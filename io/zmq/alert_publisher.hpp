// Tells subscribers about alerts as they happen, each only about its own tenant.
//
// An XPUB socket in manual mode: a subscription is cut down to the topics of the tenant its key
// belongs to before it takes effect. A message is three parts: the topic `tenant/severity/rule`,
// the tenant's running number in decimal, the alert as JSON. Delivery is best effort: a subscriber
// that is too slow misses messages, sees it by the gap in the numbers and asks the HTTP API for
// what it missed. One thread; remembers at most `queue_max` alerts not yet handed to ZeroMQ.
#pragma once

#include "io/zmq/curve_keys.hpp"
#include "io/zmq/key_directory.hpp"

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/severity.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::io {

struct alert_listener {
  std::string endpoint = "tcp://127.0.0.1:8472";
  std::optional<curve_keys> keys; ///< without: loopback only, and everyone is tenant `local`
};

struct alert_publisher_settings {
  std::vector<alert_listener> listeners{alert_listener{}};
  int subscriber_queue = 10'000;  ///< messages ZeroMQ holds per subscriber
  std::size_t queue_max = 65'536; ///< between `publish` and the thread
};

/// "tenant/severity/rule".
[[nodiscard]] std::string alert_topic(const base::tenant_id& tenant, base::severity severity,
                                      const base::rule_id& rule);
/// What a subscription to `asked` means for a key of `tenant`: the part of it inside `tenant/`, or
/// nothing when they do not overlap.
[[nodiscard]] std::optional<std::string> allowed_subscription(const base::tenant_id& tenant,
                                                              std::string_view asked);

class alert_publisher {
 public:
  /// `keys` may be null when no listener has keys; must outlive the publisher.
  alert_publisher(alert_publisher_settings settings, const key_directory* keys);
  ~alert_publisher();
  alert_publisher(const alert_publisher&) = delete;
  alert_publisher& operator=(const alert_publisher&) = delete;

  [[nodiscard]] base::status start();
  [[nodiscard]] std::vector<std::string> endpoints() const;

  /// Any thread; never blocks. False when the queue was full and the alert was left out (the
  /// subscriber sees the gap).
  bool publish(const base::tenant_id& tenant, base::severity severity, const base::rule_id& rule,
               std::uint64_t number, std::string json);

  [[nodiscard]] std::uint64_t dropped() const;
  void stop();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::io
