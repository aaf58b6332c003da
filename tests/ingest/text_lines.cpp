#include "ingest/lines/text_lines.hpp"

#include "ingest/record_time.hpp"
#include "tests/ingest/records.hpp"

using namespace vedette;
using namespace vedette::ingest;
using kind = text_lines::kind;

namespace {

constexpr const char* flow = "2 111122223333 eni-1 10.0.0.1 198.51.100.7 1 443 6 3 40 1768210860 "
                             "1768210919 ACCEPT OK";

} // namespace

TEST_CASE("lines: columns become members, \"-\" none, digits numbers", "[ingest][lines]") {
  text_lines t;
  REQUIRE(t.take("2 111122223333 eni-1 - 198.51.100.7 0 0443 6") == kind::record);
  CHECK(t.record() == R"({"version":2,"account-id":"111122223333","interface-id":"eni-1",)"
                      R"("dstaddr":"198.51.100.7","srcport":0,"dstport":"0443","protocol":6})");
}

TEST_CASE("lines: what is a line and what is not", "[ingest][lines]") {
  struct row {
    const char* text;
    kind what;
  };
  const auto r = GENERATE(values<row>({
      {flow, kind::record},
      {"2 unknown eni-1", kind::record},
      {"2 1111 eni-1", kind::none},
      {"3 111122223333 eni-1", kind::none},
      {"version account-id interface-id", kind::header},
      {"${version} ${account-id} ${interface-id} ${of-the-future}", kind::header},
      {"version account-id", kind::none},
      {"version of something else than a flow log", kind::none},
      {"version account-id interface-id 17", kind::none},
      {"hello", kind::none},
      {"", kind::none},
  }));
  INFO(r.text);
  text_lines t;
  CHECK(t.take(r.text) == r.what);
  CHECK(begins_like_line(std::string{r.text} + "\nrest") == (r.what != kind::none));
}

TEST_CASE("lines: a header holds until the next one or the end of its stream", "[ingest][lines]") {
  text_lines t;
  CHECK(t.take("srcaddr dstaddr action") == kind::header);
  CHECK(t.take("10.0.0.1 10.0.0.2 ACCEPT") == kind::record);
  CHECK(t.record() == R"({"srcaddr":"10.0.0.1","dstaddr":"10.0.0.2","action":"ACCEPT"})");
  CHECK(t.take("10.0.0.1 10.0.0.2") == kind::misfit);
  CHECK(t.take("10.0.0.1 10.0.0.2 ACCEPT OK") == kind::misfit);
  INFO("a line in default order is known by itself");
  CHECK(t.take(flow) == kind::record);
  CHECK(t.take("action srcaddr dstaddr packets") == kind::header);
  CHECK(t.take("ACCEPT 10.0.0.1 10.0.0.2 7") == kind::record);
  CHECK(t.record() ==
        R"({"action":"ACCEPT","srcaddr":"10.0.0.1","dstaddr":"10.0.0.2","packets":7})");
  t.restart();
  CHECK(t.take("ACCEPT 10.0.0.1 10.0.0.2 7") == kind::none);
}

TEST_CASE("lines: an order that was given stands in for the header of every stream",
          "[ingest][lines]") {
  const std::string order = "${srcaddr} ${dstaddr} ${start} ${interface-id}";
  CHECK(record_splitter::check({}, order));
  CHECK_FALSE(record_splitter::check({}, "source target"));
  record_splitter s{{}, order};
  std::vector<std::string> out;
  const record_splitter::sink sink = [&](const split_record& r) { out.emplace_back(r.text); };
  const std::string wrapped =
      R"({"messageType":"DATA_MESSAGE","logEvents":[{"message":"10.0.0.1 10.0.0.2 1768210860 eni-1"}]})";
  for (int stream = 0; stream < 2; ++stream) {
    s.push("10.0.0.1 10.0.0.2 1768210860 eni-1\n" + wrapped, sink);
    s.finish(sink);
  }
  REQUIRE(out.size() == 4);
  for (const auto& text : out)
    CHECK(
        text ==
        R"({"srcaddr":"10.0.0.1","dstaddr":"10.0.0.2","start":1768210860,"interface-id":"eni-1"})");
}

TEST_CASE("lines: a record of a line says when it happened before anybody parsed it",
          "[ingest][lines]") {
  CHECK(base::format_rfc3339(*time_of(R"({"start":1768210860,"end":1768210919})")) ==
        "2026-01-12T09:41:00Z");
  CHECK(base::format_rfc3339(*time_of(R"({"requestdatetime":"12/Jan/2026:09:41:07 -0130"})")) ==
        "2026-01-12T11:11:07Z");
}

TEST_CASE("lines: text and JSON may stand side by side in one stream", "[ingest][lines]") {
  const auto run = run_text(record_with("") + "\n" + flow + "\n" + record_with("") + "\n" + flow);
  REQUIRE(run->batch.events.size() == 4);
  CHECK(run->batch.events[1].identity == "eni-1");
  CHECK(run->quarantined == std::vector<std::string>{});
}

TEST_CASE("lines: a line that grows too large as a record is refused", "[ingest][lines][bad]") {
  std::string line(64, 'a');
  line += " bucket [12/Jan/2026:09:41:07 +0000] - - - REST.GET.OBJECT " +
          std::string((1 << 20) * 3, '\x01');
  const auto run = run_text(line + "\n" + flow);
  CHECK(run->quarantined == std::vector<std::string>{"record is larger than 4 MiB"});
  CHECK(run->batch.events.size() == 1);
}
