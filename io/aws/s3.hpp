// Objects of S3 and of whatever speaks its protocol: listed and read.
//
// Remembers the region of each bucket it was sent to (buckets_max). Blocks; one thread per client.
#pragma once

#include "base/time.hpp"
#include "io/aws/client.hpp"
#include "io/compression/decompressor.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vedette::io {

struct s3_object {
  std::string bucket, key;
  std::string etag;       ///< with its quotation marks; empty: not known
  std::uint64_t size = 0; ///< 0: empty, or not known
  bool size_known = false;
  base::event_time modified{};

  [[nodiscard]] std::string url() const { return "s3://" + bucket + "/" + key; }
};

struct s3_page {
  std::vector<s3_object> objects;
  std::string next; ///< token of the next page; empty: this was the last
};

/// "s3://bucket/prefix"; the prefix may be empty. Error invalid_argument.
struct s3_place {
  std::string bucket, prefix;
};
[[nodiscard]] base::result<s3_place> parse_s3_url(std::string_view url);

class s3_client {
 public:
  static constexpr std::size_t buckets_max = 1024;

  /// `settings` is complete. With an endpoint_url buckets are asked for in the path, unless it
  /// holds
  /// "{bucket}".
  s3_client(aws_settings settings, std::shared_ptr<aws_credential_chain> chain);

  [[nodiscard]] base::result<s3_page> list(const s3_place& place, const std::string& token);
  /// Fills in size and etag where an announcement left them out; leaves them when that fails, for
  /// whoever reads the object then hears why.
  void look(s3_object& object);
  /// The whole object. Errors: not_found, denied, conflict (not the etag any more), too_large.
  [[nodiscard]] base::result<std::string> get(const s3_object& object);
  /// In pieces, as fast as `sink` takes them. Errors as `get`, and what the sink returned.
  [[nodiscard]] base::status stream(const s3_object& object, const byte_sink& sink);

  /// Largest answer that `get` takes.
  static constexpr std::size_t object_bytes_max = std::size_t{8} << 20;

 private:
  aws_request request_for(const std::string& bucket, const std::string& key) const;
  /// Makes the call, and once more where the service names the bucket's region.
  template <class Call>
  base::result<http_response> ask(const std::string& bucket, aws_request request, Call call);

  aws_settings settings_;
  std::map<std::string, std::string> regions_; ///< by bucket
  aws_client client_;
};

} // namespace vedette::io
