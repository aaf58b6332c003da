#include "tests/processes/object_store.hpp"

#include "base/hash.hpp"
#include "tests/support/catch.hpp"

namespace vedette::test {

namespace {

io::http_response error(int status, const std::string& code) {
  return io::text_response("<Error><Code>" + code + "</Code><Message>as asked</Message></Error>",
                           status);
}

std::string tag_of(const std::string& bytes) {
  return "\"" + base::to_hex(base::hash128_of(bytes)) + "\"";
}

} // namespace

object_store::object_store() {
  io::http_router router;
  const io::route_options open{{}, 0, 0};
  router.add(io::http_method::get, "/logs", open, [this](io::http_call c, io::http_responder to) {
    to.respond(guarded(c.request, [&] { return list(c.request); }));
  });
  router.add(io::http_method::get, "/logs/{key}", open,
             [this](io::http_call c, io::http_responder to) {
               const std::string key{*io::find(c.request.parameters, "key")};
               to.respond(guarded(c.request, [&] { return get(c.request, key); }));
             });
  io::http_server_settings settings;
  settings.port = 0;
  settings.threads = 1;
  server_ = std::make_unique<io::http_server>(settings, std::move(router), io::http_hooks{});
  REQUIRE(server_->start());
}
object_store::~object_store() = default;

void object_store::put(const std::string& key, std::string bytes) {
  const std::lock_guard held{lock_};
  objects_[key] = std::move(bytes);
}

std::string object_store::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port());
}

std::vector<std::pair<std::string, std::string>> object_store::environment() const {
  return {{"AWS_ENDPOINT_URL", url()},
          {"AWS_ACCESS_KEY_ID", "AKIDTEST"},
          {"AWS_SECRET_ACCESS_KEY", "secret-of-the-test"},
          {"AWS_CONFIG_FILE", "/dev/null"},
          {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
          {"AWS_EC2_METADATA_DISABLED", "true"}};
}

io::http_response object_store::guarded(const io::http_request& asked,
                                        const std::function<io::http_response()>& answer) {
  if (asked.headers.get("Authorization").find("Credential=AKIDTEST/") == std::string_view::npos)
    return error(403, "InvalidAccessKeyId");
  if (busy > 0 && busy-- > 0)
    return error(503, "SlowDown");
  if (forgets_bucket)
    return error(404, "NoSuchBucket");
  return answer();
}

io::http_response object_store::list(const io::http_request& asked) const {
  const std::string prefix{io::find(asked.query, "prefix").value_or("")};
  const std::string after{io::find(asked.query, "continuation-token").value_or("")};
  const std::lock_guard held{lock_};
  std::string out = "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>", found;
  int count = 0;
  auto at = objects_.upper_bound(after);
  std::string last;
  for (; at != objects_.end() && count < 1000; ++at)
    if (at->first.starts_with(prefix)) {
      ++count;
      last = at->first;
      found += "<Contents><Key>" + io::percent_encode(last) + "</Key><Size>" +
               std::to_string(at->second.size()) + "</Size><ETag>" + tag_of(at->second) +
               "</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>";
    }
  const bool more = at != objects_.end();
  out += more ? "true</IsTruncated><NextContinuationToken>" + last + "</NextContinuationToken>"
              : "false</IsTruncated>";
  return io::text_response(out + found + "</ListBucketResult>");
}

io::http_response object_store::get(const io::http_request& asked, const std::string& key) {
  const std::lock_guard held{lock_};
  const auto at = objects_.find(key);
  if (at == objects_.end())
    return error(404, "NoSuchKey");
  const auto wanted = asked.headers.get("If-Match");
  if (!wanted.empty() && wanted != tag_of(at->second))
    return error(412, "PreconditionFailed");
  ++reads;
  return io::text_response(at->second);
}

} // namespace vedette::test
