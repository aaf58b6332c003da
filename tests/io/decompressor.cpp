#include "io/compression/decompressor.hpp"

#include "tests/io/support.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;
using namespace std::string_view_literals;

namespace {

std::string sample() {
  std::string out;
  for (int i = 0; i < 20'000; ++i)
    out += "{\"eventID\":" + std::to_string(i * 7919) + "}\n";
  return out;
}

struct outcome {
  std::string text;
  base::ec code = base::ec::none;
  std::string context;
};

/// Pushes `packed` in pieces of `step` bytes.
outcome unpack(compression kind, std::string_view packed, std::size_t step,
               expansion_limits limits = {}) {
  outcome out;
  decompressor d{kind, "sample", limits};
  const byte_sink keep = [&](std::string_view piece) -> base::status {
    CHECK_FALSE(piece.empty());
    out.text += piece;
    return {};
  };
  base::status done;
  for (std::size_t at = 0; at < packed.size() && done; at += step)
    done = d.write(packed.substr(at, step), keep);
  if (done)
    done = d.finish();
  if (!done) {
    out.code = done.err().code;
    out.context = done.err().context;
  }
  return out;
}

} // namespace

TEST_CASE("decompression: any cutting of a stream gives the bytes that were packed",
          "[io][compression]") {
  const auto text = sample();
  const auto half = text.size() / 2;
  struct row {
    const char* why;
    compression kind;
    std::string packed;
  };
  const std::vector<row> rows{
      {"plain bytes", compression::none, text},
      {"one gzip member", compression::gzip, gzip(text)},
      {"two gzip members, as log rotation appends", compression::gzip,
       gzip(text.substr(0, half)) + gzip(text.substr(half))},
      {"an empty member between", compression::gzip,
       gzip(text.substr(0, half)) + gzip("") + gzip(text.substr(half))},
      {"zero padding behind", compression::gzip, gzip(text) + std::string(1000, '\0')},
      {"one zstd frame", compression::zstd, zstd(text)},
      {"two zstd frames and a skippable one between", compression::zstd,
       zstd(text.substr(0, half)) + std::string{"\x50\x2a\x4d\x18\x03\x00\x00\x00xyz"sv} +
           zstd(text.substr(half))},
  };
  for (const auto& r : rows)
    for (const std::size_t step :
         {std::size_t{1}, std::size_t{7}, std::size_t{4096}, r.packed.size()}) {
      INFO(r.why << ", pushed " << step << " at a time");
      const auto got = unpack(r.kind, r.packed, step);
      CHECK(got.context == "");
      CHECK((got.text == text));
    }
}

TEST_CASE("decompression: a truncated stream delivers what it had and then says so",
          "[io][compression]") {
  const auto text = sample();
  for (const auto kind : {compression::gzip, compression::zstd}) {
    const auto packed = kind == compression::gzip ? gzip(text) : zstd(text);
    INFO(to_string(kind));
    const auto got = unpack(kind, std::string_view{packed}.substr(0, packed.size() / 2), 1000);
    CHECK(got.code == base::ec::unreadable);
    CHECK(says(got.context, "truncated"));
    CHECK(text.starts_with(got.text));
    // zstd hands out whole blocks only.
    if (kind == compression::gzip)
      CHECK(got.text.size() > text.size() / 4);
    // The first two bytes alone are a truncation too.
    CHECK(unpack(kind, std::string_view{packed}.substr(0, 2), 1).code == base::ec::unreadable);
  }
}

TEST_CASE("decompression: damage is reported, never delivered as data", "[io][compression]") {
  auto damaged = gzip(sample());
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);
  CHECK(unpack(compression::gzip, damaged, 4096).code == base::ec::malformed);
  CHECK(unpack(compression::gzip, gzip("x") + "trailing", 3).code == base::ec::malformed);
  CHECK(unpack(compression::gzip, gzip("x") + std::string{"\0\0y"sv}, 2).code ==
        base::ec::malformed);
  CHECK(unpack(compression::zstd, zstd(sample()) + "trailing", 4096).code == base::ec::malformed);
}

TEST_CASE("decompression: a bomb ends in an error near expansion_grace_bytes",
          "[io][compression]") {
  const std::string blanks(std::size_t{64} << 20, ' ');
  for (const auto kind : {compression::gzip, compression::zstd}) {
    INFO(to_string(kind));
    const auto packed = kind == compression::gzip ? gzip(blanks) : zstd(blanks);
    const auto got = unpack(kind, packed, 512);
    CHECK(got.code == base::ec::too_large);
    CHECK(got.text.size() <= base::limits::expansion_grace_bytes +
                                 packed.size() * base::limits::expansion_ratio +
                                 decompressor::output_chunk_bytes);
    // As much within the grace is an odd log, not a bomb.
    CHECK(unpack(kind,
                 kind == compression::gzip ? gzip(blanks.substr(0, 1 << 20))
                                           : zstd(blanks.substr(0, 1 << 20)),
                 512)
              .context == "");
  }
}

TEST_CASE("decompression: output stops at the caller's limit and at a window too large",
          "[io][compression]") {
  const auto text = sample();
  expansion_limits limits;
  limits.output_bytes_max = text.size() - 1;
  CHECK(unpack(compression::gzip, gzip(text), 4096, limits).code == base::ec::too_large);
  CHECK(unpack(compression::none, text, 4096, limits).code == base::ec::too_large);
  limits.output_bytes_max = text.size();
  CHECK(unpack(compression::gzip, gzip(text), 4096, limits).context == "");
  limits.zstd_window_log_max = 20;
  CHECK(unpack(compression::zstd, zstd(text, 24), 4096, limits).code == base::ec::too_large);
}

TEST_CASE("decompression: the sink's error stops the stream and comes back unchanged",
          "[io][compression]") {
  int calls = 0;
  decompressor d{compression::gzip, "sample"};
  const auto done = d.write(gzip(sample()), [&](std::string_view) -> base::status {
    ++calls;
    return base::error{base::ec::disk_full, "no room"};
  });
  REQUIRE_FALSE(done);
  CHECK(done.err() == base::error{base::ec::disk_full, "no room"});
  CHECK(calls == 1);
}
