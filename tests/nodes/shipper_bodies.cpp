// What shippers wrap records in: the same records come out, and damage costs what is damaged.
#include "base/base64.hpp"
#include "nodes/server/api/shippers/bulk_body.hpp"
#include "nodes/server/api/shippers/firehose_body.hpp"
#include "nodes/server/api/shippers/hec_body.hpp"
#include "nodes/server/api/shippers/otlp_body.hpp"
#include "tests/nodes/support.hpp"

#include <algorithm>
#include <zlib.h>

using namespace vedette;
using namespace vedette::server;

namespace {

using texts = std::vector<std::string>;
using testing::records_of;

texts records_of(const std::variant<cut_body, hec_problem>& body) {
  if (const auto* p = std::get_if<hec_problem>(&body))
    return {"code " + std::to_string(p->code)};
  return records_of(std::get<cut_body>(body));
}

texts records_of(const base::result<cut_body>& body) {
  return body ? records_of(*body) : texts{std::string{to_string(body.err().code)}};
}

const std::string a = R"({"eventVersion":"1.08","a":1})", b = R"({"eventVersion":"1.08","b":2})";

std::string quoted(const std::string& text) {
  base::json_writer w;
  w.value(text);
  return std::string{w.text()};
}

std::string gzip(const std::string& text) {
  std::string out(compressBound(text.size()) + 64, '\0');
  z_stream z{};
  REQUIRE(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

/// A field of Protocol Buffers that has a length.
std::string field(unsigned number, const std::string& bytes) {
  std::string out(1, static_cast<char>(number << 3U | 2U));
  auto length = bytes.size();
  for (; length >= 0x80; length >>= 7U)
    out += static_cast<char>(length | 0x80U);
  out += static_cast<char>(length);
  return out + bytes;
}

std::string export_of(const texts& any_values) {
  std::string logs;
  for (const auto& v : any_values)
    logs += field(2, std::string{"\x09\x01\x02\x03\x04\x05\x06\x07\x08", 9} + field(5, v));
  return field(1, field(1, "") + field(2, field(1, "") + logs));
}

} // namespace

TEST_CASE("hec: an event is a record, as an object, as a text, and as a shipper wraps it",
          "[nodes][shippers]") {
  CHECK(records_of(hec_events(R"({"event":)" + a + R"(}{"time":1,"event":)" + b + "}")) ==
        texts{a, b});
  CHECK(records_of(hec_events(R"({"event":)" + quoted(a) + "}\n{\"event\":" + quoted(b) + "}\n")) ==
        texts{a, b});
  CHECK(records_of(hec_events(R"({"event":{"message":)" + quoted(a) + R"(,"host":"h"}})")) ==
        texts{a});
  CHECK(records_of(hec_events(R"({"event":{"Records":[)" + a + "," + b + "]}}")) == texts{a, b});
}

TEST_CASE("hec: a bad event rejects none of its neighbours, and only a bad body is refused",
          "[nodes][shippers]") {
  CHECK(records_of(hec_events(R"({"event":)" + a + R"(}{"fields":{}}{"event":"just text"})")) ==
        texts{a, R"({"fields":{}})", "just text"});
  CHECK(records_of(hec_events(R"({"event":)" + a + R"(}{"event":)")) == texts{a, R"({"event":)"});
  CHECK(records_of(hec_events("nonsense")) == texts{"code 6"});
  CHECK(records_of(hec_events("[]")) == texts{"code 6"});
  CHECK(records_of(hec_events(" \n")) == texts{"code 5"});
  CHECK(records_of(hec_raw(a + "\n" + b + "\n")) == texts{a, b});
  CHECK(records_of(hec_raw("first\n\nsecond")) == texts{"first", "second"});
  CHECK(records_of(hec_raw("")) == texts{"code 5"});
}

TEST_CASE("lines of a log that is known become records at every door", "[nodes][shippers]") {
  const std::string header = "srcaddr dstaddr action start", line = "10.0.0.1 10.0.0.2 ACCEPT 7";
  const std::string usual = "2 111122223333 eni-1 10.0.0.1";
  const std::string ordered =
      R"({"srcaddr":"10.0.0.1","dstaddr":"10.0.0.2","action":"ACCEPT","start":7})";
  const std::string record =
      R"({"version":2,"account-id":"111122223333","interface-id":"eni-1","srcaddr":"10.0.0.1"})";
  CHECK(records_of(cut(header + "\n" + line + "\n" + line, {})) == texts{ordered, ordered});
  CHECK(records_of(cut("\n" + usual + "\n" + a, {})) == texts{record, a});
  CHECK(records_of(cut("hello\n" + usual, {})) == texts{"malformed"});
  CHECK(records_of(hec_raw(usual + "\n")) == texts{record});
  CHECK(records_of(hec_events(R"({"event":)" + quoted(usual) + "}")) == texts{record});
  const auto bulk = read_bulk("{\"index\":{}}\n{\"message\":" + quoted(usual) + "}\n", "i");
  REQUIRE(bulk);
  CHECK(records_of(bulk->records) == texts{record});
}

TEST_CASE("bulk: every document is a record, and every action has its item", "[nodes][shippers]") {
  const auto body = read_bulk("{\"create\":{\"_index\":\"logs\",\"_id\":\"7\"}}\n" + a +
                                  "\n{\"index\":{}}\r\n{\"message\":" + quoted(b) +
                                  "}\r\n{\"delete\":{\"_id\":\"7\"}}\n{\"update\":{}}\n{}\n"
                                  "{\"create\":{}}\nnonsense\n",
                              "path");
  REQUIRE(body);
  CHECK(records_of(body->records) == texts{a, b, "nonsense"});
  REQUIRE(body->items.size() == 5);
  CHECK(body->items[0].index == "logs");
  CHECK(body->items[0].id == "7");
  CHECK(body->items[1].index == "path");
  texts taken;
  for (const auto& i : body->items)
    taken.push_back(i.action + (i.taken ? "" : " not"));
  CHECK(taken == texts{"create", "index", "delete not", "update not", "create"});
}

TEST_CASE("bulk: a body whose actions cannot be told from its documents is refused whole",
          "[nodes][shippers]") {
  for (const auto* bad : {"nonsense\n", "{\"sing\":{}}\n{}\n", "{}\n{}\n", "[]\n"}) {
    INFO(bad);
    const auto body = read_bulk(bad, "");
    REQUIRE_FALSE(body);
    CHECK(body.err().context.find("line 1 ") == 0);
  }
  CHECK(read_bulk("", "")->items.empty());
}

TEST_CASE("otlp: both encodings give the same records", "[nodes][shippers]") {
  const auto json = [](const texts& bodies) {
    std::string logs;
    for (const auto& v : bodies)
      logs += (logs.empty() ? "" : ",") + (R"({"timeUnixNano":"1","body":)" + v + "}");
    return R"({"resourceLogs":[{"resource":{},"scopeLogs":[{"logRecords":[)" + logs + "]}]}]}";
  };
  const auto text_json = R"({"stringValue":)" + quoted(a) + "}";
  const std::string map_json =
      R"({"kvlistValue":{"values":[{"key":"eventVersion","value":{"stringValue":"1.08"}},)"
      R"({"key":"n","value":{"intValue":"-3"}},{"key":"on","value":{"boolValue":true}},)"
      R"({"key":"list","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}]}})";
  const std::string map = R"({"eventVersion":"1.08","n":-3,"on":true,"list":["x"]})";
  CHECK(records_of(read_otlp_json(json({text_json, map_json}))) == texts{a, map});

  const auto pair = [](const char* key, const std::string& value) {
    return field(1, field(1, key) + field(2, value));
  };
  const std::string minus_three = "\x18\xfd\xff\xff\xff\xff\xff\xff\xff\xff\x01", yes = "\x10\x01";
  const auto map_bytes =
      field(6, pair("eventVersion", field(1, "1.08")) + pair("n", minus_three) + pair("on", yes) +
                   pair("list", field(5, field(1, field(1, "x")))));
  CHECK(records_of(read_otlp_protobuf(export_of({field(1, a), map_bytes}))) == texts{a, map});
}

