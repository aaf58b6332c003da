#include "nodes/simulate/objects.hpp"

#include "nodes/simulate/text.hpp"

namespace vedette::simulate {

void use_object(call& c, std::uint32_t bucket, std::uint64_t n) {
  static constexpr std::string_view folders[] = {"exports",  "invoices", "customers", "images",
                                                 "sessions", "orders",   "contracts", "reports"};
  static constexpr std::string_view data_ends[] = {".json", ".parquet", ".csv",
                                                   ".pdf",  ".jpg",     ".json.gz"};
  static constexpr std::string_view dump_ends[] = {".sql.gz", ".bak", ".tar", ".vmdk"};
  const bool dump = bucket >= lake_buckets && bucket < lake_buckets + backup_buckets;
  const std::uint64_t self = splitmix(n * 64 + bucket);
  prng random{self, 7};
  c.bucket.assign(c.tenant->buckets[bucket]);
  c.key.assign(random.pick(folders));
  c.key += "/2025/";
  const std::uint32_t month = random.between(1, 12);
  c.key += month < 10 ? "0" : "";
  put_number(c.key, month);
  c.key += "/part-";
  put_number(c.key, n);
  c.key += '-';
  put_hex(c.key, random, 8);
  c.key += dump ? random.pick(dump_ends) : random.pick(data_ends);
  c.bytes_out = dump ? random.between(2'000'000, 80'000'000) : random.between(3'000, 900'000);
}

} // namespace vedette::simulate
