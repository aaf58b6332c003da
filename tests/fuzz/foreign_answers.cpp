// What services that are not ours answer and announce: messages about objects, XML of S3, AWS's
// files, settings of Kafka. Read, or refused in one line.
#include "base/assert.hpp"
#include "io/aws/profile.hpp"
#include "io/aws/s3_notice.hpp"
#include "io/aws/xml.hpp"
#include "io/kafka/consumer.hpp"

#include <cstddef>
#include <cstdint>

using namespace vedette;

namespace {

bool one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == std::string::npos;
}

void try_notice(std::string_view text) {
  const auto notice = io::read_s3_notice(text);
  VEDETTE_ASSERT(notice || one_line(notice.err().context));
  if (notice)
    for (const auto& o : notice->objects)
      VEDETTE_ASSERT(!o.bucket.empty() && !o.key.empty());
}

void try_xml(std::string_view text) {
  std::size_t bytes = 0;
  (void)io::read_xml(text, "the answer", [&](std::string_view path, std::string_view value) {
    VEDETTE_ASSERT(!path.empty());
    bytes += value.size();
  });
  VEDETTE_ASSERT(bytes <= text.size()); // nothing grows
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view text{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  switch (bytes[0] % 4) {
  case 0:
    try_notice(text);
    break;
  case 1:
    try_xml(text);
    break;
  case 2:
    (void)io::read_profile(text.substr(0, text.size() / 2), text.substr(text.size() / 2),
                           "default");
    break;
  default:
    if (const auto read = io::read_kafka_settings(text, "k.conf"); !read)
      VEDETTE_ASSERT(one_line(read.err().context));
  }
  return 0;
}