TEST_CASE("otlp: a body that is none, or was cut short, is refused; a log without one is kept",
          "[nodes][shippers]") {
  CHECK(records_of(read_otlp_json("{}")) == texts{"malformed"});
  CHECK(records_of(
            read_otlp_json(R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"x":1}]}]}]})")) ==
        texts{R"({"x":1})"});
  CHECK(records_of(read_otlp_protobuf("")) == texts{});
  const auto whole = export_of({field(1, a)});
  for (std::size_t n = 1; n < whole.size(); ++n)
    CHECK(records_of(read_otlp_protobuf(whole.substr(0, n))) == texts{"malformed"});
}

TEST_CASE("otlp: what nests deeper than a record may is left out", "[nodes][shippers]") {
  std::string deep = field(1, "x"), deep_json = R"({"stringValue":"x"})";
  for (std::size_t i = 0; i < 2 * base::limits::record_depth; ++i) {
    deep = field(5, field(1, deep));
    deep_json = R"({"arrayValue":{"values":[)" + deep_json + "]}}";
  }
  const auto list = [](const texts& records) {
    REQUIRE(records.size() == 1);
    CHECK(records.front().find("null") != std::string::npos);
    return static_cast<std::size_t>(std::ranges::count(records.front(), '['));
  };
  CHECK(list(records_of(read_otlp_protobuf(export_of(
            {field(6, field(1, field(1, "k") + field(2, deep)))})))) == base::limits::record_depth);
  const auto json = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"kvlistValue":)"
                    R"({"values":[{"key":"k","value":)" +
                    deep_json + "}]}}}]}]}]}";
  CHECK(list(records_of(read_otlp_json(json))) == base::limits::record_depth);
}

TEST_CASE("firehose: records come out of base 64, packed or not", "[nodes][shippers]") {
  const auto body = [](const texts& data) {
    std::string list;
    for (const auto& d : data)
      list += (list.empty() ? "" : ",") + (R"({"data":")" + d + "\"}");
    return R"({"requestId":"r-1","timestamp":1,"records":[)" + list + "]}";
  };
  const auto read = read_firehose(
      body({base::base64_encode(a), base::base64_encode(gzip(a + b)), base::base64_encode("text")}),
      1 << 20);
  REQUIRE(read);
  CHECK(read->request == "r-1");
  CHECK(records_of(read->records) == texts{a, a, b, "text"});

  // What cannot be unpacked is kept as it came.
  const auto damaged = base::base64_encode(gzip(a).substr(0, 20));
  const auto kept = read_firehose(body({"?", damaged, base::base64_encode(b)}), 1 << 20);
  REQUIRE(kept);
  CHECK(records_of(kept->records) == texts{R"({"data":"?"})", R"({"data":")" + damaged + "\"}", b});

  const auto large =
      read_firehose(body({base::base64_encode(gzip(std::string(1 << 20, ' ')))}), 1000);
  REQUIRE_FALSE(large);
  CHECK(large.err().code == base::ec::too_large);
  CHECK_FALSE(read_firehose("{}", 1000));
  CHECK_FALSE(read_firehose(R"({"requestId":"r"})", 1000));
}
