// Everything an operator can set about one node, with its defaults.
//
// Plain data, filled once at start (and again on SIGHUP) by load.hpp from a YAML text, the
// environment and the command line. deploy/config/vedette.yaml explains every key; keys.cpp ties
// the names there to the members here. Bounded by the text it comes from. Used by nodes/ only:
// actors and pure code are handed the values they need.
#pragma once

#include "base/limits.hpp"
#include "base/tenant_settings.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vedette::config {

/// Where a socket listens. An empty host means the socket is switched off ("off").
struct endpoint {
  std::string host; ///< name or address, without brackets; "*" is every interface
  std::uint16_t port = 0;

  [[nodiscard]] bool enabled() const noexcept { return !host.empty(); }
  /// True for 127.0.0.0/8, ::1 and "localhost": nobody outside this machine can reach it.
  [[nodiscard]] bool is_loopback() const noexcept;

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

struct byte_size {
  std::uint64_t value = 0;

  friend auto operator<=>(const byte_size&, const byte_size&) = default;
};

/// Comes from a file or from the environment; `value` wins. Nothing prints it.
struct secret {
  std::string file;
  std::string value;

  [[nodiscard]] bool given() const noexcept { return !file.empty() || !value.empty(); }
};

enum class log_level : std::uint8_t { trace, debug, info, warn, error };
enum class log_format : std::uint8_t { text, json };
enum class role : std::uint8_t { ingest, detect, respond, operate };

/// When a commit counts as stable; named for what is lost when power fails.
enum class sync_policy : std::uint8_t {
  commit,        ///< fsync before every acknowledgement: nothing acknowledged is lost
  risk_interval, ///< fsync every `store.sync_interval`: up to that much acknowledged input is lost
  risk_unsynced, ///< fsync when the kernel likes: up to about 30 s of acknowledged input is lost
};

enum class coordinator_kind : std::uint8_t {
  none, ///< standalone: the coordinator is inside the process
  etcd,
};

/// What carries out response steps for tenants that go further than dry runs.
enum class executor_kind : std::uint8_t {
  webhook, ///< posts steps of that kind, signed, to `respond.webhook_url`
  aws,     ///< calls AWS as each tenant's role (io/aws/response/executor.hpp)
};

struct settings {
  struct {
    std::string id;                          ///< empty: the host name
    std::string data_dir = "./vedette-data"; ///< log, state, keys, admin token
    std::vector<role> roles = {role::ingest, role::detect, role::respond, role::operate};
    std::uint32_t threads = 0; ///< 0: as many as the machine has cores
    base::duration drain_timeout = std::chrono::seconds{8};
  } node;

  struct {
    log_level level = log_level::info; ///< reloaded on SIGHUP
    log_format format = log_format::text;
  } log;

  struct {
    endpoint listen{"127.0.0.1", 8470};
    endpoint advertise;          ///< what other nodes and people are told; off: `listen`
    std::string tls_certificate; ///< PEM chain; empty: plain HTTP, loopback only
    secret tls_key;
    bool allow_plain = false; ///< plain HTTP beyond loopback, for a proxy that ends TLS
    std::vector<std::string> allowed_hosts; ///< names accepted in Host and Origin besides our own
    byte_size body_max{std::uint64_t{64} << 20};
    std::uint32_t connections_max = 1024;
  } http;

  struct {
    endpoint listen{"127.0.0.1", 8471};
    secret curve_key; ///< Z85; not given: made once in the data directory
    byte_size frame_max{std::uint64_t{16} << 20};
    std::uint32_t credit = 64;       ///< unanswered batches one collector may have under way
    std::vector<std::string> unwrap; ///< JSON pointers tried in order on each record
  } ingest;

  struct {
    endpoint listen{"127.0.0.1", 8472};
    std::uint32_t queue_max = 10'000; ///< alert frames kept for one slow subscriber
  } alerts;

  struct {
    endpoint listen{"127.0.0.1", 8473};
    endpoint advertise; ///< where other nodes reach it; off: `listen`
  } mesh;

  struct {
    coordinator_kind coordinator = coordinator_kind::none;
    std::vector<std::string> endpoints; ///< https://host:2379
    std::string prefix = "/vedette/";   ///< of this cluster's keys
    std::string ca, certificate, key_file;
    std::string user;
    secret password;
    bool allow_plain = false; ///< http:// beyond loopback
    std::uint32_t copies = 3;
    std::uint32_t min_in_sync = 0; ///< 0: 1 of up to two copies, 2 of more
    bool found = false;            ///< this node makes the cluster where there is none
    base::duration lease = std::chrono::seconds{5};
    base::duration gone_after = std::chrono::seconds{60};
    std::string zone;
    std::uint32_t weight = 100;
  } cluster;

  struct {
    std::uint32_t partitions = 16; ///< fixed when the data directory is made
    sync_policy sync = sync_policy::commit;
    base::duration sync_interval = std::chrono::milliseconds{100}; ///< with risk_interval only
    base::duration linger = std::chrono::milliseconds{1};
    base::duration checkpoint_interval = std::chrono::minutes{5};
    base::duration retention = std::chrono::days{7};
    byte_size retention_bytes{std::uint64_t{20} << 30};
    byte_size cache_bytes{std::uint64_t{512} << 20};
    byte_size dedup_bytes{std::uint64_t{256} << 20};
  } store;

  struct {
    base::duration lateness = base::limits::lateness;
    base::duration ahead = base::limits::ahead;
    base::duration source_silence = std::chrono::seconds{60};
    base::duration quiet_period = std::chrono::days{5};
  } detect;

  struct {
    std::vector<std::string> detections; ///< empty: the rules that were shipped with the program
    std::string activities;
    std::string sources;
    std::string playbooks;
  } content;

  struct {
    std::vector<std::string> cloud_ranges;
    std::string tor;
    std::string vpn;
    std::string geoip;
    std::string asn;
  } lists;

  struct {
    std::vector<executor_kind> executors; ///< none: everything stays a dry run
    std::string webhook_url;
    secret webhook_secret;
    base::duration call_timeout = std::chrono::seconds{5};

    [[nodiscard]] bool has(executor_kind k) const {
      return std::ranges::find(executors, k) != executors.end();
    }
  } respond;

  std::map<std::string, base::tenant_settings> tenants;
};

} // namespace vedette::config
