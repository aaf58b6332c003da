#include "nodes/client/event_lines.hpp"

namespace vedette::client {

void event_lines::push(std::string_view piece, const std::function<void(const sent_event&)>& out) {
  while (!piece.empty()) {
    const auto end = piece.find('\n');
    const auto part = piece.substr(0, end);
    if (!dropped_ && pending_.size() + event_.data.size() + part.size() > event_max) {
      dropped_ = true;
      pending_ = "-";
    }
    // Of a dropped event only the blank line that ends it matters.
    pending_ += dropped_ ? part.substr(0, pending_.size() < 2 ? 2 - pending_.size() : 0) : part;
    if (end == std::string_view::npos)
      return;
    auto text = std::move(pending_);
    pending_.clear();
    if (text.ends_with('\r'))
      text.pop_back();
    line(text, out);
    piece.remove_prefix(end + 1);
  }
}

void event_lines::line(std::string_view text, const std::function<void(const sent_event&)>& out) {
  if (text.empty()) {
    if (!dropped_ && !event_.data.empty()) {
      if (!event_.id.empty())
        last_id_ = event_.id;
      out(event_);
    }
    event_ = {};
    dropped_ = false;
    return;
  }
  const auto colon = text.find(':');
  const auto field = text.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (field == "id")
    event_.id = value;
  else if (field == "event")
    event_.name = value;
  else if (field == "data")
    event_.data += (event_.data.empty() ? "" : "\n") + std::string{value};
}

} // namespace vedette::client
