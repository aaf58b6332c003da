#include "tests/processes/bad_inputs.hpp"

#include <zlib.h>
#include <zstd.h>

#include <stdexcept>

namespace vedette::test {

std::string good_record(const std::string& identity, int number, const std::string& time) {
  return R"({"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/)" +
         identity +
         R"(","accountId":"111122223333","accessKeyId":"AKIAEXAMPLEEXAMPLE12"},"eventTime":")" +
         time +
         R"(","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.9","userAgent":"aws-cli/2","requestParameters":{"name":"main"},"eventID":")" +
         identity + "-" + std::to_string(number) +
         R"(","eventType":"AwsApiCall","recipientAccountId":"111122223333"})";
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  if (at == std::string::npos)
    throw std::logic_error{"the record holds no " + what};
  return text.replace(at, what.size(), with);
}

std::string gzip(const std::string& text) {
  z_stream z{};
  if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error{"deflateInit2"};
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
  out.resize(z.total_out);
  deflateEnd(&z);
  if (!whole)
    throw std::runtime_error{"deflate"};
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const auto size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
  if (ZSTD_isError(size) != 0U)
    throw std::runtime_error{ZSTD_getErrorName(size)};
  out.resize(size);
  return out;
}

std::vector<bad_input> bad_inputs() {
  constexpr const char* version = R"("1.08")";
  constexpr const char* time = R"("2026-01-02T03:04:05Z")";
  constexpr const char* address = R"("203.0.113.9")";
  const auto spoilt = [](const char* what, const char* with) {
    return [=](const std::string& who) {
      return good_record(who, 1) + "\n" + replaced(good_record(who, 2), what, with) + "\n" +
             good_record(who, 3) + "\n";
    };
  };
  return {
      {"nothing is wrong", [](const auto& who) { return good_record(who, 1); }, 0, 1, "", "", ""},
      {"an empty file", [](const auto&) { return std::string{}; }, 0, 0, "", "", R"("records":0)"},
      {"gzip of nothing", [](const auto&) { return gzip(""); }, 0, 0, "", "", R"("records":0)"},
      {"gzip cut short",
       [](const auto& who) {
         // Numbers that do not compress well, so that the first records are out before the cut.
         std::string text;
         for (int i = 1; i <= 2000; ++i)
           text += good_record(who, 1) + "\n" +
                   replaced(good_record(who, i * 7919), "StopLogging", "DescribeTrails") + "\n";
         const auto packed = gzip(text);
         return packed.substr(0, packed.size() * 3 / 4);
       },
       3, 1, "ends early", "", ""},
      {"gzip damaged in the middle",
       [](const auto& who) {
         std::string text;
         for (int i = 1; i <= 2000; ++i)
           text += good_record(who, 1) + "\n" +
                   replaced(good_record(who, i * 7919), "StopLogging", "DescribeTrails") + "\n";
         auto packed = gzip(text);
         for (std::size_t i = 0; i < 64; ++i)
           packed[packed.size() * 3 / 4 + i] = static_cast<char>(0x55 * i);
         return packed;
       },
       3, 1, "malformed", "", ""},
      {"gzip of several members, one after the other",
       [](const auto& who) {
         return gzip(good_record(who, 1) + "\n") + gzip(good_record(who, 2) + "\n");
       },
       0, 2, "", "", ""},
      {"a gzip bomb behind a good record",
       [](const auto& who) {
         return gzip(good_record(who, 1) + "\n" + std::string(std::size_t{300} << 20, ' '));
       },
       3, 1, "no log does", "", ""},
      {"a zstd bomb behind a good record",
       [](const auto& who) {
         return zstd(good_record(who, 1) + "\n" + std::string(std::size_t{300} << 20, ' '));
       },
       3, 1, "no log does", "", ""},
      {"a record of 100 MB between good ones",
       [](const auto& who) {
         return good_record(who, 1) + "\n{\"eventVersion\":\"1.08\",\"a\":\"" +
                std::string(100'000'000, 'a') + "\"}\n" + good_record(who, 2) + "\n";
       },
       3, 2, "quarantine", "larger than 4 MiB", R"("records":3)", "truncated"},
      {"nesting of ten thousand",
       [](const auto& who) {
         return good_record(who, 1) + "\n{\"a\":" + std::string(10'000, '[') +
                std::string(10'000, ']') + "}\n" + good_record(who, 2) + "\n";
       },
       3, 2, "quarantine", "deep", ""},
      {"bytes that are not UTF-8", spoilt("main", "ma\xff\xfein"), 3, 2, "quarantine", "UTF-8", ""},
      {"a time that is a number", spoilt(time, "1767323045"), 3, 2, "quarantine", "eventTime", ""},
      {"an identity that is text", spoilt(R"({"type":"IAMUser")", R"("eve","x":{"type":"IAMUser")"),
       3, 2, "quarantine", "userIdentity", ""},
      {"no identity", spoilt("userIdentity", "somebody"), 3, 2, "quarantine", "userIdentity", ""},
      {"no time", spoilt("eventTime", "when"), 3, 2, "quarantine", "eventTime", ""},
      {"a time that is none", spoilt("2026-01-02T03:04:05Z", "yesterday"), 3, 2, "quarantine",
       "eventTime", ""},
      {"a version of tomorrow", spoilt(version, R"("9.08")"), 3, 2, "quarantine", "version", ""},
      {"a record cut short at the end",
       [](const auto& who) { return good_record(who, 1) + "\n{\"eventVersion\":\"1.0"; }, 3, 1,
       "quarantine", "truncated", ""},
      {"an unreadable address is no reason to quarantine", spoilt(address, R"("not-an-address")"),
       0, 3, "", "", R"("events":3)"},
      {"request parameters of another type are none", spoilt(R"({"name":"main"})", R"("main")"), 0,
       3, "", "", R"("events":3)"},
      {"the same event three times counts once",
       [](const auto& who) {
         return good_record(who, 1) + "\n" + good_record(who, 1) + "\n" + good_record(who, 1);
       },
       0, 1, "", "", R"("duplicates":2)"},
      {"twenty minutes out of order",
       [](const auto& who) {
         return good_record(who, 1, "2026-01-02T03:24:05Z") + "\n" +
                good_record(who, 2, "2026-01-02T03:04:05Z") + "\n" +
                good_record(who, 3, "2026-01-02T03:14:05Z");
       },
       0, 3, "", "", R"("late":0)"},
      {"an event of next year does not push the others out",
       [](const auto& who) {
         return replaced(good_record(who, 1, "2027-11-30T03:04:05Z"), "StopLogging",
                         "DescribeTrails") +
                "\n" + good_record(who, 2) + "\n" + good_record(who, 3);
       },
       0, 2, "", "", R"("ahead":1)"},
  };
}

} // namespace vedette::test
