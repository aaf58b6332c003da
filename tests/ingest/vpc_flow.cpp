#include "tests/ingest/records.hpp"

using namespace vedette;
using namespace vedette::ingest;

TEST_CASE("flow log: a line says who sent what where", "[ingest][vpc_flow]") {
  const auto run =
      run_text("2 111122223333 eni-0a1b2c3d 10.0.12.7 198.51.100.7 49822 443 6 31 18214 1768210860 "
               "1768210919 ACCEPT OK\n");
  const auto& e = run->only();
  CHECK(to_string(e.provider) == "aws");
  CHECK(base::format_rfc3339(e.time) == "2026-01-12T09:41:00Z");
  CHECK(e.id.size() == 32);
  CHECK(e.account == "111122223333");
  CHECK(e.service == "vpc-flow-logs.amazonaws.com");
  CHECK(e.action == "ACCEPT");
  CHECK(e.activity == "network.flow.accept");
  CHECK(e.identity == "eni-0a1b2c3d");
  CHECK(to_string(e.actor) == "unknown");
  CHECK(e.session.empty());
  CHECK(e.source_text == "10.0.12.7");
  CHECK(to_string(e.origin) == "internal");
  REQUIRE(e.resources.size() == 1);
  CHECK(e.resources.front() == "198.51.100.7:443");
  CHECK(e.bytes == 18214);
  CHECK(to_string(e.result) == "ok");
}

TEST_CASE("flow log: a log in default order", "[ingest][vpc_flow]") {
  const auto run = run_text(our_log("vpc_flow_default.log"));
  CHECK(run->quarantined == std::vector<std::string>{});
  CHECK(run->skipped == std::vector<std::string>{"VPC flow log: no traffic in the interval"});
  REQUIRE(run->batch.events.size() == 3);
  const auto& refused = run->batch.events[1];
  CHECK(refused.activity == "network.flow.reject");
  INFO("what a security group turns away is no missing right");
  CHECK(to_string(refused.result) == "failed");
  CHECK(refused.error == "REJECT");
  CHECK(refused.bytes == 0);
  CHECK(run->batch.events[2].resources.front() == "[2001:db8:ffff::53]:53");
}

TEST_CASE("flow log: a header gives the order, and what AWS adds later costs nothing",
          "[ingest][vpc_flow]") {
  const auto run = run_text(our_log("vpc_flow_custom.log"));
  CHECK(run->quarantined ==
        std::vector<std::string>{"line has other columns than its header names"});
  REQUIRE(run->batch.events.size() == 3);
  const auto& out = run->batch.events[0];
  CHECK(out.identity == "i-0123456789abcdef0");
  CHECK(to_string(out.holder) == "instance");
  CHECK(out.workload == "i-0123456789abcdef0");
  CHECK(out.region == "eu-west-1");
  CHECK(out.bytes == 73400320);
  const auto& in = run->batch.events[1];
  CHECK(in.source_text == "203.0.113.66");
  CHECK(in.error == "BPA");
  CHECK(in.bytes == 0);
}

TEST_CASE("flow log: without an instance or interface the container is who acted",
          "[ingest][vpc_flow]") {
  const auto text = our_log("vpc_flow_custom.log");
  CHECK(run_text(text)->batch.events[2].identity ==
        "arn:aws:ecs:eu-west-1:111122223333:task/shop/0f3a9c1d2e4b5f60718293a4b5c6d7e8");
  CHECK(to_string(run_text(text)->batch.events[2].holder) == "container");
}

