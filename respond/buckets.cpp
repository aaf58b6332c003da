#include "respond/buckets.hpp"

#include <algorithm>

namespace vedette::respond {

std::string_view bucket_of(std::string_view resource) noexcept {
  constexpr std::string_view scheme = "arn:aws", service = ":s3:::";
  if (!resource.starts_with(scheme))
    return {};
  const auto partition = resource.find(':', scheme.size());
  if (partition == std::string_view::npos || !resource.substr(partition).starts_with(service))
    return {};
  const auto name = partition + service.size();
  const auto key = resource.find('/', name);
  const auto out = resource.substr(0, key);
  return out.size() == name ? std::string_view{} : out;
}

std::vector<std::string> buckets_of(const std::vector<std::string>& resources) {
  std::vector<std::string> out;
  for (const auto& r : resources)
    if (const auto bucket = bucket_of(r);
        !bucket.empty() && std::find(out.begin(), out.end(), bucket) == out.end())
      out.emplace_back(bucket);
  return out;
}

} // namespace vedette::respond
