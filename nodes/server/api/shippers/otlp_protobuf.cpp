#include "base/base64.hpp"
#include "base/json_writer.hpp"
#include "base/limits.hpp"
#include "nodes/server/api/shippers/otlp_body.hpp"
#include "nodes/server/api/shippers/protobuf_reader.hpp"
#include "nodes/server/api/shippers/shipped_record.hpp"

#include <bit>

namespace vedette::server {

namespace {

/// Numbers of fields, as opentelemetry/proto has them.
namespace request {
constexpr std::uint32_t resource_logs = 1;
}
namespace resource {
constexpr std::uint32_t scope_logs = 2;
}
namespace scope {
constexpr std::uint32_t log_records = 2;
}
namespace record {
constexpr std::uint32_t body = 5;
}
enum class any_value : std::uint32_t { text = 1, boolean, integer, real, list, map, bytes };

/// The first message or text of that number; what was behind it is not looked at.
std::string_view field(std::string_view message, std::uint32_t number) {
  for (protobuf_reader f{message}; f.next();)
    if (f.number() == number)
      return f.bytes();
  return {};
}

/// An AnyValue as plain JSON.
void write(base::json_writer& w, std::string_view value, std::size_t depth) {
  protobuf_reader v{value};
  if (depth > base::limits::record_depth || !v.next()) {
    w.null();
    return;
  }
  switch (any_value{v.number()}) {
  case any_value::text:
    w.value(v.bytes());
    break;
  case any_value::boolean:
    w.value(v.value() != 0);
    break;
  case any_value::integer:
    w.value(static_cast<std::int64_t>(v.value()));
    break;
  case any_value::real:
    w.value(std::bit_cast<double>(v.value()));
    break;
  case any_value::list:
    w.begin_array();
    for (protobuf_reader e{v.bytes()}; e.next();)
      write(w, e.bytes(), depth + 1);
    w.end_array();
    break;
  case any_value::map:
    w.begin_object();
    for (protobuf_reader e{v.bytes()}; e.next();) {
      w.key(field(e.bytes(), 1));
      write(w, field(e.bytes(), 2), depth + 1);
    }
    w.end_object();
    break;
  case any_value::bytes:
    w.value(base::base64_encode(v.bytes()));
    break;
  default:
    w.null();
  }
}

void add_log(body_cutter& to, std::string_view log) {
  const auto value = field(log, record::body);
  protobuf_reader v{value};
  if (v.next() && any_value{v.number()} == any_value::text) {
    add_text(to, v.bytes());
  } else if (any_value{v.number()} == any_value::map) {
    base::json_writer w;
    write(w, value, 0);
    add_shipped(to, ingest::read_value(w.text()));
  } else {
    to.add_record(log);
  }
}

} // namespace

base::result<cut_body> read_otlp_protobuf(std::string_view body) {
  body_cutter out{body.size()};
  protobuf_reader r{body};
  bool broken = false;
  while (r.next()) {
    if (r.number() != request::resource_logs)
      continue;
    protobuf_reader s{r.bytes()};
    while (s.next()) {
      if (s.number() != resource::scope_logs)
        continue;
      protobuf_reader l{s.bytes()};
      while (l.next())
        if (l.number() == scope::log_records)
          add_log(out, l.bytes());
      broken = broken || l.broken();
    }
    broken = broken || s.broken();
  }
  if (broken || r.broken())
    return base::error{base::ec::malformed,
                       "reading the body: it is no ExportLogsServiceRequest, or was cut short"};
  return out.finish();
}

} // namespace vedette::server
