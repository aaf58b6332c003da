#include "nodes/server/api/body_cutter.hpp"

#include "base/limits.hpp"
#include "ingest/lines/text_lines.hpp"

#include <fmt/format.h>

namespace vedette::server {

namespace {

/// Bytes the parser may read behind a record.
constexpr std::size_t padding = 64;
constexpr std::size_t head_bytes = 256; ///< kept of what is too large

} // namespace

body_cutter::body_cutter(std::size_t bytes, std::vector<std::string> unwrap)
    : unwrap_{std::move(unwrap)}, text_{std::make_shared<std::string>()} {
  text_->reserve(bytes + padding);
}

void body_cutter::add(std::string_view text) {
  ingest::record_splitter splitter{unwrap_};
  const auto take = [this](const ingest::split_record& r) {
    if (!r.problem.empty())
      refused_.emplace_back(lengths_.size(), std::string{r.problem});
    add_record(r.text);
  };
  splitter.push(text, take);
  splitter.finish(take);
}

void body_cutter::add_record(std::string_view record) {
  if (record.size() > base::limits::record_bytes) {
    refused_.emplace_back(lengths_.size(), "record is larger than 4 MiB");
    record = record.substr(0, head_bytes);
  }
  lengths_.push_back(record.size());
  *text_ += record;
}

cut_body body_cutter::finish() {
  cut_body out;
  text_->append(padding, ' ');
  std::size_t offset = 0, bytes = 0;
  for (const auto length : lengths_) {
    if (out.batches.empty() || out.batches.back().records.size() >= cut_records_max ||
        bytes + length > cut_bytes_max) {
      out.batches.push_back({out.records, {}});
      bytes = 0;
    }
    out.batches.back().records.emplace_back(text_->data() + offset, length);
    offset += length;
    bytes += length;
    ++out.records;
  }
  out.memory = std::move(text_);
  out.refused = std::move(refused_);
  return out;
}

base::error too_many_records() {
  return {base::ec::too_large,
          fmt::format("the body holds more than {} records; send it in parts", body_records_max)};
}

bool can_hold_records(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf"))
    text.remove_prefix(3);
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos || text[first] == '{' || text[first] == '[' ||
         ingest::begins_like_line(text.substr(first));
}

base::result<cut_body> cut(std::string_view body, const std::vector<std::string>& unwrap) {
  if (!can_hold_records(body))
    return base::error{base::ec::malformed,
                       "reading the body: it is neither JSON nor lines of a log that is known; "
                       "send {\"Records\":[…]}, an array, or one record a line"};
  body_cutter cutter{body.size(), unwrap};
  cutter.add(body);
  if (cutter.records() > body_records_max)
    return too_many_records();
  return cutter.finish();
}

} // namespace vedette::server
