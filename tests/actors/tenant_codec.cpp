// A tenant's state is stored and read back in the middle of random inputs, each of which went
// through its own bytes as well; from there the original and the copy must go on alike.
#include "actors/tenant_codec.hpp"

#include "base/hash.hpp"
#include "respond/playbooks/loader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/random.hpp"

#include <capnp/any.h>
#include <capnp/serialize-packed.h>
#include <kj/io.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace vedette;
using namespace vedette::respond;
using namespace std::chrono_literals;

namespace {

constexpr const char* playbooks_text = R"(
type: playbook
spec_version: cacao-2.0
id: playbook--00000000-0000-4000-8000-000000000001
name: contain
title: Contain
mode: auto
trigger: {rules: [theft, download], incident_rules: [stages], min_severity: medium}
workflow:
  - name: tell
    kind: notify
    class: may-repeat
    approval: none
    target: "people"
    calls: [{api: "vedette:Notify", with: {text: "${alert.title}", body: "${alert.why}"}}]
  - name: revoke
    kind: revoke_sessions
    class: idempotent
    approval: one
    target: "${identity.id}"
    time_to_live: 2h
    calls: [{api: "iam:PutRolePolicy", with: {RoleName: "${identity.id|leaf}"}}]
    inverse: [{api: "iam:DeleteRolePolicy", with: {RoleName: "${identity.id|leaf}"}}]
  - name: isolate
    kind: isolate_bucket
    class: at-most-once
    approval: none
    for_each: resources
    target: "${item}"
    calls: [{api: "s3:PutBucketPolicy", with: {Bucket: "${item}", Was: "${prior.policy}"}}]
    inverse: [{api: "s3:PutBucketPolicy", with: {Bucket: "${item}", Policy: "${prior.policy}"}}]
---
type: incident-rule
name: stages
title: Several stages
severity: critical
within: 24h
same: identity
steps:
  - rules: [theft]
  - rules: [download]
)";

std::shared_ptr<const playbook_set> playbooks() {
  static const auto loaded = [] {
    const playbook_source source{"test.yaml", playbooks_text};
    auto set = load_playbooks({&source, 1});
    INFO((set ? std::string{} : to_string(set.err())));
    REQUIRE(set);
    return *set;
  }();
  return loaded;
}

respond_settings daring() {
  respond_settings s;
  s.tenant_mode = mode::automatic;
  s.activation_days = 2;
  s.executors = {"notify", "revoke_sessions", "isolate_bucket"};
  return s;
}

const base::tenant_id acme{"acme"};

/// Chooses what happens next from what was said before, as people, detectors and a responder would.
class tenant_world {
 public:
  explicit tenant_world(std::uint64_t seed) : chance_{seed} {}

  input next(const tenant_state& s) {
    now_ += std::chrono::seconds{chance_.below(1200)};
    if (!pending_.empty() && chance_.chance(0.7)) {
      intents_committed in{std::exchange(pending_, {}), now_};
      return in;
    }
    if (!attempted_.empty() && chance_.chance(0.7)) {
      const auto id = take(attempted_);
      const auto result = static_cast<attempt_result>(chance_.below(3));
      return action_outcome{id, result, "said the target", {{"version", "3"}}, now_};
    }
    if (!runnable_.empty() && chance_.chance(0.6)) {
      attempted_.push_back(take(runnable_));
      return action_attempt{attempted_.back(), {{"policy", "{\"was\":1}"}, {"", "nameless"}}, now_};
    }
    switch (chance_.below(10)) {
    case 0:
      return maxima();
    case 1:
      return respond::tick{now_, now_ - 1h};
    case 2:
      return chance_.chance(0.2) ? input{responder_changed{now_}} : input{command(s)};
    case 3:
    case 4:
      return command(s);
    default:
      return alert();
    }
  }

  void hear(const outputs& out) {
    for (const auto& a : out.intents) {
      pending_.push_back({a.id, a.plan_hash});
      planned_.emplace_back(a.id, a.plan_hash);
    }
    for (const auto& a : out.runnable)
      runnable_.push_back(a.id);
    incidents_.insert(incidents_.end(), out.incidents.begin(), out.incidents.end());
  }

