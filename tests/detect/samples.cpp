// A sample keeps its texts in one block: what goes in comes back, and no more is kept than that.
#include "detect/operators/sample.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace vedette;
using namespace vedette::detect;
using namespace std::chrono_literals;

namespace {

using member = std::string_view sample_fields::*;
constexpr std::array<member, 10> texts{&sample_fields::id,       &sample_fields::action,
                                       &sample_fields::identity, &sample_fields::resource,
                                       &sample_fields::region,   &sample_fields::source,
                                       &sample_fields::country,  &sample_fields::record,
                                       &sample_fields::session,  &sample_fields::name};

base::event some_event() {
  static constexpr std::string_view buckets[] = {"arn:aws:s3:::ledger"};
  base::event e;
  e.id = "6f1a7c9e-0000-4000-8000-0123456789ab";
  e.time = base::event_time{std::chrono::days{20'000}};
  e.action = "GetObject";
  e.identity = "AROAEXAMPLE:job";
  e.region = "eu-west-1";
  e.source_text = "203.0.113.7";
  e.country = "DE";
  e.asn = 64'500;
  e.resources = buckets;
  return e;
}

sample at(base::event_time t, std::string_view id, std::string_view record = {}) {
  sample_fields f;
  f.time = t;
  f.id = id;
  f.record = record;
  return sample{f};
}

} // namespace

TEST_CASE("sample: each text comes back at every length, whatever the others are",
          "[detect][sample]") {
  const auto length = GENERATE(0UL, 1UL, 127UL, 128UL, 255UL, 256UL, 4096UL, 16'383UL, 16'384UL);
  const auto others = GENERATE(0UL, 3UL, 300UL);
  const std::string text(length, 'x'), other(others, '\xff');
  for (const auto which : texts) {
    sample_fields f;
    for (const auto m : texts)
      f.*m = other;
    f.*which = text;
    f.time = base::event_time::min();
    f.asn = UINT32_MAX;
    const sample s{f};
    const sample copy = s;
    CHECK((copy == s));
    const auto back = copy.fields();
    for (const auto m : texts)
      CHECK(back.*m == f.*m);
    CHECK(back.time == f.time);
    CHECK(back.asn == f.asn);
    const std::string_view one_by_one[] = {s.id(),      s.action(), s.identity(), s.resource(),
                                           s.region(),  s.source(), s.country(),  s.record(),
                                           s.session(), s.name()};
    for (std::size_t i = 0; i < texts.size(); ++i)
      CHECK(one_by_one[i] == f.*texts[i]);
  }
}

TEST_CASE("sample: an event's texts are cut where an alert would be larger than a log takes",
          "[detect][sample]") {
  base::event e;
  // Two bytes a letter, and one before them: the cut would fall into a letter.
  std::string endless = "x";
  while (endless.size() < (std::size_t{1} << 20))
    endless += "\u00e4";
  const std::string_view resources[] = {endless};
  e.resources = resources;
  e.id = e.action = e.region = e.source_text = endless;
  const auto s = sample::of(e);
  CHECK(s.resource().size() == sample_text_bytes - 1);
  CHECK(s.resource() == std::string_view{endless}.substr(0, sample_text_bytes - 1));
  CHECK(s.heap_bytes() < 6 * sample_text_bytes);
  std::vector<sample> list;
  add_sample(list, e, 2);
  add_sample(list, e, 2);
  CHECK(list.size() == 2);
}

TEST_CASE("sample: takes its texts and at most 12 bytes when none is longer than 127",
          "[detect][sample]") {
  static_assert(sizeof(sample) == 24);
  for (std::size_t length = 0; length <= 127; ++length) {
    const std::string text(length, 'x');
    sample_fields f;
    for (const auto m : texts)
      f.*m = text;
    CHECK(sample{f}.heap_bytes() <= texts.size() * length + 12);
  }
  CHECK(sample{}.heap_bytes() == 0);
  CHECK(sample{sample_fields{}}.heap_bytes() == 0);
  CHECK(at({}, "1234").heap_bytes() == 6); // empty texts at the end take nothing
}

TEST_CASE("sample: equal events give equal samples, and any difference shows", "[detect][sample]") {
  const auto e = some_event();
  const auto s = sample::of(e);
  CHECK((sample::of(some_event()) == s));
  CHECK(s.resource() == "arn:aws:s3:::ledger");
  CHECK(s.identity().empty()); // the group is the identity
  auto routed = e;
  routed.routed_to = "arn:aws:s3:::ledger";
  CHECK(sample::of(routed).identity() == "AROAEXAMPLE:job");
  for (const auto m : texts) {
    auto f = s.fields();
    const auto longer = std::string{f.*m} + "'";
    f.*m = longer;
    CHECK_FALSE((sample{f} == s));
  }
  auto later = e;
  later.time += 1ns;
  CHECK_FALSE((sample::of(later) == s));
  auto elsewhere = e;
  elsewhere.asn = 0;
  CHECK_FALSE((sample::of(elsewhere) == s));
}

TEST_CASE("sample: of who acts it keeps the name where the state is theirs, else the identity",
          "[detect][sample]") {
  auto e = some_event();
  e.identity_name = "ann";
  CHECK(sample::of(e).name() == "ann");
  CHECK(sample::of(e).identity().empty());
  e.routed_to = "bucket-2";
  CHECK(sample::of(e).name().empty());
  CHECK(sample::of(e).identity() == e.identity);
}

TEST_CASE("sample: the first of a list keeps its session and name, whichever order they came in",
          "[detect][sample]") {
  auto first = some_event(), second = some_event(), third = some_event();
  first.session = "AKIAFIRST";
  second.session = "AKIASECOND";
  third.session = "AKIATHIRD";
  first.identity_name = "ann";
  second.identity_name = third.identity_name = "bea";
  second.time += 1s;
  third.time += 2s;
  std::vector<const base::event*> order{&first, &second, &third};
  std::sort(order.begin(), order.end());
  do {
    std::vector<sample> list, halves[2], merged;
    for (const auto* e : order)
      add_sample(list, *e, 8);
    add_sample(halves[0], *order[0], 8);
    add_sample(halves[1], *order[1], 8);
    add_sample(halves[1], *order[2], 8);
    for (const auto& h : halves)
      merge_samples(merged, h, 8);
    for (const auto* l : {&list, &merged}) {
      REQUIRE(l->size() == 3);
      CHECK(l->at(0).session() == "AKIAFIRST");
      CHECK(l->at(0).name() == "ann");
      CHECK(l->at(1).name().empty());
      CHECK(l->at(1).session().empty());
      CHECK(l->at(2).session().empty());
    }
    CHECK((list == merged));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("sample: what was moved from is a sample without texts", "[detect][sample]") {
  auto from = sample::of(some_event());
  const auto to = std::move(from);
  CHECK((to == sample::of(some_event())));
  CHECK(from.id().empty()); // NOLINT(bugprone-use-after-move)
  CHECK(from.heap_bytes() == 0);
}

TEST_CASE("samples: a list keeps the earliest and has no room beyond its cap", "[detect][sample]") {
  std::vector<sample> list;
  auto e = some_event();
  const auto start = e.time;
  for (const int minute : {5, 9, 1, 7, 3, 8, 2, 6, 4, 0}) {
    e.time = start + std::chrono::minutes{minute};
    add_sample(list, e, 6);
    CHECK(list.capacity() <= 6);
  }
  REQUIRE(list.size() == 6);
  for (std::size_t i = 0; i < list.size(); ++i)
    CHECK(list[i].time == start + i * 1min);
  CHECK(heap_bytes(list) == 6 * (sizeof(sample) + list[0].heap_bytes()));
}

TEST_CASE("samples: only the first of merged lists keeps its record", "[detect][sample]") {
  const base::event_time t{std::chrono::days{20'000}};
  std::vector<sample> into{at(t + 2s, "c", "third")};
  merge_samples(into, {at(t, "a", "first"), at(t + 3s, "d")}, 3);
  merge_samples(into, {at(t + 1s, "b", "second")}, 3);
  REQUIRE(into.size() == 3);
  CHECK(into[0].record() == "first");
  CHECK((into[1] == at(t + 1s, "b")));
  CHECK((into[2] == at(t + 2s, "c")));
}