TEST_CASE("flow log: one flow in any wrapping is one event", "[ingest][vpc_flow]") {
  const std::string line =
      "2 111122223333 eni-0a1b2c3d 10.0.12.7 198.51.100.7 49822 443 6 31 18214 "
      "1768210860 1768210919 ACCEPT OK";
  struct row {
    const char* why;
    std::string text;
  };
  const auto r = GENERATE_COPY(values<row>({
      {"CloudWatch Logs subscription",
       R"({"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"flow","logEvents":[{"id":"1","timestamp":1768210860000,"message":")" +
           line + "\"}]}"},
      {"Firehose", R"({"message":")" + line + "\"}"},
      {"Windows line ends", line + "\r\n"},
      {"the last line without an end", line},
      {"behind a header of its own",
       "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
       "start end action log-status\n" +
           line},
      {"as JSON from a table",
       R"({"version":2,"account_id":"111122223333","interface_id":"eni-0a1b2c3d","srcaddr":"10.0.12.7","dstaddr":"198.51.100.7","srcport":49822,"dstport":443,"protocol":6,"packets":31,"bytes":18214,"start":1768210860,"end":1768210919,"action":"ACCEPT","log_status":"OK"})"},
  }));
  INFO(r.why);
  const auto run = run_text(r.text);
  const auto& e = run->only();
  CHECK(e.identity == "eni-0a1b2c3d");
  CHECK(e.bytes == 18214);
  CHECK(e.account == "111122223333");
}

TEST_CASE("flow log: bytes count when they leave", "[ingest][vpc_flow]") {
  struct row {
    const char* why;
    const char* direction;
    const char* from;
    const char* to;
    bool counts;
  };
  const auto r = GENERATE(values<row>({
      {"out to the world", "egress", "10.0.0.1", "198.51.100.7", true},
      {"out to a neighbour", "egress", "10.0.0.1", "10.0.0.2", false},
      {"in from the world", "ingress", "198.51.100.7", "10.0.0.1", false},
      {"no direction, but addresses tell", "-", "10.0.0.1", "198.51.100.7", true},
      {"no direction, both of the world", "-", "198.51.100.1", "198.51.100.7", false},
      {"an instance with a public address of IPv6", "egress", "2001:db8::1", "2001:db9::1", true},
  }));
  INFO(r.why);
  const auto run =
      run_text(std::string{"flow-direction srcaddr dstaddr bytes start interface-id\n"} +
               r.direction + " " + r.from + " " + r.to + " 77 1768210860 eni-1\n");
  CHECK(run->only().bytes == (r.counts ? 77U : 0U));
}

TEST_CASE("flow log: what lacks something is quarantined for it", "[ingest][vpc_flow][bad]") {
  struct row {
    const char* lines;
    const char* reason;
  };
  const auto r = GENERATE(values<row>({
      {"interface-id srcaddr dstaddr start\neni-1 10.0.0.1 10.0.0.2 -\n", "no start"},
      {"interface-id srcaddr dstaddr start\neni-1 10.0.0.1 10.0.0.2 soon\n",
       "start 'soon' is not a time"},
      {"interface-id srcaddr dstaddr start\n- 10.0.0.1 10.0.0.2 1768210860\n", "no interface-id"},
      {"interface-id srcaddr dstaddr start\neni-1 - - 1768210860\n", "no srcaddr and no dstaddr"},
      {"interface-id srcaddr dstaddr start\neni-1 10.0.0.1\n",
       "line has other columns than its header names"},
      {"2 111122223333 eni-1 10.0.0.1 10.0.0.2\n", "no start"},
      {"3 111122223333 eni-1 10.0.0.1 10.0.0.2\n", "record is not a JSON object"},
  }));
  const auto run = run_text(r.lines);
  CHECK(run->batch.events.empty());
  CHECK(run->quarantined == std::vector<std::string>{r.reason});
}

TEST_CASE("public samples of flow logs are understood", "[ingest][samples][vpc_flow]") {
  const auto dir = sample_dir("aws_vpcflow");
  if (!dir)
    return;
  const auto run = run_text(file_text(*dir / "vpcflow_v2.log"));
  CHECK(run->quarantined == std::vector<std::string>{});
  REQUIRE(run->batch.events.size() == 3);
  const auto& first = run->batch.events[0];
  CHECK(to_string(first.provider) == "aws");
  CHECK(first.account == "123456789010");
  CHECK(first.identity == "eni-abc123de");
  CHECK(first.action == "ACCEPT");
  CHECK(first.source_text == "172.31.16.139");
  CHECK(first.resources.front() == "172.31.16.21:22");
  CHECK(base::format_rfc3339(first.time) == "2014-12-14T04:06:50Z");
  const auto& last = run->batch.events[2];
  CHECK(last.account == "123456789012");
  CHECK(last.identity == "eni-abc123");
  CHECK(last.source_text == "10.0.0.2");
  CHECK(last.resources.front() == "10.0.0.1:443");
  CHECK(to_string(last.result) == "ok");
}
