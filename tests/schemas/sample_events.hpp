// Batches that look like CloudTrail of a busy account: for size and speed, and as ordinary input.
//
// A few dozen identities of unequal activity, sessions that change, object names that do not
// repeat, one match in fifty events with a kilobyte of evidence. Deterministic by seed;
// header-only.
#pragma once

#include "base/event.hpp"
#include "base/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <random>

namespace vedette::test {

struct call {
  const char *service, *action, *activity, *resource;
  bool read_only;
  int weight;
};

inline constexpr std::array<call, 12> calls = {{
    {"s3.amazonaws.com", "GetObject", "storage.object.read",
     "arn:aws:s3:::acme-{}-data/year=2026/month=01/part-{:08x}.parquet", true, 30},
    {"s3.amazonaws.com", "PutObject", "storage.object.write",
     "arn:aws:s3:::acme-{}-logs/app/2026/01/{:08x}.json.gz", false, 12},
    {"s3.amazonaws.com", "ListObjects", "storage.bucket.list", "arn:aws:s3:::acme-{}-data", true,
     5},
    {"sts.amazonaws.com", "AssumeRole", "identity.session.create",
     "arn:aws:iam::123456789012:role/svc-{}", true, 16},
    {"ec2.amazonaws.com", "DescribeInstances", "", "", true, 12},
    {"kms.amazonaws.com", "Decrypt", "secret.decrypt",
     "arn:aws:kms:us-east-1:123456789012:key/6f1c{:04x}-2a41-4a54-9d5e-8a1b2c3d4e5f", true, 9},
    {"logs.amazonaws.com", "CreateLogStream", "",
     "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/fn-{}:log-stream:{:08x}", false, 5},
    {"dynamodb.amazonaws.com", "GetItem", "",
     "arn:aws:dynamodb:us-east-1:123456789012:table/orders-{}", true, 4},
    {"secretsmanager.amazonaws.com", "GetSecretValue", "secret.read",
     "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-{}-a1b2c3", true, 3},
    {"ec2.amazonaws.com", "RunInstances", "compute.instance.create",
     "arn:aws:ec2:us-east-1:123456789012:instance/i-0{}{:08x}", false, 2},
    {"iam.amazonaws.com", "GetRole", "", "arn:aws:iam::123456789012:role/svc-{}", true, 1},
    {"lambda.amazonaws.com", "GetFunction20150331v2", "",
     "arn:aws:lambda:us-east-1:123456789012:function:fn-{}", true, 1},
}};

class sample_events {
 public:
  explicit sample_events(std::uint32_t seed) : random_{seed} {}

