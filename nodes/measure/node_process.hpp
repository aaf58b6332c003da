// A node of the measurement's own: its folder and its process, both gone with it.
//
// The program is started on an empty folder and free ports of the loopback, with everything else at
// its default. One thread.
#pragma once

#include "base/result.hpp"
#include "io/zmq/collector.hpp"
#include "nodes/measure/stages.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace vedette::measure {

/// A collector of that source that has said hello to one of the sinks; waits 30 s at most.
[[nodiscard]] base::result<std::unique_ptr<io::collector>>
connect(const std::vector<std::string>& sinks, const std::string& source);

inline constexpr std::size_t batch_records = 250;
/// As fast as it is taken, until all is acknowledged; 120 s at most for the last. Errors: the
/// collector's.
[[nodiscard]] base::status send_all(io::collector& to, const data_set& data);

class node_process {
 public:
  /// Starts `program`; not_found when it cannot be run. Does not wait until it is ready.
  [[nodiscard]] base::status start(const std::string& program);
  node_process() = default;
  ~node_process();
  node_process(const node_process&) = delete;
  node_process& operator=(const node_process&) = delete;

  [[nodiscard]] std::string http() const;   ///< URL without a path
  [[nodiscard]] std::string ingest() const; ///< tcp://HOST:PORT
  /// "Bearer …" of its administrator, once it is ready.
  [[nodiscard]] base::result<std::string> authorization() const;

  [[nodiscard]] double cpu_seconds() const;
  [[nodiscard]] std::uint64_t bytes_written() const; ///< as the kernel counts
  /// Stops it and says what it used.
  rusage end();

 private:
  std::string folder_;
  std::uint16_t http_port_ = 0, ingest_port_ = 0;
  int pid_ = -1;
  rusage used_{};
};

} // namespace vedette::measure
