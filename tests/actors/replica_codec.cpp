#include "actors/replica_codec.hpp"

#include "cluster/replica_options.hpp"
#include "schemas/codec/mesh_codec.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace vedette;
using namespace vedette::cluster;

namespace {

std::shared_ptr<const std::string> random_bytes(test::random& chance, std::size_t size_max) {
  std::string out(chance.below(size_max + 1), '\0');
  for (auto& c : out)
    c = static_cast<char>(chance.below(256));
  return std::make_shared<const std::string>(std::move(out));
}

std::vector<epoch_start> random_history(test::random& chance) {
  std::vector<epoch_start> out;
  std::uint64_t epoch = 0, first = 0;
  for (auto n = chance.below(epoch_history::starts_max + 1); n > 0; --n)
    out.push_back({{epoch += 1 + chance.below(1000)}, {first += 1 + chance.below(1'000'000)}});
  return out;
}

append_entries random_append(test::random& chance, base::epoch epoch) {
  append_entries out;
  out.prev = {{chance.below(epoch.value + 1)}, {chance.next() >> 2U}};
  out.committed = {chance.next()};
  auto at = out.prev;
  for (auto n = chance.below(40); n > 0; --n) {
    at.epoch.value += chance.below(epoch.value - at.epoch.value + 1);
    ++at.index.value;
    out.entries.push_back({at.epoch, at.index, static_cast<std::uint8_t>(chance.next()),
                           static_cast<std::uint16_t>(chance.next()), random_bytes(chance, 300)});
  }
  return out;
}

checkpoint_chunk random_chunk(test::random& chance) {
  checkpoint_manifest m;
  m.id = chance.next();
  m.from = {chance.next()};
  m.history = random_history(chance);
  if (!m.history.empty())
    m.at = {m.history.back().epoch, {m.history.back().first.value + chance.below(1000)}};
  m.keys = chance.next();
  m.bytes = chance.next();
  m.chunks = 1 + static_cast<std::uint32_t>(chance.below(100'000));
  m.checksum = {chance.next(), chance.next()};
  const auto number = static_cast<std::uint32_t>(chance.below(m.chunks));
  return {std::move(m), number, random_bytes(chance, 5000)};
}

message random_message(test::random& chance) {
  message m{{static_cast<std::uint32_t>(chance.next())},
            {1 + (chance.next() >> 1U)},
            {chance.next()},
            chance.next(),
            probe{}};
  switch (chance.below(8)) {
  case 1:
    m.body = standing{chance.chance(0.5), {chance.next()}, {chance.next()}, random_history(chance)};
    break;
  case 2:
    m.body = random_append(chance, m.epoch);
    break;
  case 3:
    m.body = appended{{chance.next()}};
    break;
  case 4:
    m.body = refused{{chance.next()}};
    break;
  case 5:
    m.body = random_chunk(chance);
    break;
  case 6:
    m.body = chunk_staged{chance.next(), static_cast<std::uint32_t>(chance.next())};
    break;
  case 7:
    m.body = state_digest{{chance.next()}, {chance.next(), chance.next()}};
    break;
  default:
    break;
  }
  return m;
}

// Field by field, so that a field that no codec knows of is a compile error or a difference here.
bool same(const probe&, const probe&) {
  return true;
}
bool same(const standing& a, const standing& b) {
  return a.asked == b.asked && a.last == b.last && a.committed == b.committed &&
         a.history == b.history;
}
bool same(const append_entries& a, const append_entries& b) {
  return a.prev == b.prev && a.committed == b.committed &&
         std::ranges::equal(a.entries, b.entries, [](const entry& x, const entry& y) {
           return x.epoch == y.epoch && x.index == y.index && x.kind == y.kind &&
                  x.fold_version == y.fold_version && *x.body == *y.body;
         });
}
bool same(const appended& a, const appended& b) {
  return a.through == b.through;
}
bool same(const refused& a, const refused& b) {
  return a.promised == b.promised;
}
bool same(const checkpoint_chunk& a, const checkpoint_chunk& b) {
  return a.manifest == b.manifest && a.number == b.number && *a.bytes == *b.bytes;
}
bool same(const chunk_staged& a, const chunk_staged& b) {
  return a.id == b.id && a.below == b.below;
}
bool same(const state_digest& a, const state_digest& b) {
  return a.at == b.at && a.value == b.value;
}

bool same(const message& a, const message& b) {
  return a.partition == b.partition && a.epoch == b.epoch && a.from == b.from &&
         a.session == b.session && a.body.index() == b.body.index() &&
         std::visit(
             [&](const auto& x) { return same(x, std::get<std::decay_t<decltype(x)>>(b.body)); },
             a.body);
}

message append_of(std::vector<entry> entries) {
  return {{7}, {9}, {11}, 13, append_entries{{{5}, {100}}, std::move(entries), {90}}};
}

entry entry_of(std::uint64_t epoch, std::uint64_t index, std::string body = "b") {
  return {{epoch}, {index}, 1, 2, std::make_shared<const std::string>(std::move(body))};
}

} // namespace

TEST_CASE("replica messages: every kind comes back as it went", "[actors][replica_codec]") {
  const std::uint64_t seed = 31;
  INFO("seed " << seed);
  test::random chance{seed};
  std::array<int, 8> seen{};
  for (int i = 0; i < 4000; ++i) {
    const auto m = random_message(chance);
    ++seen[m.body.index()];
    const auto back = actors::decode_replica_message(actors::encode(m));
    INFO("round " << i << ", kind " << m.body.index());
    REQUIRE(back);
    REQUIRE(same(*back, m));
  }
  for (const int n : seen)
    CHECK(n > 300);
}

TEST_CASE("replica messages: cut ones are refused, bent ones never more than accepted",
          "[actors][replica_codec]") {
  const std::uint64_t seed = 32;
  INFO("seed " << seed);
  test::random chance{seed};
  int refused_bends = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto good = actors::encode(random_message(chance));
    const auto cut =
        actors::decode_replica_message(std::string_view{good}.substr(0, chance.below(good.size())));
    REQUIRE_FALSE(cut);
    CHECK_FALSE(cut.err().context.empty());
    auto bent = good;
    for (auto n = 1 + chance.below(4); n > 0; --n)
      bent[chance.below(bent.size())] ^= static_cast<char>(1U << chance.below(8));
    const auto read = actors::decode_replica_message(bent);
    if (!read) {
      ++refused_bends;
      continue;
    }
    // What was accepted is a message, whose bytes are those of itself.
    const auto again = actors::decode_replica_message(actors::encode(*read));
    REQUIRE(again);
    REQUIRE(same(*again, *read));
  }
  CHECK(refused_bends > 100);
}

TEST_CASE("replica messages: what a replica must not be given is refused",
          "[actors][replica_codec]") {
  const auto bend = [](message m, auto change) {
    change(m);
    return actors::encode(m);
  };
  const auto entries = append_of({entry_of(5, 101), entry_of(7, 102)});
  test::random chance{5};
  message chunk{{7}, {9}, {11}, 13, random_chunk(chance)};
  struct row {
    std::string bytes;
    bool accepted;
    const char* why;
  };
  const std::vector<row> rows{
      {actors::encode(entries), true, "an append as it should be"},
      {bend(entries, [](message& m) { m.epoch = {6}; }), false, "an entry of a later epoch"},
      {bend(entries,
            [](message& m) { std::get<append_entries>(m.body).prev.epoch = base::epoch{6}; }),
       false, "an entry whose epoch is below that of the one before all of them"},
      {bend(entries,
            [](message& m) { std::get<append_entries>(m.body).entries[1].epoch = base::epoch{4}; }),
       false, "epochs that fall"},
      {bend(append_of({}),
            [](message& m) {
              std::get<append_entries>(m.body).prev.index = base::entry_index{UINT64_MAX};
            }),
       true, "no entries behind the last index"},
      {bend(append_of({entry_of(5, 0)}),
            [](message& m) {
              std::get<append_entries>(m.body).prev.index = base::entry_index{UINT64_MAX};
            }),
       false, "an entry behind the last index"},
      {actors::encode(chunk), true, "a chunk as it should be"},
      {bend(chunk,
            [](message& m) {
              std::get<checkpoint_chunk>(m.body).manifest.at.index = base::entry_index{0};
            }),
       false, "a checkpoint that stands before the beginning of its last epoch"},
      {std::string(64, '\0'), false, "zeros"},
      {"", false, "nothing"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    CHECK(actors::decode_replica_message(r.bytes).has_value() == r.accepted);
  }
  CHECK(actors::decode_replica_message(std::string(schemas::mesh_message_bytes_max + 8, 'x'))
            .err()
            .code == base::ec::too_large);
}

TEST_CASE("replica messages: the largest append of a primary fits", "[actors][replica_codec]") {
  const replica_limits limits;
  CHECK(limits.batch_entries <= actors::append_entries_max);
  CHECK(limits.uncommitted_entries <= actors::append_entries_max);
  // One entry may be as large as a stored batch; a message of them goes alone.
  auto largest = append_of({entry_of(5, 101, std::string(std::size_t{32} << 20, 'e'))});
  const auto bytes = actors::encode(largest);
  const auto back = actors::decode_replica_message(bytes);
  REQUIRE(back);
  CHECK(same(*back, largest));
  std::vector<entry> many;
  for (std::uint64_t i = 0; i < actors::append_entries_max; ++i)
    many.push_back(entry_of(5, 101 + i, std::string(32, 'e')));
  const auto all = append_of(std::move(many));
  const auto read = actors::decode_replica_message(actors::encode(all));
  REQUIRE(read);
  CHECK(same(*read, all));
}

TEST_CASE("replica messages: the stored ones of version 1 are read", "[actors][replica_codec]") {
  const char* root = std::getenv("VEDETTE_SOURCE_DIR");
  const auto path =
      std::filesystem::path{root == nullptr ? "." : root} / "tests/data/frames/mesh-1.bin";
  std::ifstream in{path, std::ios::binary};
  INFO(path.string());
  REQUIRE(in.good());
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  const auto frame = schemas::decode_mesh_frame(bytes);
  REQUIRE(frame);
  const auto body = [](const char* text) { return std::make_shared<const std::string>(text); };
  const std::vector<epoch_start> history{{{3}, {1}}, {{5}, {90}}};
  const checkpoint_manifest manifest{8, {11}, {{5}, {100}}, history, 7, 70, 3, {1, 2}};
  const std::vector<decltype(message::body)> meant{
      probe{},
      standing{true, {100}, {99}, history},
      append_entries{{{5}, {100}},
                     {{{5}, {101}, 1, 2, body("first")}, {{9}, {102}, 3, 2, body("second body")}},
                     {100}},
      appended{{102}},
      refused{{12}},
      checkpoint_chunk{manifest, 1, body("state of a partition")},
      chunk_staged{8, 2},
      state_digest{{100}, {3, 4}}};
  REQUIRE(frame->messages.size() == meant.size());
  for (std::size_t i = 0; i < meant.size(); ++i) {
    INFO("message " << i);
    const auto m = actors::decode_replica_message(frame->messages[i]);
    REQUIRE(m);
    CHECK(same(*m, message{{7}, {9}, {11}, 13, meant[i]}));
  }
}
