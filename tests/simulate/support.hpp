// Reads generated records back with a parser that shares no code with the writer.
#pragma once

#include "nodes/simulate/generator.hpp"

#include <simdjson.h>

#include <string>
#include <string_view>

namespace vedette::simulate::testing {

/// The fields the tests ask about; empty when absent or null.
struct facts {
  std::string id, time, source, name, region, address, agent, error, account, type, arn, key,
      issuer, bucket, invoked_by;
  bool read_only = false;
};

class reader {
 public:
  /// Throws simdjson's exception, which fails the test, when the text is not JSON.
  facts read(const std::string& record) {
    const simdjson::dom::element doc = parser_.parse(record);
    facts f;
    const auto text = [&](std::string_view path) {
      std::string_view v;
      return doc.at_pointer(path).get(v) == simdjson::SUCCESS ? std::string{v} : std::string{};
    };
    f.id = text("/eventID");
    f.time = text("/eventTime");
    f.source = text("/eventSource");
    f.name = text("/eventName");
    f.region = text("/awsRegion");
    f.address = text("/sourceIPAddress");
    f.agent = text("/userAgent");
    f.error = text("/errorCode");
    f.account = text("/recipientAccountId");
    f.type = text("/userIdentity/type");
    f.arn = text("/userIdentity/arn");
    f.key = text("/userIdentity/accessKeyId");
    f.issuer = text("/userIdentity/sessionContext/sessionIssuer/arn");
    f.invoked_by = text("/userIdentity/invokedBy");
    f.bucket = text("/requestParameters/bucketName");
    f.read_only = bool{doc["readOnly"]};
    return f;
  }

  simdjson::dom::parser parser_;
};

/// The key a detector would keep state by.
inline std::string identity_of(const facts& f) {
  return f.issuer.empty() ? f.arn : f.issuer;
}

template <class Visit>
std::uint64_t for_each_record(generator& g, Visit visit) {
  std::string tenant, record;
  std::uint64_t n = 0;
  for (; g.next(tenant, record); ++n)
    visit(tenant, record);
  return n;
}

} // namespace vedette::simulate::testing
