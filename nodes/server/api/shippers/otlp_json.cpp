#include "base/json_writer.hpp"
#include "nodes/server/api/shippers/otlp_body.hpp"
#include "nodes/server/api/shippers/shipped_record.hpp"

namespace vedette::server {

namespace {

using ingest::element_reader;
using ingest::json_kind;
using ingest::member;
using ingest::member_reader;

/// An AnyValue as plain JSON.
void write(base::json_writer& w, const ingest::json_value& any, base::arena& memory,
           std::size_t depth) {
  member_reader m{any};
  if (depth > base::limits::record_depth || !m.next()) {
    w.null();
    return;
  }
  const auto& v = m.value();
  if (m.key() == "kvlistValue") {
    w.begin_object();
    for (element_reader e{member(v, "values")}; e.next();) {
      w.key(ingest::text_of(member(e.value(), "key"), memory));
      write(w, member(e.value(), "value"), memory, depth + 1);
    }
    w.end_object();
  } else if (m.key() == "arrayValue") {
    w.begin_array();
    for (element_reader e{member(v, "values")}; e.next();)
      write(w, e.value(), memory, depth + 1);
    w.end_array();
  } else if (m.key() == "intValue" && v.kind == json_kind::text) { // 64 bits come as text
    w.raw(v.inner().find_first_not_of("-0123456789") == v.inner().npos && !v.inner().empty()
              ? v.inner()
              : "null");
  } else if (v.kind == json_kind::text) {
    w.value(ingest::text_of(v, memory));
  } else if (v.kind == json_kind::number || v.kind == json_kind::boolean) {
    w.raw(v.raw);
  } else {
    w.null();
  }
}

void add_log(body_cutter& to, const ingest::json_value& log) {
  base::arena memory;
  const auto body = member(log, "body");
  if (const auto text = member(body, "stringValue")) {
    add_text(to, ingest::text_of(text, memory));
  } else if (member(body, "kvlistValue")) {
    base::json_writer w;
    write(w, body, memory, 0);
    add_shipped(to, ingest::read_value(w.text()));
  } else {
    to.add_record(log.raw);
  }
}

} // namespace

base::result<cut_body> read_otlp_json(std::string_view body) {
  const auto resources = member(ingest::read_value(body), "resourceLogs");
  if (resources.kind != json_kind::array)
    return base::error{base::ec::malformed, "reading the body: expected {\"resourceLogs\":[…]}"};
  body_cutter out{body.size()};
  for (element_reader r{resources}; r.next();)
    for (element_reader s{member(r.value(), "scopeLogs")}; s.next();)
      for (element_reader l{member(s.value(), "logRecords")}; l.next();)
        add_log(out, l.value());
  return out.finish();
}

} // namespace vedette::server
