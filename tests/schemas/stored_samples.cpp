// Bytes of earlier builds must stay readable: tests/data/formats/ and tests/data/frames/ hold one
// sample of each kind and version, and this build must read the same values from them.
//
// `VEDETTE_WRITE_SAMPLES=1 test_schemas "samples:*"` writes the files that are missing and never
// touches one that is there; run it when a format gets a new version, under a new file name.
#include "schemas/codec/access_codec.hpp"
#include "schemas/codec/alert_codec.hpp"
#include "schemas/codec/event_codec.hpp"
#include "schemas/codec/frame_codec.hpp"
#include "schemas/codec/record_codec.hpp"
#include "tests/schemas/sample_events.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace vedette;
using namespace vedette::schemas;

namespace {

std::string sample(const std::string& name, const std::string& fresh) {
  const char* root = std::getenv("VEDETTE_SOURCE_DIR");
  const auto path = std::filesystem::path{root == nullptr ? "." : root} / "tests/data" / name;
  if (std::getenv("VEDETTE_WRITE_SAMPLES") != nullptr && !std::filesystem::exists(path)) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << fresh;
  }
  std::ifstream in{path, std::ios::binary};
  INFO(path.string());
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Fixed for ever; plain values, so that no change of a generator moves them.
base::event_batch two_events() {
  base::event_batch b;
  b.tenant = {"acme"};
  b.source = "aws.cloudtrail/7";
  b.generation = {4};
  static constexpr std::string_view resources[] = {"arn:aws:s3:::acme-data/a",
                                                   "arn:aws:s3:::acme-data/b"};
  static constexpr std::string_view targets[] = {"210987654321"};
  static constexpr std::string_view values[] = {"acme-data", ""};
  static constexpr base::match matches[] = {{{7}, 5, values}};
  base::event e;
  e.id = "4f9e8b2a-3c1d-4e5f-8a9b-0c1d2e3f4a5b";
  e.time = base::event_time{std::chrono::milliseconds{1'767'323'045'678}};
  e.provider = base::cloud::aws;
  e.account = "123456789012";
  e.region = "us-east-1";
  e.service = "s3.amazonaws.com";
  e.action = "GetObject";
  e.activity = "storage.object.read";
  e.result = base::outcome::denied;
  e.error = "AccessDenied";
  e.read_only = true;
  e.identity = "arn:aws:iam::123456789012:role/app";
  e.identity_name = "app";
  e.actor = base::identity_type::role;
  e.session = "ASIAEXAMPLE";
  e.holder = base::session_class::lambda;
  e.workload = "arn:aws:lambda:us-east-1:123456789012:function:app";
  e.source_text = "203.0.113.9";
  e.source = base::ip_address::v4(0xcb007109);
  e.has_source = true;
  e.origin = base::origin_class::cloud_same;
  e.asn = 64500;
  e.as_name = "EXAMPLE";
  e.country = "US";
  e.place = {39.5F, -77.25F};
  e.has_place = true;
  e.user_agent = "Boto3/1.28.1";
  e.client = base::client_class::sdk;
  e.resources = resources;
  e.targets = targets;
  e.target = base::target_class::foreign;
  e.grant = base::grant_class::admin;
  e.bytes = 1ULL << 33;
  e.count = 3;
  e.routed_to = "203.0.113.0/24";
  e.routed_kind = 2;
  e.matches = matches;
  e.evidence = R"({"eventName":"GetObject"})";
  b.events.push_back(e);
  base::event plain;
  plain.id = "not-a-guid";
  plain.identity = "root";
  plain.time = base::event_time{std::chrono::seconds{1'767'323'000}};
  b.events.push_back(plain);
  return b;
}

base::alert an_alert() {
  base::alert a;
  a.id = "0123456789abcdef0123456789abcdef";
  a.tenant = {"acme"};
  a.rule = {"iam-denied-actions"};
  a.severity = base::severity::medium;
  a.attack = {{"discovery", "T1580"}};
  a.entity = "arn:aws:iam::123456789012:role/app";
  a.count = 12;
  a.events = {"4f9e8b2a-3c1d-4e5f-8a9b-0c1d2e3f4a5b"};
  a.why = "12 denied calls within 10m";
  a.evidence = {{"denied", "12"}};
  return a;
}

} // namespace

TEST_CASE("samples: events written by version 1 read as they were meant", "[schemas][samples]") {
  const auto bytes = sample("formats/events-1.bin", encode(two_events()));
  const auto back = decode_events(bytes);
  REQUIRE(back);
  CHECK(test::same(**back, two_events()));
}

TEST_CASE("samples: an alert written by version 1 reads as it was meant", "[schemas][samples]") {
  const auto back = decode_alert(sample("formats/alert-1.bin", encode(an_alert())));
  REQUIRE(back);
  CHECK(*back == an_alert());
}

TEST_CASE("samples: a log record and a run written by version 1 read as they were meant",
          "[schemas][samples]") {
  const log_record meant{
      base::receive_time{std::chrono::seconds{1'767'323'046}},
      {{{3}, {1}, {7}, entry_kind::tick, 1, "body"}, {{4}, {2}, {1}, entry_kind::skip, 2, ""}}};
  const auto back =
      decode_record(sample("formats/record-1.bin", *encode_record(meant.written, meant.entries)));
  REQUIRE(back);
  CHECK(*back == meant);
  const log_run run{
      9, 4096, 77, meant.written, {{{0}, {{5}, {}, {}, {}}}, {{3}, {{7}, {}, {}, {}}}}};
  const auto run_back = decode_run(sample("formats/run-1.bin", encode_run(run)));
  REQUIRE(run_back);
  CHECK(*run_back == run);
}

TEST_CASE("samples: tokens and keys of format 1 read as they were meant", "[schemas][samples]") {
  const auto at = [](int second) {
    return base::receive_time{std::chrono::seconds{1'767'323'000 + second}};
  };
  const token_document tokens{
      7,
      std::string(64, 'a'),
      {{"admin", std::string(64, 'b'), {"admin"}, {}, true, at(0), at(5), "first start"},
       {"soc", std::string(64, 'c'), {"analyst"}, {"acme"}, false, at(1), at(1), "admin@n2"}}};
  const auto tokens_back = decode_tokens(sample("formats/tokens-1.bin", encode(tokens)));
  REQUIRE(tokens_back);
  CHECK(*tokens_back == tokens);
  const key_document keys{3,
                          {{std::string(40, 'k'), "acme", "eu", true, false, at(0), {}, "admin"},
                           {std::string(40, 'l'), "acme", "", false, true, at(1), at(2), "soc"}}};
  const auto keys_back = decode_keys(sample("formats/keys-1.bin", encode(keys)));
  REQUIRE(keys_back);
  CHECK(*keys_back == keys);
}

TEST_CASE("samples: frames of protocol version 1 read as they were meant", "[schemas][samples]") {
  const hello_frame hello{"aws.cloudtrail/7", 5, 0, "vedette 0.1.0"};
  const ack_frame ack{5, 6, 1, 2, 3, 4, 5};
  const credit_frame credit{8};
  const end_frame end{"aws.cloudtrail/7", 5};
  const error_frame error{base::ec::denied, 6, "no such key"};
  const batch_frame batch{
      "aws.cloudtrail/7", 5, 6, {R"({"eventID":"1"})", R"({"eventID":"2"})"}, nullptr};
  const auto read = [](const char* name, const frame& meant) {
    auto back = decode_frame(sample(std::string{"frames/"} + name, encode(meant)));
    REQUIRE(back);
    return *std::move(back);
  };
  CHECK(std::get<hello_frame>(read("hello-1.bin", hello)) == hello);
  CHECK(std::get<ack_frame>(read("ack-1.bin", ack)) == ack);
  CHECK(std::get<credit_frame>(read("credit-1.bin", credit)) == credit);
  CHECK(std::get<end_frame>(read("end-1.bin", end)) == end);
  CHECK(std::get<error_frame>(read("error-1.bin", error)) == error);
  const auto b = read("batch-1.bin", batch);
  CHECK(std::get<batch_frame>(b).records == batch.records);
}
