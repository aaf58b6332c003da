#include "nodes/server/api/body_cutter.hpp"

#include "ingest/record_splitter.hpp"

namespace vedette::server {

namespace {

/// Bytes the parser may read behind a record.
constexpr std::size_t padding = 64;

bool begins_like_json(std::string_view body) {
  if (body.starts_with("\xef\xbb\xbf"))
    body.remove_prefix(3);
  const auto first = body.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos || body[first] == '{' || body[first] == '[';
}

} // namespace

base::result<cut_body> cut(std::string_view body, const std::vector<std::string>& unwrap) {
  if (!begins_like_json(body))
    return base::error{base::ec::malformed,
                       "reading the body: it is not JSON; send {\"Records\":[…]}, an array, or one record a line"};
  cut_body out;
  auto text = std::make_shared<std::string>();
  text->reserve(body.size() + padding);
  std::vector<std::size_t> lengths;
  ingest::record_splitter splitter{unwrap};
  const auto take = [&](const ingest::split_record& r) {
    if (!r.problem.empty())
      out.refused.emplace_back(lengths.size(), std::string{r.problem});
    lengths.push_back(r.text.size());
    *text += r.text;
  };
  splitter.push(body, take);
  splitter.finish(take);
  text->append(padding, ' ');

  std::size_t offset = 0, bytes = 0;
  for (const auto length : lengths) {
    if (out.batches.empty() || out.batches.back().records.size() >= cut_records_max ||
        bytes + length > cut_bytes_max) {
      out.batches.push_back({out.records, {}});
      bytes = 0;
    }
    out.batches.back().records.emplace_back(text->data() + offset, length);
    offset += length;
    bytes += length;
    ++out.records;
  }
  out.memory = std::move(text);
  return out;
}

} // namespace vedette::server
