// Counts what the hot path takes from the heap. This program's operator new goes through here.
#include "tests/ingest/records.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
}

namespace {
void* counted(std::size_t size) noexcept {
  ++allocations;
  return std::malloc(size > 0 ? size : 1);
}
void* counted_or_throw(std::size_t size) {
  if (void* p = counted(size))
    return p;
  throw std::bad_alloc{};
}
} // namespace

void* operator new(std::size_t size) {
  return counted_or_throw(size);
}
void* operator new[](std::size_t size) {
  return counted_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete(void* p, const std::nothrow_t&) noexcept {
  std::free(p);
}
void operator delete[](void* p, const std::nothrow_t&) noexcept {
  std::free(p);
}

using namespace vedette;
using namespace vedette::ingest;

TEST_CASE("once warm, splitting and normalising allocate nothing per event",
          "[ingest][allocation]") {
  std::string text = R"({"Records":[)";
  for (int i = 0; i < 500; ++i)
    text +=
        (i > 0 ? "," : "") +
        record_with(fmt::format(
            R"("eventID":"e-{0}","eventSource":"s3.amazonaws.com","eventName":"GetObject",)"
            R"("userAgent":"Boto3/1.{0}","sourceIPAddress":"203.0.{1}.{2}","requestParameters":)"
            R"({{"bucketName":"b","key":"esc\"aped/{0}"}},"resources":[{{"ARN":"arn:aws:s3:::b"}}])",
            i, i / 250, i % 250));
  text += "]}";
  normaliser n{shipped_taxonomy(), nullptr, nullptr, std::make_shared<base::tenant_settings>()};
  record_splitter splitter;
  base::event_batch batch;
  std::size_t events = 0;
  const record_splitter::sink sink = [&](const split_record& r) {
    if (batch.events.size() == 100) {
      batch.events.clear();
      batch.memory.clear();
    }
    events += n.run(r.text, batch).what == disposition::event;
  };
  const auto round = [&] {
    splitter.push(text, sink);
    splitter.finish(sink);
  };
  round();
  round();
  const auto before = allocations;
  CHECK(before > 0);
  round();
  CHECK(allocations - before == 0);
  CHECK(events == 1500);
}
