#include "nodes/server/api/shippers/shipped_record.hpp"

namespace vedette::server {

namespace {

/// Unescaped, when it is a text that holds an object; else empty.
std::string_view object_in(const ingest::json_value& value, base::arena& memory) {
  const auto inner = value.inner();
  const auto first = inner.find_first_not_of(" \t");
  if (first == std::string_view::npos || inner[first] != '{')
    return {};
  return ingest::text_of(value, memory);
}

} // namespace

void add_shipped(body_cutter& to, const ingest::json_value& document) {
  base::arena memory;
  for (const auto& wrapped : {ingest::member(ingest::member(document, "event"), "original"),
                              ingest::member(document, "message"), ingest::member(document, "log")})
    if (const auto text = object_in(wrapped, memory); !text.empty()) {
      to.add(text);
      return;
    }
  to.add(document.raw);
}

void add_text(body_cutter& to, std::string_view text) {
  const auto before = to.records();
  if (can_hold_records(text))
    to.add(text);
  if (to.records() == before) // an empty list, or nothing: somebody sent it for all that
    to.add_record(text);
}

} // namespace vedette::server
