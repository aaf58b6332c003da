#include "schemas/codec/alert_codec.hpp"

#include "tests/support/catch.hpp"

#include <random>

using namespace vedette;

namespace {

base::alert full() {
  base::alert a;
  a.id = "0123456789abcdef0123456789abcdef";
  a.tenant = {"acme"};
  a.rule = {"iam-denied-actions"};
  a.title = "An IAM identity attempted multiple actions that were denied";
  a.severity = base::severity::high;
  a.control = base::control::both;
  a.state = base::alert_state::withdrawn;
  a.revision = 7;
  a.attack = {{"discovery", "T1580"}, {"exfiltration", ""}};
  a.kind = base::entity_kind::resource;
  a.entity = std::string{"arn:aws:s3:::b\0x", 16};
  a.episode = 3;
  a.time = base::event_time{base::duration{-5}};
  a.first_event = base::event_time{base::duration{1}};
  a.last_event = base::event_time{base::duration::max()};
  a.count = ~std::uint64_t{0};
  a.suppressed = 12;
  a.late = true;
  a.baseline_complete = false;
  a.cloud = "aws";
  a.account = "123456789012";
  a.regions = {"us-east-1", ""};
  a.identity_id = "arn:aws:iam::123456789012:user/x";
  a.identity_type = "user";
  a.identity_name = "x";
  a.session = "ASIA1";
  a.ips = {"203.0.113.9"};
  a.asns = {64500, 0xffffffff};
  a.countries = {"BR"};
  a.resources = {"r1", "r2"};
  a.events = {"e1", "e2", "e3"};
  a.claim = base::volume_claim{"objects",
                               1e9,
                               2.5,
                               14,
                               -3,
                               base::severity::medium,
                               base::severity::high,
                               base::severity::critical};
  a.why = "12 denied calls within 10 m";
  a.evidence = {{"denied", "12"}, {"paths", "[\"a\"]"}};
  return a;
}

} // namespace

TEST_CASE("alerts: what was encoded is what is decoded", "[schemas][alerts]") {
  auto empty_claim = full();
  empty_claim.claim = base::volume_claim{};
  for (const auto& a : {full(), base::alert{}, empty_claim}) {
    const auto back = schemas::decode_alert(schemas::encode(a));
    REQUIRE(back);
    CHECK(*back == a);
    CHECK(schemas::encode(*back) == schemas::encode(a));
  }
}

TEST_CASE("alerts: no enumerator is lost and a later build's is refused", "[schemas][alerts]") {
  auto a = full();
  for (int i = 0; i < 5; ++i) {
    a.severity = static_cast<base::severity>(i);
    CHECK((*schemas::decode_alert(schemas::encode(a))).severity == a.severity);
  }
  struct row {
    const char* why;
    void (*spoil)(base::alert&);
  };
  const auto r = GENERATE(values<row>({
      {"severity", [](base::alert& x) { x.severity = static_cast<base::severity>(5); }},
      {"control", [](base::alert& x) { x.control = static_cast<base::control>(3); }},
      {"state", [](base::alert& x) { x.state = static_cast<base::alert_state>(3); }},
      {"entity kind", [](base::alert& x) { x.kind = static_cast<base::entity_kind>(7); }},
      {"claim", [](base::alert& x) { x.claim->for_tenant = static_cast<base::severity>(5); }},
  }));
  INFO(r.why);
  r.spoil(a);
  const auto back = schemas::decode_alert(schemas::encode(a));
  REQUIRE_FALSE(back);
  CHECK(back.err().code == base::ec::unsupported);
}

TEST_CASE("alerts: damaged bytes never crash the decoder", "[schemas][alerts]") {
  const auto whole = schemas::encode(full());
  std::mt19937 random{3};
  int refused = 0;
  for (int i = 0; i < 4000; ++i) {
    auto bytes = whole;
    if (i % 2)
      bytes.resize(random() % bytes.size());
    else
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    refused += !schemas::decode_alert(bytes);
  }
  CHECK(refused > 500);
}
