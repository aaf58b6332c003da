// Object keys and sizes, derived from a number so that nothing needs to be remembered: object n of
// a bucket has the same key and size in every record of every run.
#pragma once

#include "nodes/simulate/record.hpp"

#include <cstdint>

namespace vedette::simulate {

/// Sets bucket, key and bytes of the call to object `n` of bucket number `bucket` of its tenant.
void use_object(call& c, std::uint32_t bucket, std::uint64_t n);

/// The bucket an application keeps its data in.
[[nodiscard]] constexpr std::uint32_t bucket_of_app(std::uint32_t app) {
  return lake_buckets + backup_buckets + app % apps;
}

} // namespace vedette::simulate