 private:
  std::string take(std::vector<std::string>& from) {
    std::swap(from[chance_.below(from.size())], from.back());
    auto out = std::move(from.back());
    from.pop_back();
    return out;
  }

  input alert() {
    static constexpr const char* rules[] = {"theft", "download", "noise"};
    base::alert a;
    const auto n = chance_.below(40);
    a.tenant = chance_.chance(0.02) ? base::tenant_id{"other"} : acme;
    a.rule.value = rules[n % 3];
    a.kind = base::entity_kind::identity;
    a.identity_id = a.entity = "arn:aws:iam::111122223333:user/u" + std::to_string(n % 7);
    a.episode = static_cast<std::uint32_t>(1 + n / 10);
    a.id = base::alert_id(a.tenant, a.rule, a.kind, a.entity, a.episode);
    a.title = "Title of " + a.rule.value;
    a.severity = static_cast<base::severity>(chance_.below(5));
    a.state = static_cast<base::alert_state>(chance_.chance(0.9) ? chance_.below(2) : 2);
    a.revision = static_cast<std::uint32_t>(1 + chance_.below(6));
    a.attack = {{"exfiltration", "T1537"}, {n % 2 ? "discovery" : "persistence", ""}};
    a.time = a.first_event = a.last_event = now_ - std::chrono::minutes{chance_.below(300)};
    a.count = chance_.below(1000);
    a.cloud = "aws";
    a.account = "11112222333" + std::to_string(n % 2);
    a.session = "ASIA" + std::to_string(n % 11);
    a.ips = {"203.0.113." + std::to_string(n % 13)};
    a.resources = {"bucket-" + std::to_string(n % 5), "bucket-" + std::to_string(n % 3)};
    a.why = "because";
    if (n % 3 == 1)
      a.claim = base::volume_claim{"objects",
                                   static_cast<double>(chance_.below(5000)),
                                   1.5,
                                   30,
                                   base::day_of(now_),
                                   base::severity::low,
                                   base::severity::medium,
                                   base::severity::high};
    return alert_arrived{std::move(a), now_};
  }

  input maxima() {
    day_maxima_told in{{}, now_};
    for (auto n = chance_.below(4); n-- > 0;)
      in.maxima.push_back({"11112222333" + std::to_string(chance_.below(3)),
                           {"download"},
                           n % 2 ? "objects" : "bytes",
                           base::day_of(now_) - static_cast<base::day_number>(chance_.below(40)),
                           static_cast<double>(chance_.below(1000)) / 7});
    return in;
  }

  operator_command command(const tenant_state& s) {
    operator_command c;
    c.what = static_cast<verb>(chance_.below(7));
    if (c.what == verb::freeze && chance_.chance(0.7))
      c.what = verb::unfreeze;
    c.who = "person" + std::to_string(chance_.below(3));
    c.reason = "a reason";
    c.at = now_;
    const auto waiting = s.actions({.state = action_state::waiting_approval});
    if (!waiting.empty() && chance_.chance(0.7)) {
      c.what = verb::approve;
      c.id = waiting.back()->id;
      c.plan_hash = waiting.back()->plan_hash;
      return c;
    }
    const bool about_incident = c.what == verb::acknowledge || c.what == verb::close;
    if (about_incident && !incidents_.empty()) {
      c.id = incidents_[chance_.below(incidents_.size())];
    } else if (!about_incident && !planned_.empty()) {
      std::tie(c.id, c.plan_hash) = planned_[chance_.below(planned_.size())];
    }
    return c;
  }

