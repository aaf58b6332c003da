#include "nodes/server/api/shippers/firehose_body.hpp"

#include "base/base64.hpp"
#include "io/compression/decompressor.hpp"
#include "nodes/server/api/shippers/shipped_record.hpp"

namespace vedette::server {

namespace {

/// Subscriptions of CloudWatch Logs are gzip inside the base 64.
base::result<std::string> unpacked(std::string bytes, std::size_t bytes_max) {
  const auto kind = io::sniff_compression(bytes);
  if (kind == io::compression::none)
    return bytes;
  io::expansion_limits limits;
  limits.output_bytes_max = bytes_max;
  return io::decompress_all(kind, bytes, "a record", limits);
}

} // namespace

base::result<firehose_body> read_firehose(std::string_view body, std::size_t bytes_max) {
  const auto root = ingest::read_value(body);
  const auto list = ingest::member(root, "records");
  base::arena memory;
  firehose_body out;
  out.request = ingest::text_of(ingest::member(root, "requestId"), memory);
  if (list.kind != ingest::json_kind::array || out.request.empty())
    return base::error{base::ec::malformed,
                       "reading the body: expected {\"requestId\":…, \"records\":[{\"data\":…}]}"};
  body_cutter records{body.size()};
  std::size_t left = bytes_max;
  for (ingest::element_reader e{list}; e.next();) {
    memory.clear();
    const auto data = ingest::text_of(ingest::member(e.value(), "data"), memory);
    const auto decoded = base::base64_decode(data);
    auto text = decoded && !decoded->empty()
                    ? unpacked(*decoded, left)
                    : base::result<std::string>{std::string{e.value().raw}};
    if (!text && text.err().code == base::ec::too_large)
      return text.err();
    if (!text) {
      records.add_record(e.value().raw);
      continue;
    }
    left -= std::min(left, text->size());
    add_text(records, *text);
  }
  out.records = records.finish();
  return out;
}

} // namespace vedette::server
