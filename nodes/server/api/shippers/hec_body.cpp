#include "nodes/server/api/shippers/hec_body.hpp"

#include "nodes/server/api/shippers/shipped_record.hpp"

namespace vedette::server {

namespace {

constexpr std::string_view blanks = " \t\r\n";

void add_event(body_cutter& to, const ingest::json_value& wrapper) {
  const auto event = ingest::member(wrapper, "event");
  base::arena memory;
  switch (event.kind) {
  case ingest::json_kind::object:
    add_shipped(to, event);
    break;
  case ingest::json_kind::array:
    to.add(event.raw);
    break;
  case ingest::json_kind::text:
    add_text(to, ingest::text_of(event, memory));
    break;
  default:
    to.add_record(wrapper.raw);
  }
}

} // namespace

std::variant<cut_body, hec_problem> hec_events(std::string_view body) {
  body_cutter out{body.size()};
  std::size_t at = body.find_first_not_of(blanks);
  if (at == std::string_view::npos)
    return hec_no_data;
  const auto first = at;
  while (at < body.size()) {
    const auto from = at;
    const auto value = ingest::read_value(body, at);
    if (value.kind != ingest::json_kind::object) {
      if (from == first)
        return hec_not_json;
      out.add_record(body.substr(from));
      break;
    }
    add_event(out, value);
    at = body.find_first_not_of(blanks, at);
  }
  return out.finish();
}

std::variant<cut_body, hec_problem> hec_raw(std::string_view body) {
  if (body.find_first_not_of(blanks) == std::string_view::npos)
    return hec_no_data;
  body_cutter out{body.size()};
  if (can_hold_records(body)) {
    out.add(body);
    return out.finish();
  }
  while (!body.empty()) {
    const auto end = std::min(body.find('\n'), body.size());
    if (const auto line = body.substr(0, end); line.find_first_not_of(blanks) != line.npos)
      out.add_record(line);
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return out.finish();
}

} // namespace vedette::server
