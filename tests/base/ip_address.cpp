#include "base/ip_address.hpp"
#include "tests/support/catch.hpp"

using namespace vedette::base;

TEST_CASE("ip: addresses read back as they were written", "[base][ip]") {
  auto text =
      GENERATE("203.0.113.9", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::1", "fe80::1");
  REQUIRE(ip_address::parse(text));
  CHECK(to_string(*ip_address::parse(text)) == text);
}

TEST_CASE("ip: what is not an address is refused", "[base][ip]") {
  auto text = GENERATE("", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "a.b.c.d", "1..2.3",
                       "[::1]", "fe80::1%eth0", "ec2.amazonaws.com", "1.2.3.4567");
  CHECK(!ip_address::parse(text));
}

TEST_CASE("ip: a mapped IPv4 address equals the plain one", "[base][ip]") {
  CHECK(ip_address::parse("::ffff:203.0.113.9") == ip_address::parse("203.0.113.9"));
}

TEST_CASE("ip: a network holds its own and nothing beside", "[base][ip]") {
  struct row {
    const char* network;
    const char* inside;
    const char* outside;
  };
  auto r = GENERATE(values<row>({{"203.0.113.0/24", "203.0.113.255", "203.0.114.0"},
                                 {"203.0.113.77/24", "203.0.113.1", "203.0.112.1"},
                                 {"10.0.0.0/8", "10.255.1.2", "11.0.0.0"},
                                 {"0.0.0.0/0", "8.8.8.8", "2001:db8::1"},
                                 {"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"},
                                 {"198.51.100.7", "198.51.100.7", "198.51.100.8"}}));
  auto network = ip_network::parse(r.network);
  REQUIRE(network);
  CHECK(network->contains(*ip_address::parse(r.inside)));
  CHECK(!network->contains(*ip_address::parse(r.outside)));
}

TEST_CASE("ip: a prefix longer than the address is refused", "[base][ip]") {
  auto text = GENERATE("10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1");
  CHECK(!ip_network::parse(text));
}

TEST_CASE("ip: private ranges are told from public ones", "[base][ip]") {
  for (auto* text : {"10.1.2.3", "172.31.0.1", "192.168.9.9", "100.64.0.1", "127.0.0.1",
                     "169.254.1.1", "::1", "fd00::1", "fe80::9"})
    CHECK(ip_address::parse(text)->is_private());
  for (auto* text : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1"})
    CHECK(!ip_address::parse(text)->is_private());
}

TEST_CASE("ip: one site is a /24 or a /48", "[base][ip]") {
  CHECK(to_string(ip_address::parse("203.0.113.9")->site()) == "203.0.113.0");
  CHECK(to_string(ip_address::parse("2001:db8:1:2::9")->site()) == "2001:db8:1::");
}
