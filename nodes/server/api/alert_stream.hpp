// One client of GET /v1/alerts/stream: filters, catches up, and hands over to what is new without a
// gap.
//
// Alerts that arrive while it catches up wait, at most `waiting_max`; a number is never sent twice
// to one client. Called from actors' threads and the server's; safe from any.
#pragma once

#include "base/severity.hpp"
#include "io/http/principal.hpp"
#include "io/http/responder.hpp"
#include "respond/inputs.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::server {

struct stream_filter {
  std::optional<base::tenant_id> tenant; ///< unset: every tenant the caller sees
  base::severity min_severity = base::severity::info;
  std::string rule;
};

/// Where a client has been: the last number of each tenant it heard from. "17" for a stream of one
/// tenant, "acme:17,globex:4" for several.
using stream_position = std::map<std::string, std::uint64_t>;
[[nodiscard]] std::string to_string(const stream_position& at, bool one_tenant);
/// `only` is the tenant of a stream of one.
[[nodiscard]] std::optional<stream_position>
parse_position(std::string_view text, const std::optional<base::tenant_id>& only);

class alert_stream {
 public:
  static constexpr std::size_t waiting_max = 10'000;

  alert_stream(io::http_stream out, io::principal who, stream_filter filter, bool catching_up)
      : out_{std::move(out)}, who_{std::move(who)}, filter_{std::move(filter)}, catching_up_{
                                                                                    catching_up} {}

  /// Something was published.
  void take(const respond::published_alert& p);
  /// Something from before, in the order of its numbers.
  void take_old(const std::string& tenant, std::uint64_t number, std::string_view json);
  /// Everything from before has been told.
  void caught_up();

 private:
  struct waiting {
    std::string tenant;
    std::uint64_t number;
    std::string json;
  };
  [[nodiscard]] bool wants(const respond::published_alert& p) const;
  void write(const std::string& tenant, std::uint64_t number, std::string_view json);

  std::mutex mutex_;
  io::http_stream out_;
  io::principal who_;
  stream_filter filter_;
  bool catching_up_;
  std::vector<waiting> waiting_;
  stream_position at_;
};

} // namespace vedette::server
