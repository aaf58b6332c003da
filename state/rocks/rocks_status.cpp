#include "state/rocks/rocks_db.hpp"

namespace vedette::state {

namespace {

/// RocksDB's messages may hold line breaks; ours are one line.
std::string one_line(std::string text) {
  for (auto& c : text)
    if (c == '\n' || c == '\r')
      c = ' ';
  return text;
}

} // namespace

base::error to_error(const rocksdb::Status& s, const std::string& what) {
  const auto text = one_line(s.ToString());
  if (s.IsNoSpace() || text.find("No space left") != std::string::npos)
    return {base::ec::disk_full,
            what + ": no space left on the disk; free some, and a running node goes on by itself"};
  if (text.find("lock hold") != std::string::npos ||
      text.find("While lock file") != std::string::npos)
    return {base::ec::conflict,
            what + ": another process holds it; stop that process or use another folder"};
  if (s.IsCorruption())
    return {base::ec::corrupt, what + ": stored bytes are damaged (" + text +
                                   "); restore from a backup, or open it accepting the loss"};
  if (s.IsNotSupported() || s.IsInvalidArgument())
    return {base::ec::unsupported, what + ": " + text + "; use the build that wrote it"};
  return {base::ec::io, what + ": " + text};
}

} // namespace vedette::state
