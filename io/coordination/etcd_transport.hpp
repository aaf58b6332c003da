// Carries requests to one of several etcd endpoints, all on one thread that never blocks: calls
// with deadlines, streams of lines, and timers.
//
// Stays with an endpoint while it answers, moves to the next when it does not. Every call is
// repeated until it is answered or its deadline passes, so callers send only what may arrive twice.
// Logs in when there is a user, again when the token is refused. Remembers connections and the
// token. Bounded: `in_flight_max` calls at once (the rest queue), `answer_bytes_max` an answer. All
// functions but `wake` are for the one thread; callbacks come from run_once.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "io/clock/clock.hpp"
#include "io/coordination/etcd_settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace vedette::io::etcd {

/// Ordinary calls at once; a failover swaps hundreds of partitions, and every connection may be a
/// TLS handshake.
inline constexpr std::size_t in_flight_max = 16;
/// A page of records is under 2 MB, a watch's line under 3; this is for an etcd gone mad.
inline constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;

enum class fate : std::uint8_t {
  answered,   ///< `body` is the answer
  refused,    ///< etcd said no: not done
  unanswered, ///< done or not
};
struct call_outcome {
  fate what = fate::unanswered;
  std::string body;
  base::error why;
  base::duration sent_at{}; ///< of the attempt that was answered
};
struct call_args {
  std::string path; ///< /v3/kv/range
  std::string body;
  base::duration deadline{}; ///< an instant, by clock::monotonic
  bool urgent = false;       ///< does not queue behind others
};
using stream_id = std::uint64_t;

class transport {
 public:
  /// `settings` passed `check`; `time` outlives this.
  transport(const etcd_settings& settings, const clock& time);
  ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  void call(call_args args, std::function<void(call_outcome)> done);
  /// `line` gets each line; `ended` comes once, unless `close` came first.
  stream_id open_stream(std::string path, std::string body,
                        std::function<void(std::string_view)> line,
                        std::function<void(base::error)> ended);
  void close(stream_id which);
  /// False once the endpoint of that stream is not the one calls go to.
  [[nodiscard]] bool on_current_endpoint(stream_id which) const;
  /// Calls `due` at an instant of clock::monotonic.
  void at(base::duration when, std::function<void()> due);

  /// Waits up to `wait` for something to happen and carries it out.
  void run_once(base::duration wait);
  /// Ends a wait; any thread.
  void wake();

  [[nodiscard]] base::duration now() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::io::etcd
