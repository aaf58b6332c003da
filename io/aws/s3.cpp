#include "io/aws/s3.hpp"

#include "io/aws/credential_services.hpp"
#include "io/aws/xml.hpp"

#include <fmt/format.h>

#include <charconv>

namespace vedette::io {

namespace {

using base::ec;
using base::error;

constexpr std::string_view s3_scheme = "s3://";
constexpr std::string_view placeholder = "{bucket}";

/// AWS moves everybody to names in the host; a dot in one would not fit the certificate.
bool in_the_path(const std::string& bucket) {
  return bucket.find('.') != std::string::npos;
}

http_headers only_if(const s3_object& object) {
  http_headers out;
  if (!object.etag.empty())
    out.set("If-Match", object.etag);
  return out;
}

error changed_or(const http_response& answer, const s3_object& object) {
  if (answer.status == 412)
    return {ec::conflict, fmt::format("reading {}: it was replaced since it was announced; what is "
                                      "there now comes under its own announcement, or with the "
                                      "next run",
                                      object.url())};
  return aws_error(answer, "reading " + object.url());
}

} // namespace

base::result<s3_place> parse_s3_url(std::string_view url) {
  if (url.starts_with(s3_scheme)) {
    const auto rest = url.substr(s3_scheme.size());
    const auto slash = rest.find('/');
    const auto bucket = rest.substr(0, slash);
    if (bucket.size() >= 3 && bucket.find_first_of("?#%") == std::string_view::npos)
      return s3_place{std::string{bucket},
                      std::string{slash == std::string_view::npos ? "" : rest.substr(slash + 1)}};
  }
  return error{ec::invalid_argument,
               fmt::format("{}: not an address of objects; write s3://BUCKET/PREFIX", url)};
}

s3_client::s3_client(aws_settings settings, std::shared_ptr<aws_credential_chain> chain)
    : settings_{std::move(settings)}, client_{std::move(chain), object_bytes_max,
                                              settings_.ca_file} {
  if (const auto own = settings_.variable("AWS_ENDPOINT_URL_S3");
      !own.empty() && settings_.endpoint_url.empty())
    settings_.endpoint_url = own;
  while (settings_.endpoint_url.ends_with('/'))
    settings_.endpoint_url.pop_back();
}

aws_request s3_client::request_for(const std::string& bucket, const std::string& key) const {
  aws_request r;
  r.service = "s3";
  const auto known = regions_.find(bucket);
  r.region = known != regions_.end()    ? known->second
             : settings_.region.empty() ? "us-east-1"
                                        : settings_.region;
  r.origin = settings_.endpoint_url;
  r.path = key.empty() ? std::string{} : "/" + encode_path(key);
  const auto hole = r.origin.find(placeholder);
  if (hole != std::string::npos)
    r.origin.replace(hole, placeholder.size(), bucket);
  else if (r.origin.empty() && !in_the_path(bucket))
    r.origin = aws_url(bucket + ".s3", r.region);
  else {
    if (r.origin.empty())
      r.origin = aws_url("s3", r.region);
    r.path = "/" + encode_path(bucket) + r.path;
  }
  if (r.path.empty())
    r.path = "/";
  return r;
}

template <class Call>
base::result<http_response> s3_client::ask(const std::string& bucket, aws_request request,
                                           Call call) {
  auto answer = call(request);
  if (!answer || answer->status / 100 == 2)
    return answer;
  const std::string region{answer->headers.get("x-amz-bucket-region")};
  if (region.empty() || region == request.region || regions_.size() >= buckets_max)
    return answer;
  regions_[bucket] = region;
  request.region = region;
  if (settings_.endpoint_url.empty())
    request.origin = request_for(bucket, "").origin;
  return call(request);
}

base::result<s3_page> s3_client::list(const s3_place& place, const std::string& token) {
  auto request = request_for(place.bucket, "");
  request.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", place.prefix}};
  if (!token.empty())
    request.query.emplace_back("continuation-token", token);
  const auto what = fmt::format("listing s3://{}/{}", place.bucket, place.prefix);
  const auto answer =
      ask(place.bucket, std::move(request), [&](const aws_request& r) { return client_.call(r); });
  if (!answer)
    return answer.err();
  if (answer->status != 200)
    return aws_error(*answer, what);
  s3_page out;
  bool more = false, is_list = false, damaged = false;
  s3_object object;
  const auto read = read_xml(answer->body, what, [&](std::string_view path, std::string_view text) {
    if (path == "ListBucketResult")
      is_list = true;
    else if (path == "ListBucketResult/IsTruncated")
      more = text == "true";
    else if (path == "ListBucketResult/NextContinuationToken")
      out.next = text;
    else if (path == "ListBucketResult/Contents/Key") {
      const auto key = percent_decode(text, true);
      damaged = damaged || !key;
      object.key = key.value_or("");
    } else if (path == "ListBucketResult/Contents/ETag")
      object.etag = text;
    else if (path == "ListBucketResult/Contents/LastModified")
      object.modified = base::parse_rfc3339(text).value_or(base::event_time{});
    else if (path == "ListBucketResult/Contents/Size")
      object.size_known =
          std::from_chars(text.data(), text.data() + text.size(), object.size).ec == std::errc{};
    else if (path == "ListBucketResult/Contents") {
      object.bucket = place.bucket;
      out.objects.push_back(std::exchange(object, {}));
    }
  });
  if (!read)
    return read.err();
  if (!is_list || damaged)
    return error{ec::malformed,
                 fmt::format("{}: the answer is no list of objects; is this the address of an "
                             "S3-compatible service?",
                             what)};
  if (!more)
    out.next.clear();
  return out;
}

void s3_client::look(s3_object& object) {
  auto request = request_for(object.bucket, object.key);
  request.method = http_method::head;
  const auto answer =
      ask(object.bucket, std::move(request), [&](const aws_request& r) { return client_.call(r); });
  if (!answer || answer->status != 200)
    return;
  const auto length = answer->headers.get("Content-Length");
  object.size_known =
      std::from_chars(length.data(), length.data() + length.size(), object.size).ec == std::errc{};
  object.etag = answer->headers.get("ETag");
}

base::result<std::string> s3_client::get(const s3_object& object) {
  auto request = request_for(object.bucket, object.key);
  request.headers = only_if(object);
  auto answer =
      ask(object.bucket, std::move(request), [&](const aws_request& r) { return client_.call(r); });
  if (!answer)
    return answer.err();
  if (answer->status != 200)
    return changed_or(*answer, object);
  return std::move(answer->body);
}

base::status s3_client::stream(const s3_object& object, const byte_sink& sink) {
  auto request = request_for(object.bucket, object.key);
  request.headers = only_if(object);
  std::optional<error> failed;
  const std::function<bool(std::string_view)> take = [&](std::string_view bytes) {
    if (auto ok = sink(bytes); !ok)
      failed = ok.err();
    return !failed;
  };
  const auto answer = ask(object.bucket, std::move(request),
                          [&](const aws_request& r) { return client_.stream(r, take); });
  if (failed)
    return *failed;
  if (!answer)
    return answer.err();
  return answer->status == 200 ? base::status{} : changed_or(*answer, object);
}

} // namespace vedette::io
