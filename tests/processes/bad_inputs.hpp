// Logs as they should not be, with what must come of each: shared by the tests of `replay`, which
// reads them itself, and of `send`, which pushes them into a node.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vedette::test {

/// One StopLogging of `identity`, which raises one `audit-log-tampered` per identity, however
/// often.
[[nodiscard]] std::string good_record(const std::string& identity, int number,
                                      const std::string& time = "2026-01-02T03:04:05Z");
/// The same with one piece of its text replaced; the piece must be there.
[[nodiscard]] std::string replaced(std::string text, const std::string& what,
                                   const std::string& with);

[[nodiscard]] std::string gzip(const std::string& text);
[[nodiscard]] std::string zstd(const std::string& text);

struct bad_input {
  const char* why;
  /// Makes the file's bytes; `identity` is whom its good records are about.
  std::function<std::string(const std::string& identity)> bytes;
  int code;              ///< of the program
  std::uint64_t counted; ///< good records, each of which the alert must count
  const char* says;      ///< on standard error; empty: nothing is said
  const char* reason;    ///< of the record that lands in quarantine; empty: none does
  const char* figure;    ///< in replay's --stats; empty: not looked at
  /// The reason in a node's quarantine, where that is not the same: `send` passes on the beginning
  /// of what is too large, and a beginning is all the node sees.
  const char* reason_at_node = nullptr;
};

[[nodiscard]] std::vector<bad_input> bad_inputs();

} // namespace vedette::test
