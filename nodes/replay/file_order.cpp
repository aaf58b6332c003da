#include "nodes/replay/file_order.hpp"

#include "base/time.hpp"
#include "io/files/log_reader.hpp"

#include <algorithm>
#include <optional>

namespace vedette::replay {

namespace {

/// The smallest time stamp in the text: good enough to order files, and needs no format.
std::optional<base::event_time> first_time(std::string_view text) {
  constexpr std::size_t shape = std::string_view{"2026-01-02T03:04:05"}.size();
  std::optional<base::event_time> out;
  for (std::size_t at = text.find("Time\""); at != std::string_view::npos;
       at = text.find("Time\"", at + 1)) {
    auto open = text.find('"', at + 5);
    if (open == std::string_view::npos)
      break;
    if (text[open - 1] == '\\')
      continue; // a record inside a text; its own time follows
    const auto close = text.find('"', open + 1);
    if (close == std::string_view::npos || close - open - 1 < shape)
      continue;
    if (auto t = base::parse_rfc3339(text.substr(open + 1, close - open - 1)))
      out = out ? std::min(*out, *t) : *t;
  }
  return out;
}

} // namespace

void order_by_first_event(std::vector<io::log_file>& files) {
  if (files.size() < 2)
    return;
  struct keyed {
    base::event_time first;
    io::log_file file;
  };
  std::vector<keyed> all;
  for (auto& f : files) {
    std::string head;
    if (f.path != "-") {
      const auto enough = base::error{base::ec::none, "enough"};
      (void)io::read_log(f.path, [&](std::string_view piece) -> base::status {
        head += piece.substr(0, peek_bytes - std::min(peek_bytes, head.size()));
        if (head.size() >= peek_bytes)
          return enough;
        return {};
      });
    }
    all.push_back({first_time(head).value_or(base::event_time::max()), std::move(f)});
  }
  std::sort(all.begin(), all.end(), [](const keyed& a, const keyed& b) {
    return a.first != b.first ? a.first < b.first : a.file.path < b.file.path;
  });
  files.clear();
  for (auto& k : all)
    files.push_back(std::move(k.file));
}

} // namespace vedette::replay
