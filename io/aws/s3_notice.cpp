#include "io/aws/s3_notice.hpp"

#include <simdjson.h>

namespace vedette::io {

namespace {

using element = simdjson::dom::element;

constexpr int wrappers_max = 3;

std::string_view text(element from, const char* pointer) {
  std::string_view out;
  return from.at_pointer(pointer).get(out) == simdjson::SUCCESS ? out : std::string_view{};
}

base::error unreadable(const char* why) {
  return {base::ec::malformed,
          std::string{"it is no notification of S3, SNS, EventBridge or CloudTrail: "} + why};
}

/// The tag as in a header; a notification has it bare.
std::string quoted(std::string_view etag) {
  if (etag.empty() || etag.front() == '"')
    return std::string{etag};
  return "\"" + std::string{etag} + "\"";
}

void take_size(element object, s3_object& out) {
  std::uint64_t size = 0;
  if (object["size"].get(size) == simdjson::SUCCESS) {
    out.size = size;
    out.size_known = true;
  }
}

/// {"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":…},"object":{"key":…}}}]}
base::result<s3_notice> of_s3(simdjson::dom::array records) {
  s3_notice out;
  for (const auto record : records) {
    if (record["s3"].error() != simdjson::SUCCESS)
      return unreadable("a record has no \"s3\"");
    const auto what = text(record, "/eventName");
    if (what.find("ObjectCreated") == std::string_view::npos &&
        what.find("ObjectRestore:Completed") == std::string_view::npos)
      continue;
    s3_object object;
    object.bucket = text(record, "/s3/bucket/name");
    const auto key = percent_decode(text(record, "/s3/object/key"), true);
    if (object.bucket.empty() || !key || key->empty())
      return unreadable("a record names no bucket and key");
    object.key = *key;
    object.etag = quoted(text(record, "/s3/object/eTag"));
    object.modified = base::parse_rfc3339(text(record, "/eventTime")).value_or(base::event_time{});
    element about;
    if (record.at_pointer("/s3/object").get(about) == simdjson::SUCCESS)
      take_size(about, object);
    out.objects.push_back(std::move(object));
  }
  return out;
}

/// {"detail-type":"Object Created","detail":{"bucket":{"name":…},"object":{"key":…}}}; keys as they
/// are.
base::result<s3_notice> of_event_bridge(element root) {
  s3_notice out;
  if (text(root, "/detail-type") != "Object Created")
    return out;
  s3_object object;
  object.bucket = text(root, "/detail/bucket/name");
  object.key = text(root, "/detail/object/key");
  if (object.bucket.empty() || object.key.empty())
    return unreadable("an \"Object Created\" names no bucket and key");
  object.etag = quoted(text(root, "/detail/object/etag"));
  object.modified = base::parse_rfc3339(text(root, "/time")).value_or(base::event_time{});
  element about;
  if (root.at_pointer("/detail/object").get(about) == simdjson::SUCCESS)
    take_size(about, object);
  out.objects.push_back(std::move(object));
  return out;
}

/// {"s3Bucket":…,"s3ObjectKey":[…]}
base::result<s3_notice> of_cloudtrail(element root, simdjson::dom::array keys) {
  s3_notice out;
  for (const auto key : keys) {
    std::string_view name;
    s3_object object;
    object.bucket = text(root, "/s3Bucket");
    if (key.get(name) != simdjson::SUCCESS || name.empty() || object.bucket.empty())
      return unreadable("\"s3ObjectKey\" names no object");
    object.key = name;
    out.objects.push_back(std::move(object));
  }
  return out;
}

base::result<s3_notice> read(std::string_view body, int wrappers) {
  simdjson::dom::parser parser;
  element root;
  const simdjson::padded_string padded{body};
  if (parser.parse(padded).get(root) != simdjson::SUCCESS)
    return unreadable("it is no JSON");
  simdjson::dom::array list;
  if (root["Records"].get(list) == simdjson::SUCCESS)
    return of_s3(list);
  if (text(root, "/Event") == "s3:TestEvent")
    return s3_notice{};
  if (text(root, "/source") == "aws.s3" && !text(root, "/detail-type").empty())
    return of_event_bridge(root);
  if (root["s3ObjectKey"].get(list) == simdjson::SUCCESS)
    return of_cloudtrail(root, list);
  // CloudTrail tries a new topic with a text that is none.
  if (const auto inner = text(root, "/Message"); !inner.empty()) {
    if (inner == "CloudTrail validation message.")
      return s3_notice{};
    if (wrappers < wrappers_max)
      return read(inner, wrappers + 1);
  }
  return unreadable("nothing in it names an object");
}

} // namespace

base::result<s3_notice> read_s3_notice(std::string_view body) {
  return read(body, 0);
}

} // namespace vedette::io
