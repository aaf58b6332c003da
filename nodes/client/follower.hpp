// Follows files as they are written, and new ones as they come, into a node; remembers what is
// durable there.
//
// A plain file is read on from where it was left, over rotation; a packed one (gzip, zstd) once
// nobody has written to it for `quiet`. What is sent and not durable when the program ends is sent
// again by the next run and recognised by its ids. Blocks; one thread.
#pragma once

#include "io/files/log_tail.hpp"
#include "nodes/client/sender.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vedette::client {

struct follow_options {
  std::vector<std::string> paths, unwrap;
  std::string columns;   ///< of lines without a header
  std::string positions; ///< file that remembers over restarts; empty: none does
  /// True: end once what was read is durable.
  std::function<bool()> stop;
  /// Sleeps when nothing is new.
  std::function<void()> pause;
  /// A file that cannot be read, once for each time it begins to be so; it is tried again.
  std::function<void(const base::error&)> complain;
};

struct followed_totals {
  std::uint64_t files = 0, records = 0, bytes = 0;
  std::uint64_t refused = 0; ///< too large: only their beginning was sent
};

/// Until `stop`. Errors: what the sender says, and the positions file when it cannot be read or
/// written.
[[nodiscard]] base::result<followed_totals> follow(sender& to, const follow_options& how);

} // namespace vedette::client
