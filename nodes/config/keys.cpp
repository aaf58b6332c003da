#include "nodes/config/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <type_traits>

namespace vedette::config {
namespace {

using namespace std::chrono_literals;
using days = std::chrono::days;

constexpr byte_size kib(std::uint64_t n) {
  return {n << 10};
}
constexpr byte_size mib(std::uint64_t n) {
  return {n << 20};
}
constexpr byte_size gib(std::uint64_t n) {
  return {n << 30};
}

template <class T>
struct range {
  T low, high;
};

template <class Access>
using target_of = std::remove_cvref_t<std::invoke_result_t<Access, settings&>>;

/// `access` is a generic lambda from settings (const or not) to the member.
template <class Access>
key plain(std::string section, std::string name, Access access,
          std::optional<range<target_of<Access>>> bounds = {}) {
  using target = target_of<Access>;
  key out;
  out.section = std::move(section);
  out.name = std::move(name);
  out.get = [access](const settings& s) { return write(access(s)); };
  out.set = [access, bounds](settings& s, const raw_value& raw) -> base::status {
    target value{};
    if (auto done = read(raw, value); !done)
      return done;
    if constexpr (requires { value < bounds->low; }) {
      if (bounds && (value < bounds->low || bounds->high < value))
        return base::error{
            base::ec::invalid_argument,
            fmt::format("must be between {} and {}", write(bounds->low), write(bounds->high))};
    }
    access(s) = std::move(value);
    return {};
  };
  return out;
}

template <class Access>
void add_secret(std::vector<key>& out, const std::string& section, const std::string& name,
                Access access) {
  out.push_back(plain(
      section, name + "_file", [access](auto& s) -> auto& { return access(s).file; }));
  auto value = plain(
      section, name, [access](auto& s) -> auto& { return access(s).value; });
  value.is_secret = true;
  out.push_back(std::move(value));
}

#define VEDETTE_AT(path)                                                                           \
  [](auto& s) -> auto& {                                                                           \
    return s.path;                                                                                 \
  }

std::vector<key> build() {
  std::vector<key> k;
  k.push_back(plain("node", "id", VEDETTE_AT(node.id)));
  k.push_back(plain("node", "data_dir", VEDETTE_AT(node.data_dir)));
  k.push_back(plain("node", "roles", VEDETTE_AT(node.roles)));
  k.push_back(plain("node", "threads", VEDETTE_AT(node.threads), {{0, 1024}}));
  // A container is killed 10 s after it was asked to stop, so a longer drain would be cut off.
  k.push_back(plain("node", "drain_timeout", VEDETTE_AT(node.drain_timeout), {{100ms, 10min}}));

  k.push_back(plain("log", "level", VEDETTE_AT(log.level)));
  k.push_back(plain("log", "format", VEDETTE_AT(log.format)));

  k.push_back(plain("http", "listen", VEDETTE_AT(http.listen)));
  k.push_back(plain("http", "advertise", VEDETTE_AT(http.advertise)));
  k.push_back(plain("http", "tls_certificate", VEDETTE_AT(http.tls_certificate)));
  add_secret(k, "http", "tls_key", VEDETTE_AT(http.tls_key));
  k.push_back(plain("http", "allow_plain", VEDETTE_AT(http.allow_plain)));
  k.push_back(plain("http", "allowed_hosts", VEDETTE_AT(http.allowed_hosts)));
  k.push_back(plain("http", "body_max", VEDETTE_AT(http.body_max), {{kib(64), gib(1)}}));
  k.push_back(plain("http", "connections_max", VEDETTE_AT(http.connections_max), {{8, 65'535}}));

  k.push_back(plain("ingest", "listen", VEDETTE_AT(ingest.listen)));
  add_secret(k, "ingest", "curve_key", VEDETTE_AT(ingest.curve_key));
  k.push_back(plain("ingest", "frame_max", VEDETTE_AT(ingest.frame_max), {{kib(64), gib(1)}}));
  k.push_back(plain("ingest", "credit", VEDETTE_AT(ingest.credit), {{1, 1024}}));
  k.push_back(plain("ingest", "unwrap", VEDETTE_AT(ingest.unwrap)));

  k.push_back(plain("alerts", "listen", VEDETTE_AT(alerts.listen)));
  k.push_back(plain("alerts", "queue_max", VEDETTE_AT(alerts.queue_max), {{1, 10'000'000}}));

  k.push_back(plain("mesh", "listen", VEDETTE_AT(mesh.listen)));
  k.push_back(plain("mesh", "advertise", VEDETTE_AT(mesh.advertise)));

  k.push_back(plain("cluster", "coordinator", VEDETTE_AT(cluster.coordinator)));
  k.push_back(plain("cluster", "endpoints", VEDETTE_AT(cluster.endpoints)));
  k.push_back(plain("cluster", "prefix", VEDETTE_AT(cluster.prefix)));
  k.push_back(plain("cluster", "ca", VEDETTE_AT(cluster.ca)));
  k.push_back(plain("cluster", "certificate", VEDETTE_AT(cluster.certificate)));
  k.push_back(plain("cluster", "key_file", VEDETTE_AT(cluster.key_file)));
  k.push_back(plain("cluster", "user", VEDETTE_AT(cluster.user)));
  add_secret(k, "cluster", "password", VEDETTE_AT(cluster.password));
  k.push_back(plain("cluster", "allow_plain", VEDETTE_AT(cluster.allow_plain)));
  k.push_back(plain("cluster", "found", VEDETTE_AT(cluster.found)));
  k.push_back(plain("cluster", "copies", VEDETTE_AT(cluster.copies), {{1, 9}}));
  k.push_back(plain("cluster", "min_in_sync", VEDETTE_AT(cluster.min_in_sync), {{0, 9}}));
  // etcd grants no lease under 2 s.
  k.push_back(plain("cluster", "lease", VEDETTE_AT(cluster.lease), {{2s, 1min}}));
  k.push_back(plain("cluster", "gone_after", VEDETTE_AT(cluster.gone_after), {{1s, days{7}}}));
  k.push_back(plain("cluster", "zone", VEDETTE_AT(cluster.zone)));
  k.push_back(plain("cluster", "weight", VEDETTE_AT(cluster.weight), {{1, 10'000}}));

  k.push_back(plain("store", "partitions", VEDETTE_AT(store.partitions), {{1, 16'384}}));
  k.push_back(plain("store", "sync", VEDETTE_AT(store.sync)));
  k.push_back(plain("store", "sync_interval", VEDETTE_AT(store.sync_interval), {{1ms, 1min}}));
  k.push_back(plain("store", "linger", VEDETTE_AT(store.linger), {{0ms, 1s}}));
  k.push_back(plain("store", "checkpoint_interval", VEDETTE_AT(store.checkpoint_interval),
                    {{1s, days{1}}}));
  // The log must outlive the lateness, or a restart could not rebuild the windows still open.
  k.push_back(plain("store", "retention", VEDETTE_AT(store.retention), {{1h, days{3650}}}));
  k.push_back(plain("store", "retention_bytes", VEDETTE_AT(store.retention_bytes),
                    {{mib(64), {std::uint64_t{1} << 50}}}));
  k.push_back(plain("store", "cache_bytes", VEDETTE_AT(store.cache_bytes), {{mib(4), gib(1024)}}));
  k.push_back(plain("store", "dedup_bytes", VEDETTE_AT(store.dedup_bytes), {{mib(1), gib(64)}}));

  k.push_back(plain("detect", "lateness", VEDETTE_AT(detect.lateness), {{0s, days{1}}}));
  k.push_back(plain("detect", "ahead", VEDETTE_AT(detect.ahead), {{0s, days{1}}}));
  k.push_back(
      plain("detect", "source_silence", VEDETTE_AT(detect.source_silence), {{1s, days{1}}}));
  k.push_back(plain("detect", "quiet_period", VEDETTE_AT(detect.quiet_period), {{1h, days{90}}}));

  k.push_back(plain("content", "detections", VEDETTE_AT(content.detections)));
  k.push_back(plain("content", "activities", VEDETTE_AT(content.activities)));
  k.push_back(plain("content", "sources", VEDETTE_AT(content.sources)));
  k.push_back(plain("content", "playbooks", VEDETTE_AT(content.playbooks)));

  k.push_back(plain("lists", "cloud_ranges", VEDETTE_AT(lists.cloud_ranges)));
  k.push_back(plain("lists", "tor", VEDETTE_AT(lists.tor)));
  k.push_back(plain("lists", "vpn", VEDETTE_AT(lists.vpn)));
  k.push_back(plain("lists", "geoip", VEDETTE_AT(lists.geoip)));
  k.push_back(plain("lists", "asn", VEDETTE_AT(lists.asn)));

  k.push_back(plain("respond", "executors", VEDETTE_AT(respond.executors)));
  k.push_back(plain("respond", "webhook_url", VEDETTE_AT(respond.webhook_url)));
  add_secret(k, "respond", "webhook_secret", VEDETTE_AT(respond.webhook_secret));
  k.push_back(plain("respond", "call_timeout", VEDETTE_AT(respond.call_timeout), {{100ms, 1min}}));
  return k;
}

#undef VEDETTE_AT

/// Optimal string alignment: insertions, deletions, replacements and swapped neighbours cost one.
std::size_t typing_errors(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> d((a.size() + 1) * width);
  const auto cell = [&](std::size_t i, std::size_t j) -> std::size_t& { return d[i * width + j]; };
  for (std::size_t i = 0; i <= a.size(); ++i)
    cell(i, 0) = i;
  for (std::size_t j = 0; j <= b.size(); ++j)
    cell(0, j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      auto best = std::min({cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + differs});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = std::min(best, cell(i - 2, j - 2) + 1);
      cell(i, j) = best;
    }
  }
  return cell(a.size(), b.size());
}

} // namespace

std::string key::variable() const {
  std::string out = "VEDETTE_" + section + '_' + name;
  for (char& c : out) {
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

const std::vector<key>& keys() {
  static const auto table = build();
  return table;
}

const key* find_key(std::string_view section, std::string_view name) {
  for (const auto& k : keys()) {
    if (k.section == section && k.name == name)
      return &k;
  }
  return nullptr;
}

const std::vector<std::string>& sections() {
  static const auto names = [] {
    std::vector<std::string> out;
    for (const auto& k : keys()) {
      if (out.empty() || out.back() != k.section)
        out.push_back(k.section);
    }
    return out;
  }();
  return names;
}

std::string nearest(std::string_view wrong, const std::vector<std::string>& candidates) {
  // A key is at most a line; comparing more would only let a broken file cost time.
  wrong = wrong.substr(0, 64);
  std::string best;
  std::size_t least = 0;
  for (const auto& c : candidates) {
    const auto errors = typing_errors(wrong, c);
    if (best.empty() || errors < least) {
      best = c;
      least = errors;
    }
  }
  return best;
}

} // namespace vedette::config
