#include "schemas/codec/mesh_codec.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace vedette;
using namespace vedette::schemas;

namespace {

/// In the struct's data, behind the segment's head and the root pointer.
constexpr std::size_t version_at = 16, lane_at = 18;

mesh_frame some_frame() {
  mesh_frame f;
  f.lane = mesh_lane::bulk;
  f.hears = true;
  f.cluster = "c1";
  f.sender = "node-1";
  f.process = 77;
  f.to_process = 78;
  return f;
}

bool same(const mesh_frame& a, const mesh_frame& b) {
  return a.lane == b.lane && a.hears == b.hears && a.cluster == b.cluster && a.sender == b.sender &&
         a.process == b.process && a.to_process == b.to_process && a.stamp == b.stamp &&
         a.messages == b.messages;
}

} // namespace

TEST_CASE("mesh frames: what goes in comes out, wherever the bytes lie", "[mesh][frames]") {
  const std::uint64_t seed = 5;
  INFO("seed " << seed);
  test::random chance{seed};
  for (int round = 0; round < 300; ++round) {
    auto f = some_frame();
    f.lane = static_cast<mesh_lane>(chance.below(mesh_lanes));
    f.hears = chance.chance(0.5);
    for (auto* n : {&f.stamp.said_at, &f.stamp.wall_time, &f.stamp.heard_at, &f.stamp.held_for})
      *n = static_cast<std::int64_t>(chance.next() >> 3U);
    std::vector<std::string> kept(chance.below(30));
    for (auto& m : kept) {
      m.resize(chance.below(200));
      for (auto& c : m)
        c = static_cast<char>(chance.below(256));
    }
    f.messages.assign(kept.begin(), kept.end());
    // One byte in front, so that nothing is aligned: received frames lie anywhere.
    const auto bytes = encode(f), shifted = "x" + bytes;
    const auto back = decode_mesh_frame(bytes);
    REQUIRE(back);
    CHECK(same(*back, f));
    const auto moved = decode_mesh_frame(std::string_view{shifted}.substr(1));
    REQUIRE(moved);
    CHECK(same(*moved, f));
  }
}

TEST_CASE("mesh frames: what packs well is packed, but for control, and is what it was",
          "[mesh][frames]") {
  std::string entry;
  for (int i = 0; i < 400; ++i)
    entry += "arn:aws:iam::123456789012:role/" + std::to_string(i % 7) + ";";
  auto f = some_frame();
  f.messages.assign(20, entry);
  const auto plain_size = 20 * entry.size();
  const auto bytes = encode(f), shifted = "x" + bytes;
  CHECK(bytes.size() < plain_size / 4);
  const auto back = decode_mesh_frame(bytes);
  REQUIRE(back);
  CHECK(same(*back, f));
  const auto moved = decode_mesh_frame(std::string_view{shifted}.substr(1));
  REQUIRE(moved);
  CHECK(same(*moved, f));
  f.lane = mesh_lane::control;
  CHECK(encode(f).size() > plain_size);
  // Any damage is an error or another frame, never a crash or a frame beyond the limit.
  test::random chance{3};
  for (int i = 0; i < 2'000; ++i) {
    auto bad = bytes;
    bad[chance.below(bad.size())] ^= static_cast<char>(1 << chance.below(8));
    if (const auto d = decode_mesh_frame(bad)) {
      std::size_t sum = 0;
      for (const auto m : d->messages)
        sum += m.size();
      CHECK(sum <= mesh_frame_bytes_max);
    }
  }
}

TEST_CASE("mesh frames: what is no frame of this build is refused with its reason",
          "[mesh][frames]") {
  const auto good = encode(some_frame());
  const auto with = [&](std::size_t at, char c) {
    auto b = good;
    b[at] = c;
    return b;
  };
  auto crowd = some_frame();
  crowd.messages.assign(mesh_frame_messages_max, "");
  auto crowded = encode(crowd);
  const auto stamped = [](schemas::mesh_stamp stamp) {
    auto f = some_frame();
    f.stamp = stamp;
    return encode(f);
  };
  REQUIRE(decode_mesh_frame(crowded));
  struct row {
    std::string bytes;
    base::ec code;
    const char* why;
  };
  for (const auto& r : std::vector<row>{
           {with(version_at, 2), base::ec::unsupported, "a later version"},
           {with(lane_at, 3), base::ec::unsupported, "a lane of a later build"},
           {good.substr(0, good.size() - 8), base::ec::malformed, "cut"},
           {good.substr(0, good.size() - 1), base::ec::malformed, "not whole words"},
           {"", base::ec::malformed, "nothing"},
           {stamped({-1, 0, 0, 0}), base::ec::malformed, "said before its clock began"},
           {stamped({1, INT64_MAX, 0, 0}), base::ec::malformed, "a wall clock at the end of time"},
           {std::string(4096, '\0'), base::ec::malformed, "zeros"},
           {std::string(mesh_frame_bytes_max + 8, '\0'), base::ec::too_large, "too large"},
       }) {
    INFO(r.why);
    const auto f = decode_mesh_frame(r.bytes);
    REQUIRE_FALSE(f);
    CHECK(f.err().code == r.code);
    CHECK_FALSE(f.err().context.empty());
  }
}

TEST_CASE("mesh frames: the stored frame of version 1 is read", "[mesh][frames]") {
  const char* root = std::getenv("VEDETTE_SOURCE_DIR");
  const auto path =
      std::filesystem::path{root == nullptr ? "." : root} / "tests/data/frames/mesh-1.bin";
  std::ifstream in{path, std::ios::binary};
  INFO(path.string());
  REQUIRE(in.good());
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  const auto f = decode_mesh_frame(bytes);
  REQUIRE(f);
  auto meant = some_frame();
  meant.lane = mesh_lane::data;
  meant.messages = f->messages;
  CHECK(same(*f, meant));
  CHECK(f->messages.size() == 8); // one of each kind; tests/actors/replica_codec.cpp reads them
}
