#include "io/aws/sigv4.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace vedette::io {

namespace {

std::string_view bytes_of(const base::sha256_digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// "20260102T030405Z"
std::string basic_time(base::event_time t) {
  auto text = base::format_rfc3339(std::chrono::floor<std::chrono::seconds>(t));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string lower(std::string_view name) {
  std::string out{name};
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

} // namespace

std::string encode_path(std::string_view path) {
  std::string out;
  for (;;) {
    const auto slash = path.find('/');
    out += percent_encode(path.substr(0, slash));
    if (slash == std::string_view::npos)
      return out;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

std::string canonical_query(const http_parameters& query) {
  http_parameters encoded;
  for (const auto& [name, value] : query)
    encoded.emplace_back(percent_encode(name), percent_encode(value));
  std::ranges::sort(encoded);
  std::string out;
  for (const auto& [name, value] : encoded)
    out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
  return out;
}

http_headers sign(const sigv4_request& request, const sigv4_scope& scope,
                  const aws_credentials& by) {
  const auto time = basic_time(scope.now);
  const auto date = time.substr(0, 8);
  const auto body_hash = base::to_hex(base::sha256(request.body));

  std::map<std::string, std::string> headers; // the signature wants them sorted
  for (const auto& [name, value] : request.headers)
    headers[lower(name)] = value;
  headers["host"] = request.host;
  headers["x-amz-date"] = time;
  headers["x-amz-content-sha256"] = body_hash;
  if (!by.token.empty())
    headers["x-amz-security-token"] = by.token;

  std::string lines, names;
  for (const auto& [name, value] : headers) {
    lines += name + ":" + value + "\n";
    names.append(names.empty() ? "" : ";").append(name);
  }
  // Every service but S3 signs the path encoded once more than it is sent.
  const auto path = scope.service == "s3" ? std::string{request.path} : encode_path(request.path);
  const auto canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, path,
                                     canonical_query(request.query), lines, names, body_hash);
  const auto where = fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
  const auto text = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, where,
                                base::to_hex(base::sha256(canonical)));
  auto key = base::hmac_sha256("AWS4" + by.secret, date);
  for (const auto part : {scope.region, scope.service, std::string_view{"aws4_request"}})
    key = base::hmac_sha256(bytes_of(key), part);

  http_headers out;
  for (const auto* name : {"Host", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token"})
    if (const auto at = headers.find(lower(name)); at != headers.end())
      out.set(name, at->second);
  out.set("Authorization",
          fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                      by.key_id, where, names,
                      base::to_hex(base::hmac_sha256(bytes_of(key), text))));
  return out;
}

} // namespace vedette::io
