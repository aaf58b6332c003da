#include "schemas/codec/record_codec.hpp"

#include "base/limits.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace vedette;
using namespace vedette::schemas;

namespace {

const base::receive_time noon{std::chrono::hours{12}};

std::vector<log_entry> group() {
  return {{{3}, {1}, {7}, entry_kind::batch, 1, std::string(300, 'b')},
          {{0}, {2}, {1}, entry_kind::tick, 2, ""},
          {{0xffffffff}, {~0ULL}, {~0ULL}, entry_kind::skip, 65535, std::string{"\0\1", 2}}};
}

} // namespace

TEST_CASE("records: what was encoded is what is decoded", "[schemas][records]") {
  const auto entries = group();
  const auto back = decode_record(*encode_record(noon, entries));
  REQUIRE(back);
  CHECK(back->written == noon);
  CHECK(back->entries == entries);
}

TEST_CASE("records: a flipped bit anywhere is corrupt, never another record",
          "[schemas][records]") {
  const auto whole = *encode_record(noon, group());
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto bytes = whole;
    bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
    const auto back = decode_record(bytes);
    INFO("bit " << bit);
    REQUIRE_FALSE(back);
    REQUIRE(back.err().code == base::ec::corrupt);
  }
  for (std::size_t size = 0; size < whole.size(); ++size)
    REQUIRE_FALSE(decode_record(std::string_view{whole}.substr(0, size)));
  REQUIRE_FALSE(decode_record(whole + "x"));
}

TEST_CASE("records: a kind that this build has no name for is refused, not skipped",
          "[schemas][records]") {
  const log_entry later{{1}, {1}, {1}, static_cast<entry_kind>(17), 1, ""};
  const auto back = decode_record(*encode_record(noon, {&later, 1}));
  REQUIRE_FALSE(back);
  CHECK(back.err().code == base::ec::unsupported);
  const log_entry none{{1}, {1}, {1}, static_cast<entry_kind>(0), 1, ""};
  CHECK((decode_record(*encode_record(noon, {&none, 1}))).err().code == base::ec::corrupt);
}

TEST_CASE("records: a group above limits::log_record_bytes is refused before it is written",
          "[schemas][records]") {
  std::vector<log_entry> entries(1);
  entries[0].body.resize(base::limits::log_record_bytes + 1);
  const auto done = encode_record(noon, entries);
  REQUIRE_FALSE(done);
  CHECK(done.err().code == base::ec::too_large);
}

TEST_CASE("records: the start of a run comes back as it went", "[schemas][records]") {
  const log_run run{
      9,
      1ULL << 40,
      77,
      noon,
      {{{0}, {{5}, {2}, {3}, {{{1}, {1}}, {{2}, {4}}}}}, {{255}, {{1ULL << 50}, {}, {}, {}}}}};
  const auto back = decode_run(encode_run(run));
  REQUIRE(back);
  CHECK(*back == run);
  CHECK(decode_run("short").err().code == base::ec::corrupt);
}