  test::random chance_;
  base::receive_time now_{std::chrono::days{20'000}};
  std::vector<intents_committed::one> pending_;
  std::vector<std::pair<std::string, std::string>> planned_;
  std::vector<std::string> runnable_, attempted_, incidents_;
};

tenant_state::data stored(const tenant_state::data& d) {
  const auto bytes = actors::encode(d);
  auto back = actors::decode_tenant(bytes);
  INFO((back ? std::string{} : to_string(back.err())));
  REQUIRE(back);
  REQUIRE(*back == d);
  REQUIRE(actors::encode(*back) == bytes);
  return std::move(*back);
}

input journalled(const input& in) {
  const auto bytes = actors::encode(in);
  auto back = actors::decode_input(bytes);
  INFO((back ? std::string{} : to_string(back.err())));
  REQUIRE(back);
  REQUIRE(back->index() == in.index());
  REQUIRE(actors::encode(*back) == bytes);
  return std::move(*back);
}

/// What a tenant looks like after so many inputs of a seed.
tenant_state lived(std::uint64_t seed, int inputs) {
  tenant_world w{seed};
  tenant_state s{acme, playbooks(), daring()};
  for (int i = 0; i < inputs; ++i)
    w.hear(s.fold(w.next(s)));
  return s;
}

tenant_state::data small() {
  tenant_state::data d;
  d.tenant = acme;
  d.now = base::receive_time{1h};
  d.alerts.left = {{7, {2, 0}}};
  d.alerts.left_order = {7};
  d.incidents.keys["session|x"] = {"i", {1, 2}};
  incident i;
  i.id = "i";
  i.number = 1;
  i.title = "Title";
  i.alerts = {
      {"a", "theft", "Title", base::severity::high, base::alert_state::final, {}, "u", {"t"}}};
  i.timeline = {{base::receive_time{2h}, timeline_entry::kind::person, "closed", "i"}};
  d.incidents.incidents["i"] = i;
  action a;
  a.id = "a";
  a.plan.calls = {{"iam:PutRolePolicy", {{"RoleName", "r"}}}};
  a.prior = {{"policy", "p"}};
  a.attempted_at = base::receive_time{3h};
  d.actions.actions["a"] = a;
  d.maxima.tell({"111122223333", {"download"}, "objects", 20'000, 12});
  return d;
}

operator_command unfreezing() {
  return {verb::unfreeze, "i", "w", "r", "h", base::receive_time{4h}};
}

/// The two above as the first build with this format wrote them. Never to be written anew.
constexpr std::string_view state_format_1 =
    "10d850070b01013ea0b8304603000411292211290711290d11290c1129bf11e11f130101071301019f13bd0102"
    "13b9015713f902270f61636d655003010107010251040a0d0101000811310a113102112d0611292a1129021125"
    "0211213f115506115106114d0211492711610211050201691f5469746c6551040205030301000011110a11112a"
    "11112a11110a11110e01611f74686566741f5469746c65017511010a0174510402023e4071618c060102110532"
    "11050a3f636c6f736564016941040311094a110d0a110d15ff73657373696f6e7c000178016901010102400251"
    "04060d0000020200023ee02992d20911310a113102112d0211290211250251200305116d021169021165021161"
    "07116117117502116d070161400100003ea0b8304603111102110d02110902110517112d0741040211058a110d"
    "17ff69616d3a50757452016f6c65506f6c6963017941040211054211050aff526f6c654e616d65000172400250"
    "010141040211053211050a3f706f6c696379017040025108010403204e112102111d42111d3a311d050103204e"
    "11956211994211993a31990501ff646f776e6c6f6164016f626a6563747300c02840c0f0bfc0f0bfc0f0bfc0f0"
    "bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0"
    "bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfff31313131323232"
    "32000f33333333ff646f776e6c6f6164016f626a6563747300c02840c0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0"
    "bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0"
    "bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bfc0f0bf5108010103204e11090203204e11"
    "0162ff3131313132323232000f33333333";
constexpr std::string_view input_format_1 =
    "000000000e00000000000000030001000080e2c2180d0000030000000000000000000000000000000000000001"
    "00040006000000000000000d0000000a0000000d0000000a0000000d0000000a0000000d0000000a0000006900"
    "000000000000770000000000000072000000000000006800000000000000";

} // namespace

TEST_CASE("tenants: a stored one folds on as the original does", "[actors][tenant]") {
  const auto seed = GENERATE(range(1, 11));
  INFO("seed " << seed);
  tenant_world w{static_cast<std::uint64_t>(seed)};
  tenant_state kept{acme, playbooks(), daring()};
  tenant_state again{acme, playbooks(), daring()};
  std::size_t seen[std::variant_size_v<input>] = {};
  for (int i = 0; i < 400; ++i) {
    const auto in = w.next(kept);
    ++seen[in.index()];
    const auto said = kept.fold(in);
    REQUIRE(again.fold(journalled(in)) == said);
    w.hear(said);
    if (i % 29 == 0)
      again = tenant_state{stored(again.checkpoint()), playbooks(), daring()};
  }
  REQUIRE(stored(kept.checkpoint()) == again.checkpoint());
  CHECK(again.runnable_actions() == kept.runnable_actions());
  CHECK(again.uncommitted_intents() == kept.uncommitted_intents());

  // The streams reach what there is to lose.
  for (std::size_t i = 0; i + 1 < std::size(seen); ++i) {
    INFO("input kind " << i);
    CHECK(seen[i] > 0);
  }
  const auto d = kept.checkpoint();
  const auto any = [&](auto holds) {
    return std::any_of(d.actions.actions.begin(), d.actions.actions.end(),
                       [&](const auto& a) { return holds(a.second); });
  };
  CHECK(any([](const action& a) { return !a.approvals.empty(); }));
  CHECK(any([](const action& a) { return !a.prior.empty() && a.attempted_at; }));
  CHECK(any([](const action& a) { return !a.plan.calls.empty() && !a.plan.inverse.empty(); }));
  CHECK(d.incidents.incidents.size() > 1);
  CHECK(d.maxima.series() > 0);
}

TEST_CASE("tenants: what was forgotten is still known after a restart", "[actors][tenant]") {
  tenant_state::data d;
  d.tenant = acme;
  d.now = base::receive_time::max();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto hash = (i * 0x9e3779b97f4a7c15ULL) ^ ~std::uint64_t{0};
    d.alerts.left.emplace(hash, left_alert{static_cast<std::uint32_t>(i), 0});
    d.alerts.left_order.push_back(hash);
  }
  d.alerts.numbers = ~std::uint64_t{0};
  d.actions.frozen = true;
  d.actions.frozen_by = std::string{"\0\xff", 2};
  d.actions.not_planned = 3;
  d.incidents.keys["address|203.0.113.1"] = {"gone", {1, ~std::uint64_t{0}}};
  CHECK(stored(d) == d);
}

TEST_CASE("tenants: bytes of format 1 are still read", "[actors][tenant]") {
  const auto state = actors::decode_tenant(test::from_hex(state_format_1));
  REQUIRE(state);
  CHECK(*state == small());
  // Copies of a build without counts compare these bytes with ours.
  CHECK(actors::encode(small()) == test::from_hex(state_format_1));
  const auto in = actors::decode_input(test::from_hex(input_format_1));
  REQUIRE(in);
  CHECK(actors::encode(*in) == actors::encode(input{unfreezing()}));
}

TEST_CASE("tenants: every journalled input comes back as it was", "[actors][tenant]") {
  const base::receive_time when{base::duration{-7}};
  const auto tried =
      journalled(action_attempt{"a1", {{"", ""}, {"b", std::string(1 << 17, 'x')}}, when});
  CHECK(std::get<action_attempt>(tried).action == "a1");
  CHECK(std::get<action_attempt>(tried).prior.at("b").size() == 1 << 17);
  CHECK(std::get<action_attempt>(tried).at == when);
  const auto ended =
      journalled(action_outcome{"a2", attempt_result::try_again, "t", {{"n", "v"}}, when});
  CHECK(std::get<action_outcome>(ended).result == attempt_result::try_again);
  CHECK(std::get<action_outcome>(ended).text == "t");
  CHECK(std::get<action_outcome>(ended).results.at("n") == "v");
  const auto said = journalled(operator_command{verb::unfreeze, "i", "w", "r", "h", when});
  const auto& c = std::get<operator_command>(said);
  CHECK((c.what == verb::unfreeze && c.id == "i" && c.who == "w" && c.reason == "r" &&
         c.plan_hash == "h" && c.at == when));
  const auto told = journalled(day_maxima_told{{{"acc", {"rule"}, "m", INT32_MIN, -0.5}}, when});
  CHECK(std::get<day_maxima_told>(told).maxima ==
        std::vector<day_maximum>{{"acc", {"rule"}, "m", INT32_MIN, -0.5}});
  const auto intents = journalled(intents_committed{{{"a", "h"}, {"b", ""}}, when});
  CHECK(std::get<intents_committed>(intents).actions.at(0).plan_hash == "h");
  CHECK(std::get<intents_committed>(intents).actions.at(1).action == "b");
  const auto ticked = journalled(respond::tick{when, base::event_time::max()});
  CHECK(std::get<respond::tick>(ticked).watermark == base::event_time::max());
  CHECK(std::get<responder_changed>(journalled(responder_changed{when})).at == when);
  base::alert a;
  a.id = "id";
  a.claim = base::volume_claim{"objects", 7, 2, 14, 20'000};
  CHECK(std::get<alert_arrived>(journalled(alert_arrived{a, when})).alert == a);
}

TEST_CASE("tenants: what is not of this build is refused with its reason", "[actors][tenant]") {
  const auto spoiled = [](void (*spoil)(action&)) {
    tenant_state::data d;
    action a;
    a.id = "a";
    spoil(a);
    d.actions.actions.emplace("a", a);
    return actors::encode(d);
  };
  struct row {
    const char* why;
    std::string bytes;
    base::ec code;
  };
  const struct row rows[] = {
      {"an action's state", spoiled([](action& a) { a.state = static_cast<action_state>(11); }),
       base::ec::unsupported},
      {"a step kind", spoiled([](action& a) { a.plan.kind = static_cast<step_kind>(step_kinds); }),
       base::ec::unsupported},
      {"a mode", spoiled([](action& a) { a.plan.mode = static_cast<mode>(3); }),
       base::ec::unsupported},
      {"nothing", "", base::ec::malformed},
  };
  for (const auto& row : rows) {
    INFO(row.why);
    const auto back = actors::decode_tenant(row.bytes);
    REQUIRE_FALSE(back);
    CHECK(back.err().code == row.code);
  }
  CHECK(actors::decode_tenant(spoiled([](action&) {})));

  const auto empty = actors::decode_input(std::string(16, '\0'));
  REQUIRE_FALSE(empty);
  CHECK(empty.err().code == base::ec::malformed);
  auto later = actors::encode(input{responder_changed{}});
  capnp::MallocMessageBuilder message; // the union's tag follows `at` in the first words of data
  auto words = kj::heapArray<capnp::word>(later.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), later.data(), later.size());
  capnp::FlatArrayMessageReader reader{words};
  message.setRoot(reader.getRoot<capnp::AnyStruct>());
  message.getRoot<capnp::AnyStruct>().getDataSection()[8] = 99;
  const auto flat = capnp::messageToFlatArray(message);
  later.assign(reinterpret_cast<const char*>(flat.begin()), flat.asBytes().size());
  const auto back = actors::decode_input(later);
  REQUIRE_FALSE(back);
  CHECK(back.err().code == base::ec::unsupported);
}

TEST_CASE("tenants: damaged bytes never crash the decoders", "[actors][tenant]") {
  const auto s = lived(5, 300);
  const auto whole = actors::encode(s.checkpoint());
  std::printf("stored: a tenant of %zu alerts, %zu incidents, %zu actions takes %zu bytes\n",
              s.checkpoint().alerts.alerts.size(), s.checkpoint().incidents.incidents.size(),
              s.checkpoint().actions.actions.size(), whole.size());
  tenant_world w{5};
  const auto input = actors::encode(w.next(s));
  test::random r{17};
  int refused = 0;
  const auto damaged = [&](std::string bytes, int i) {
    if (i % 2 != 0)
      bytes.resize(r.below(bytes.size()));
    else
      bytes[r.below(bytes.size())] ^= static_cast<char>(1 << r.below(8));
    return bytes;
  };
  for (int i = 0; i < 600; ++i) {
    refused += !actors::decode_input(damaged(input, i));
    const auto back = actors::decode_tenant(damaged(whole, i));
    refused += !back;
    if (back) // whatever was let in can be gone on with and stored again
      CHECK(actors::decode_tenant(
          actors::encode(tenant_state{*back, playbooks(), daring()}.checkpoint())));
  }
  CHECK(refused > 400);
}
