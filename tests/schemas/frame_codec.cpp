#include "schemas/codec/frame_codec.hpp"

#include "base/limits.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace vedette;
using namespace vedette::schemas;

namespace {

template <class T>
T through(const T& f) {
  auto back = decode_frame(encode(f));
  REQUIRE(back);
  REQUIRE(std::holds_alternative<T>(*back));
  return std::get<T>(*back);
}

batch_frame batch_of(std::vector<std::string_view> records) {
  return {"aws.cloudtrail/7", 0xfeedULL << 48, 42, std::move(records), nullptr};
}

} // namespace

TEST_CASE("frames: each kind comes back as it went", "[schemas][frames]") {
  const hello_frame hello{"aws.cloudtrail/7", 1, 2, "vedette 0.1.0"};
  CHECK(through(hello) == hello);
  const ack_frame ack{1, 2, 3, 4, 5, 6, 7};
  CHECK(through(ack) == ack);
  const credit_frame credit{9};
  CHECK(through(credit) == credit);
  const end_frame end{"s", 77};
  CHECK(through(end) == end);
  const error_frame error{base::ec::denied, 5, "no such key"};
  CHECK(through(error) == error);
}

TEST_CASE("frames: a batch owns its records and a parser may read 64 bytes past each",
          "[schemas][frames]") {
  const std::string big(1500, 'x');
  auto bytes = encode(batch_of({R"({"a":1})", "", big}));
  auto back = decode_frame(bytes);
  REQUIRE(back);
  std::ranges::fill(bytes, '\xee');
  const auto& f = std::get<batch_frame>(*back);
  CHECK(f.source == "aws.cloudtrail/7");
  CHECK(f.session == 0xfeedULL << 48);
  CHECK(f.sequence == 42);
  REQUIRE(f.records.size() == 3);
  CHECK(f.records[0] == R"({"a":1})");
  CHECK(f.records[1].empty());
  CHECK(f.records[2] == big);
  unsigned sum = 0;
  for (std::size_t i = 0; i < 64; ++i) // AddressSanitizer watches
    sum += static_cast<unsigned char>(f.records[2].data()[big.size() + i]);
  CHECK(sum < 64 * 256);
}

TEST_CASE("frames: what cannot be a frame is refused with its reason", "[schemas][frames]") {
  const auto good = encode(frame{hello_frame{"s", 1, 0, ""}});
  const auto with = [&](std::size_t at, char c) {
    auto b = good;
    b[at] = c;
    return b;
  };
  batch_frame unnumbered = batch_of({"r"});
  unnumbered.sequence = 0;
  struct row {
    const char* why;
    std::string bytes;
    base::ec code;
  };
  const std::vector<row> rows = {
      {"nothing", "", base::ec::malformed},
      {"half a head", "\1", base::ec::malformed},
      {"a head and no body", good.substr(0, 2), base::ec::malformed},
      {"a body that is not whole words", good.substr(0, good.size() - 1), base::ec::malformed},
      {"a body cut short", good.substr(0, good.size() - 8), base::ec::malformed},
      {"another version", with(0, 2), base::ec::unsupported},
      {"an unknown type", with(1, 7), base::ec::unsupported},
      {"a type of the mesh", with(1, 0x41), base::ec::unsupported},
      {"no source", encode(frame{hello_frame{"", 1, 0, ""}}), base::ec::malformed},
      {"a source too long", encode(frame{end_frame{std::string(257, 's'), 1}}),
       base::ec::malformed},
      {"a batch without a number", encode(frame{unnumbered}), base::ec::malformed},
      {"an error of a later build", encode(frame{error_frame{static_cast<base::ec>(99), 0, ""}}),
       base::ec::unsupported},
      {"software that is a novel", encode(frame{hello_frame{"s", 1, 0, std::string(5000, 'n')}}),
       base::ec::too_large},
      {"more than limits::frame_bytes", std::string(base::limits::frame_bytes + 1, '\1'),
       base::ec::too_large},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    const auto back = decode_frame(r.bytes);
    REQUIRE_FALSE(back);
    CHECK(back.err().code == r.code);
    CHECK(back.err().context.find('\n') == std::string::npos);
  }
}

TEST_CASE("frames: damaged bytes never crash the decoder", "[schemas][frames]") {
  const auto whole = encode(frame{batch_of({"one", "two", "three"})});
  std::mt19937 random{9};
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    auto bytes = whole;
    for (unsigned n = 0; n <= random() % 3; ++n)
      bytes[2 + random() % (bytes.size() - 2)] ^= static_cast<char>(1 << random() % 8);
    refused += !decode_frame(bytes);
  }
  CHECK(refused > 500);
}
