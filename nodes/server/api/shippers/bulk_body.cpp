#include "nodes/server/api/shippers/bulk_body.hpp"

#include "nodes/server/api/shippers/shipped_record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::server {

namespace {

/// The next line without its end; moves `at` behind it.
std::string_view next_line(std::string_view body, std::size_t& at) {
  const auto end = std::min(body.find('\n', at), body.size());
  auto line = body.substr(at, end - at);
  at = std::min(end + 1, body.size());
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return line;
}

/// {"create":{"_index":"logs","_id":"7"}}
std::optional<bulk_item> action_of(std::string_view line, std::string_view index) {
  ingest::member_reader m{ingest::read_value(line)};
  if (!m.next() || m.value().kind != ingest::json_kind::object)
    return {};
  base::arena memory;
  bulk_item out{std::string{m.key()}, std::string{index}, {}};
  if (const auto named = ingest::member(m.value(), "_index"))
    out.index = ingest::text_of(named, memory);
  out.id = ingest::scalar_of(ingest::member(m.value(), "_id"), memory);
  return out;
}

} // namespace

base::result<bulk_body> read_bulk(std::string_view body, std::string_view index) {
  bulk_body out;
  body_cutter records{body.size()};
  std::size_t number = 0;
  for (std::size_t at = 0; at < body.size();) {
    const auto line = next_line(body, at);
    ++number;
    if (line.find_first_not_of(" \t") == std::string_view::npos)
      continue;
    auto item = action_of(line, index);
    const bool known = item && (item->action == "create" || item->action == "index" ||
                                item->action == "update" || item->action == "delete");
    if (!known)
      return base::error{base::ec::malformed,
                         fmt::format("line {} of the body: expected an action such as "
                                     "{{\"create\":{{}}}}, and a document on the line behind it",
                                     number)};
    if (out.items.size() >= body_records_max)
      return too_many_records();
    item->taken = item->action == "create" || item->action == "index";
    if (item->action != "delete") {
      const auto document = next_line(body, at);
      ++number;
      const auto value = ingest::read_value(document);
      if (item->taken && value.kind == ingest::json_kind::object)
        add_shipped(records, value);
      else if (item->taken)
        records.add_record(document);
    }
    out.items.push_back(std::move(*item));
  }
  out.records = records.finish();
  return out;
}

} // namespace vedette::server
