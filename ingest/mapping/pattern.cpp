#include "ingest/mapping/pattern.hpp"

namespace vedette::ingest {

text_pattern::text_pattern(std::string_view written) {
  const bool open_front = written.starts_with('*');
  if (written.empty()) {
    how_ = kind::absent;
    return;
  }
  if (written == "*") {
    how_ = kind::present;
    return;
  }
  const bool open_back = written.ends_with('*');
  if (open_front)
    written.remove_prefix(1);
  if (open_back)
    written.remove_suffix(1);
  text_ = written;
  how_ = open_front ? (open_back ? kind::contains : kind::ends)
                    : (open_back ? kind::begins : kind::exact);
}

bool text_pattern::holds(std::string_view value) const noexcept {
  switch (how_) {
  case kind::exact:
    return value == text_;
  case kind::begins:
    return value.starts_with(text_);
  case kind::ends:
    return value.ends_with(text_);
  case kind::contains:
    return value.find(text_) != std::string_view::npos;
  case kind::present:
    return true;
  case kind::absent:
    break;
  }
  return false;
}

} // namespace vedette::ingest