  std::shared_ptr<base::event_batch> batch(std::size_t count) {
    auto out = std::make_shared<base::event_batch>();
    out->tenant = {"acme"};
    out->source = "aws.cloudtrail/7";
    out->generation = {3};
    for (std::size_t i = 0; i < count; ++i)
      out->events.push_back(event(out->memory));
    return out;
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  /// Small numbers are likelier, roughly as 1/n.
  unsigned zipf(unsigned n) {
    return std::min(
        n - 1, static_cast<unsigned>(std::exp2(std::log2(n + 1.0) * below(1000) / 1000.0)) - 1);
  }

  base::event event(base::arena& m) {
    base::event e;
    const auto who = zipf(40);
    const auto session = who * 4 + (who < 5 ? clock_ / 900 % 4 : 0);
    unsigned pick = below(100), c = 0;
    while (pick >= static_cast<unsigned>(calls[c].weight))
      pick -= static_cast<unsigned>(calls[c++].weight);
    const auto& call = calls[c];
    const std::array<std::uint64_t, 2> r = {random_(), random_()};
    e.id = m.copy(fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", r[0] & 0xffffffff,
                              r[0] >> 32 & 0xffff, r[0] >> 48, r[1] & 0xffff, r[1] >> 16));
    clock_ += below(10) == 0;
    e.time = base::event_time{std::chrono::seconds{1'767'323'045 + clock_ + below(4)}};
    e.provider = base::cloud::aws;
    e.account = m.copy("123456789012");
    e.region = m.copy(who % 7 == 3 ? "eu-west-1" : "us-east-1");
    e.service = m.copy(call.service);
    e.action = m.copy(call.action);
    e.activity = m.copy(call.activity);
    if (below(40) == 0) {
      e.result = base::outcome::denied;
      e.error = m.copy("AccessDenied");
    }
    e.read_only = call.read_only;
    e.identity = m.copy(fmt::format("arn:aws:iam::123456789012:role/service-role/acme-prod-{}-{:x}",
                                    who, who * 7919));
    e.actor = base::identity_type::role;
    e.session = m.copy(fmt::format("ASIA{:016X}", base::mix(session, 99)));
    e.holder = who % 3 == 0 ? base::session_class::lambda : base::session_class::instance;
    e.workload = m.copy(
        who % 3 == 0 ? fmt::format("arn:aws:lambda:us-east-1:123456789012:function:fn-{}", who)
                     : fmt::format("i-0{:016x}", base::mix(who, 5)));
    e.source = base::ip_address::v4(0x36000000 +
                                    static_cast<std::uint32_t>(base::mix(session, 1) & 0xffffff));
    e.has_source = true;
    e.source_text = m.copy(base::to_string(e.source));
    e.origin = base::origin_class::cloud_same;
    e.asn = 16509;
    e.as_name = m.copy("AMAZON-02");
    e.country = m.copy("US");
    e.place = {39.0438F, -77.4874F};
    e.has_place = true;
    e.user_agent = m.copy(fmt::format(
        "Boto3/1.28.{} md/Botocore#1.31.{} ua/2.0 os/linux#5.10.{}-amzn lang/python#3.11.6",
        who % 9, who % 5, who % 3));
    e.client = base::client_class::sdk;
    if (*call.resource != '\0') {
      auto list = m.array<std::string_view>(1);
      list[0] = m.copy(fmt::format(fmt::runtime(call.resource), who % 6, random_() & 0xffffffff));
      e.resources = list;
    }
    e.bytes = c == 0 ? below(1 << 22) : 0;
    if (below(50) == 0) {
      auto found = m.array<base::match>(1);
      auto values = m.array<std::string_view>(1);
      values[0] = e.resources.empty() ? e.region : e.resources[0];
      found[0] = {{static_cast<std::uint16_t>(below(30))}, 1, values};
      e.matches = found;
      e.evidence = m.copy(evidence(e));
    }
    return e;
  }

  std::string evidence(const base::event& e) {
    auto text = fmt::format(
        R"({{"eventVersion":"1.08","eventSource":"{}","eventName":"{}","eventID":"{}","userIdentity":{{"arn":"{}"}},"requestParameters":{{)",
        e.service, e.action, e.id, e.identity);
    while (text.size() < 1000)
      text += fmt::format(R"("parameter{}":"value-{:x}",)", text.size() % 10, random_());
    return text + "\"last\":true}}";
  }

  std::mt19937_64 random_;
  unsigned clock_ = 0;
};

/// Every field, one by one: `event` holds views, so equality is of what they show.
inline bool same(const base::match& a, const base::match& b) {
  return a.rule == b.rule && a.marks == b.marks && std::ranges::equal(a.values, b.values);
}

inline bool same(const base::event& a, const base::event& b) {
  return a.id == b.id && a.time == b.time && a.provider == b.provider && a.account == b.account &&
         a.region == b.region && a.service == b.service && a.action == b.action &&
         a.activity == b.activity && a.result == b.result && a.error == b.error &&
         a.read_only == b.read_only && a.identity == b.identity &&
         a.identity_name == b.identity_name && a.actor == b.actor && a.session == b.session &&
         a.holder == b.holder && a.workload == b.workload && a.source_text == b.source_text &&
         a.source == b.source && a.has_source == b.has_source && a.origin == b.origin &&
         a.asn == b.asn && a.as_name == b.as_name && a.country == b.country && a.place == b.place &&
         a.has_place == b.has_place && a.user_agent == b.user_agent && a.client == b.client &&
         std::ranges::equal(a.resources, b.resources) && std::ranges::equal(a.targets, b.targets) &&
         a.target == b.target && a.grant == b.grant && a.bytes == b.bytes && a.count == b.count &&
         a.routed_to == b.routed_to && a.routed_kind == b.routed_kind && a.evidence == b.evidence &&
         std::ranges::equal(a.matches, b.matches,
                            [](const auto& x, const auto& y) { return same(x, y); });
}

inline bool same(const base::event_batch& a, const base::event_batch& b) {
  return a.tenant == b.tenant && a.source == b.source && a.generation == b.generation &&
         std::ranges::equal(a.events, b.events,
                            [](const auto& x, const auto& y) { return same(x, y); });
}

} // namespace vedette::test
