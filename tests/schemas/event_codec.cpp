#include "schemas/codec/event_codec.hpp"

#include "base/limits.hpp"
#include "schemas/codec/record_codec.hpp"
#include "tests/schemas/sample_events.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace vedette;

namespace {

/// Every field of every event anything its type allows, by chance.
base::event_batch anything(std::uint32_t seed, std::size_t count) {
  std::mt19937_64 random{seed};
  base::event_batch out;
  auto& m = out.memory;
  const auto text = [&]() -> std::string_view {
    std::string s(random() % 4 == 0 ? 0 : random() % 40, '\0');
    const auto alphabet = random() % 3 == 0 ? 256 : 3;
    for (auto& c : s)
      c = static_cast<char>(random() % alphabet);
    return m.copy(s);
  };
  const auto texts = [&] {
    auto list = m.array<std::string_view>(random() % 4);
    for (auto& t : list)
      t = text();
    return std::span<const std::string_view>{list};
  };
  const auto wide = [&] { return random() >> random() % 64; };
  out.tenant = {"t-1"};
  out.source = std::string{text()};
  out.generation = {wide()};
  for (std::size_t i = 0; i < count; ++i) {
    base::event e;
    switch (random() % 4) {
    case 0:
      e.id = text();
      break;
    case 1:
      e.id = m.copy("4F9E8B2A-3c1d-4e5f-8a9b-0c1d2e3f4a5b");
      break; // upper case: not our GUID
    case 2:
      e.id = m.copy("00000000-0000-0000-0000-00000000000g");
      break;
    default:
      e.id = m.copy("4f9e8b2a-3c1d-4e5f-8a9b-0c1d2e3f4a5b");
    }
    e.time = base::event_time{base::duration{static_cast<std::int64_t>(wide())}};
    e.provider = static_cast<base::cloud>(random() % 8);
    e.result = static_cast<base::outcome>(random() % 5);
    e.actor = static_cast<base::identity_type>(random() % 11);
    e.holder = static_cast<base::session_class>(random() % 9);
    e.origin = static_cast<base::origin_class>(random() % 11);
    e.client = static_cast<base::client_class>(random() % 9);
    e.target = static_cast<base::target_class>(random() % 4);
    e.grant = static_cast<base::grant_class>(random() % 5);
    e.read_only = random() % 2;
    e.has_source = random() % 2;
    e.has_place = random() % 2;
    for (auto field :
         {&base::event::account, &base::event::region, &base::event::service, &base::event::action,
          &base::event::activity, &base::event::error, &base::event::identity,
          &base::event::identity_name, &base::event::session, &base::event::workload,
          &base::event::source_text, &base::event::as_name, &base::event::country,
          &base::event::user_agent, &base::event::evidence, &base::event::routed_to})
      e.*field = text();
    if (random() % 2)
      for (auto& b : e.source.bytes)
        b = static_cast<std::uint8_t>(random());
    else if (random() % 2)
      e.source = base::ip_address::v4(static_cast<std::uint32_t>(random()));
    e.asn = static_cast<std::uint32_t>(wide());
    if (random() % 2)
      e.place = {static_cast<float>(random() % 180) - 90.5F,
                 static_cast<float>(random() % 360) - 180.25F};
    e.bytes = wide();
    e.count = static_cast<std::uint32_t>(wide());
    e.routed_kind = static_cast<std::uint8_t>(random() % 7);
    e.resources = texts();
    e.targets = texts();
    auto found = m.array<base::match>(random() % 3);
    for (auto& f : found)
      f = {{static_cast<std::uint16_t>(random())}, static_cast<std::uint32_t>(wide()), texts()};
    e.matches = found;
    out.events.push_back(e);
  }
  return out;
}

} // namespace

TEST_CASE("events: what was encoded is what is decoded, whatever the fields hold",
          "[schemas][events]") {
  const auto seed = GENERATE(range(1U, 60U));
  const auto batch = anything(seed, seed % 7 == 0 ? 700 : seed % 20);
  INFO("seed " << seed << ", " << batch.events.size() << " events");
  const auto bytes = schemas::encode(batch);
  const auto back = schemas::decode_events(bytes);
  REQUIRE(back);
  CHECK(test::same(batch, **back));
  CHECK(schemas::encode(**back) == bytes);
}

TEST_CASE("events: a field added to base::event has a column", "[schemas][events]") {
  // When this fails: add the field to event_columns.hpp, the codec, `same` and `anything`, then
  // here.
  CHECK(sizeof(base::event) == 448);
  CHECK(sizeof(base::match) == 24);
}

TEST_CASE("events: a decoded batch needs its bytes no more", "[schemas][events]") {
  auto sample = test::sample_events{3}.batch(50);
  auto bytes = schemas::encode(*sample);
  const auto back = schemas::decode_events(bytes);
  std::ranges::fill(bytes, '\xee');
  REQUIRE(back);
  CHECK(test::same(*sample, **back));
}

TEST_CASE("events: any damage is an error or other events, never a crash", "[schemas][events]") {
  const auto whole = schemas::encode(anything(11, 9));
  std::mt19937 random{5};
  int refused = 0;
  for (int i = 0; i < 4000; ++i) {
    auto bytes = whole;
    switch (random() % 3) {
    case 0:
      bytes.resize(random() % bytes.size());
      break;
    case 1:
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
      break;
    default:
      bytes[random() % 120] = static_cast<char>(random()); // the head, where it hurts most
    }
    const auto back = schemas::decode_events(bytes);
    if (back)
      CHECK((*back)->events.size() <= base::limits::batch_events);
    else
      ++refused;
  }
  CHECK(refused > 1000);
}

TEST_CASE("events: a batch may hold limits::batch_events and a claim of more is refused",
          "[schemas][events]") {
  base::event_batch batch;
  batch.events.resize(base::limits::batch_events);
  auto bytes = schemas::encode(batch);
  const auto back = schemas::decode_events(bytes);
  REQUIRE(back);
  CHECK((*back)->events.size() == base::limits::batch_events);
  // `count` is the one 32-bit value 65,536 in the struct behind the two words of head.
  const auto at = bytes.find(std::string{"\0\0\1\0", 4}, 16);
  REQUIRE(at != std::string::npos);
  bytes[at] = 1;
  const auto more = schemas::decode_events(bytes);
  REQUIRE_FALSE(more);
  CHECK(more.err().code == base::ec::too_large);
}

TEST_CASE("events: a batch of ordinary CloudTrail costs at most 110 bytes an event",
          "[schemas][events]") {
  struct row {
    std::size_t events;
    const char* why;
  };
  const auto r = GENERATE(values<row>({{100, "a small collector batch"}, {250, "a full one"}}));
  INFO(r.why);
  test::sample_events sample{7};
  std::size_t bytes = 0;
  for (int i = 0; i < 20; ++i) {
    const schemas::log_entry e{
        {0}, {1}, {1}, schemas::entry_kind::batch, 1, schemas::encode(*sample.batch(r.events))};
    bytes += schemas::encode_record({}, {&e, 1})->size();
  }
  CHECK(static_cast<double>(bytes) / (20.0 * static_cast<double>(r.events)) <= 110);
}
