// Lines of text as AWS delivers them, each unique, for bench_normalise.
#pragma once

#include <fmt/format.h>

#include <string>

namespace vedette::bench {

inline std::string flow_line(std::size_t i) {
  const auto who = i * 7919 % 1000;
  return fmt::format(
      "2 111122223333 eni-{:017x} 10.0.{}.{} 203.0.{}.{} {} 443 6 {} {} {} {} ACCEPT OK", who,
      who / 250, who % 250, i / 250 % 250, i % 250, 1024 + i % 60000, i % 90 + 1, i % 90 * 600 + 40,
      1767323045 + i / 1000, 1767323105 + i / 1000);
}

inline std::string s3_access_line(std::size_t i) {
  const auto who = i * 7919 % 1000;
  return fmt::format(
      "{:064x} data-{} [02/Jan/2026:03:{:02}:{:02} +0000] 203.0.{}.{} "
      "arn:aws:sts::111122223333:assumed-role/app-{}/i-{:017x} {:016X} REST.GET.OBJECT "
      "year%3D2026/part-{:08}.parquet \"GET /year%3D2026/part-{:08}.parquet HTTP/1.1\" 200 - {} {} "
      "41 "
      "20 \"-\" \"aws-sdk-java/2.25.{} Linux/6.1.90\" - {:032x} SigV4 TLS_AES_128_GCM_SHA256 "
      "AuthHeader data-{}.s3.eu-west-1.amazonaws.com TLSv1.3 - -",
      7, who, i / 60 % 60, i % 60, who / 4 % 250, who % 250, who, i, i, i, i, i, i, who % 40, i,
      who);
}

} // namespace vedette::bench
