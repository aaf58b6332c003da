// What a hostile or broken collector sends in the shapes of Microsoft's clouds.
#include "tests/ingest/microsoft_records.hpp"

#include "base/limits.hpp"

using namespace vedette;
using namespace vedette::ingest;

namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

} // namespace

TEST_CASE("a record of Microsoft's that cannot be an event is quarantined with the reason",
          "[ingest][bad]") {
  struct row {
    const char* why;
    std::string text;
    const char* reason;
  };
  const auto r = GENERATE(values<row>({
      {"Azure, wrong type of the time", azure_with(R"("time":1767323045)"), "time is not text"},
      {"Azure, no time", azure_with(R"("time":null)"), "no time"},
      {"Azure, empty time", azure_with(R"("time":"")"), "no time"},
      {"Azure, a time that is none", azure_with(R"("time":"yesterday")"),
       "time 'yesterday' is not a time"},
      {"Azure, no operation", azure_with(R"("operationName":"")"), "no operationName"},
      {"Azure, an operation of another type", azure_with(R"("operationName":["x"])"),
       "no operationName"},
      {"Azure, an identity of another type", azure_with(R"("identity":7)"),
       "identity is neither an object nor text"},
      {"Azure, nobody and from nowhere", azure_with(R"("identity":{},"callerIpAddress":"")"),
       "no identity, caller or address"},
      {"storage, nobody and from nowhere",
       storage_with(R"("identity":null,"callerIpAddress":null)"), "no identity, caller or address"},
      {"Azure, invalid UTF-8", azure_with("\"level\":\"\xff\xfe\""), "record is not UTF-8"},
      {"Azure, truncated", azure_with("").substr(0, 200), "record is truncated or not valid JSON"},
      {"Azure, too deep", azure_with("\"properties\":" + nested(10'000)),
       "record nests deeper than 128 levels"},
      {"a sign-in, no time", sign_in_with(R"("createdDateTime":null)", R"("time":null)"),
       "no time"},
      {"a sign-in, wrong type of the time", sign_in_with("", R"("time":{})"), "time is not text"},
      {"a sign-in, a time that is none", sign_in_with(R"("createdDateTime":"soon")"),
       "time 'soon' is not a time"},
      {"a sign-in of nobody",
       sign_in_with(R"("userId":"","userPrincipalName":"","userDisplayName":"")"),
       "no user, service principal or application"},
      {"a sign-in whose properties are no object", sign_in_with("", R"("properties":7)"),
       "no user, service principal or application"},
      {"a change by nobody", directory_change_with(R"("initiatedBy":{"user":null,"app":null})"),
       "no user, service principal or application"},
      {"a change of nothing",
       directory_change_with(R"("activityDisplayName":"")", R"("operationName":null)"),
       "no operation"},
      {"a call of Graph without a method", graph_call_with(R"("requestMethod":null)"),
       "no operation"},
      {"a sign-in, invalid UTF-8", sign_in_with("\"userAgent\":\"\xff\xfe\""),
       "record is not UTF-8"},
      {"a sign-in, too deep", sign_in_with("\"location\":" + nested(base::limits::record_depth)),
       "record nests deeper than 128 levels"},
      {"Microsoft 365, wrong type of the time", m365_with(R"("CreationTime":1767323045)"),
       "CreationTime is not text"},
      {"Microsoft 365, no time", m365_with(R"("CreationTime":"")"), "no CreationTime"},
      {"Microsoft 365, a time that is none", m365_with(R"("CreationTime":"2026-13-01T00:00:00")"),
       "CreationTime '2026-13-01T00:00:00' is not a time"},
      {"Microsoft 365, no operation", m365_with(R"("Operation":{})"), "no Operation"},
      {"Microsoft 365, nobody", m365_with(R"("UserId":"","UserKey":"Not Available")"), "no UserId"},
      {"Microsoft 365, invalid UTF-8", m365_with("\"UserAgent\":\"\xff\xfe\""),
       "record is not UTF-8"},
      {"Microsoft 365, too deep", m365_with("\"Parameters\":" + nested(base::limits::record_depth)),
       "record nests deeper than 128 levels"},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  CHECK(run->batch.events.empty());
  CHECK(run->quarantined == std::vector<std::string>{r.reason});
}

TEST_CASE("oddities that leave a record of Microsoft's an event", "[ingest][bad]") {
  struct row {
    const char* why;
    std::string text;
  };
  const auto deep = nested(base::limits::record_depth - 2);
  const auto r = GENERATE_COPY(values<row>({
      {"properties that are text and no JSON", azure_with(R"("properties":"hello")")},
      {"properties that are text and broken JSON",
       azure_with(R"("properties":"{\"requestbody\":\"{")")},
      {"properties as deep as allowed", azure_with("\"properties\":" + deep)},
      {"a body in text, deeper than any record",
       azure_with("\"properties\":{\"requestbody\":\"" + nested(5'000) + "\"}")},
      {"claims of other types",
       azure_with(R"("identity":{"claims":{"oid":7,"appid":[],"uti":{}},"authorization":"x"})")},
      {"a status of another type", azure_with(R"("resultType":["Success"])")},
      {"an unknown status", azure_with(R"("resultType":"Perhaps")")},
      {"an address that is none", azure_with(R"("callerIpAddress":"[[[")")},
      {"a size that is none",
       storage_with(R"("properties":{"accountName":"a","responseBodySize":"many"})")},
      {"a negative size",
       storage_with(R"("properties":{"accountName":"a","responseBodySize":-5})")},
      {"a status of a sign-in as text", sign_in_with(R"("status":"ok")")},
      {"targets of other types",
       directory_change_with(R"("targetResources":{"a":1},"additionalDetails":"x")")},
      {"targets without properties",
       directory_change_with(R"("targetResources":[1,null,{"modifiedProperties":7}])")},
      {"a URI that is none", graph_call_with(R"("requestUri":"????")")},
      {"parameters of other types",
       m365_with(R"("Parameters":{"a":1},"Folders":7,"AppAccessContext":[])")},
      {"an unknown kind of user", m365_with(R"("UserType":99)")},
      {"an unknown field", m365_with(R"("BrandNew":{"a":[1,{"b":2}]})")},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  CHECK(run->quarantined == std::vector<std::string>{});
  CHECK(run->skipped == std::vector<std::string>{});
  CHECK(run->batch.events.size() == 1);
}

TEST_CASE("of a field of Microsoft's given twice the first counts, in any casing",
          "[ingest][bad]") {
  const auto run =
      run_text(R"({"OperationName":"A/first/action","operation_name":"A/second/action",)" +
               azure_with("").substr(1));
  CHECK(run->only().action == "A/first/action");
}

TEST_CASE("what no storage call can have moved is no bytes", "[ingest][bad]") {
  const auto bytes = [](const char* size) {
    return run_text(storage_with(R"("properties":{"accountName":"a","responseBodySize":)" +
                                 std::string{size} + "}"))
        ->only()
        .bytes;
  };
  CHECK(bytes("12") == 12);
  CHECK(bytes("\"12\"") == 12);
  CHECK(bytes("-5") == 0);
  CHECK(bytes("null") == 0);
  CHECK(bytes("99999999999999999999999999") == 0);
}
