#include "tests/ingest/records.hpp"

#include "ingest/enrich/file_address_book.hpp"
#include "ingest/origin.hpp"

#include <random>

using namespace vedette;
using namespace vedette::ingest;
using base::origin_class;

namespace {

base::ip_address ip(std::string_view text) {
  return base::ip_address::parse(text).value();
}
base::ip_network net(std::string_view text) {
  return base::ip_network::parse(text).value();
}
base::event_time at(std::string_view text) {
  return base::parse_rfc3339(text).value();
}

constexpr const char* aws_ranges = R"({"prefixes":[
  {"ip_prefix":"34.0.0.0/8","region":"GLOBAL","service":"AMAZON"},
  {"ip_prefix":"34.240.0.0/13","region":"eu-west-1","service":"EC2"}],
  "ipv6_prefixes":[{"ipv6_prefix":"2a05:d018::/36","region":"eu-west-1","service":"EC2"}]})";

address_lists some_lists() {
  address_lists lists;
  lists.clouds = *parse_aws_ranges(aws_ranges);
  const auto gcp =
      parse_gcp_ranges(R"({"prefixes":[{"ipv4Prefix":"35.184.0.0/13","scope":"us-central1"}]})");
  lists.clouds.insert(lists.clouds.end(), gcp->begin(), gcp->end());
  lists.tor.push_back({*parse_address_list("185.220.101.1 # exit\n34.240.7.7\n"),
                       at("2026-01-01T00:00:00Z"), at("2026-01-31T00:00:00Z")});
  lists.vpn = *parse_address_list("198.51.100.0/24\n");
  lists.networks = *parse_as_csv(
      "start,end,asn,name\n203.0.113.0,203.0.113.127,64500,\"Homes, Inc.\"\n"
      "203.0.113.128,203.0.113.255,AS64501,Racks\n192.0.2.0,192.0.2.255,64502,Tunnels\n");
  lists.vpn_networks = *parse_as_list("AS64502\n");
  lists.hosting_networks = *parse_as_list("64501 # racks\n");
  lists.places = *parse_place_csv("203.0.113.0,203.0.113.255,NL,52.37,4.89\n");
  return lists;
}

} // namespace

TEST_CASE("the narrowest range that holds an address answers, as a linear search says",
          "[ingest][enrich]") {
  std::mt19937 random{7};
  std::vector<address_range> ranges;
  for (int i = 0; i < 300; ++i) {
    const auto first = static_cast<std::uint32_t>(random() % 5000);
    const auto last = first + random() % (1u << (random() % 11));
    ranges.push_back(
        {base::ip_address::v4(first), base::ip_address::v4(static_cast<std::uint32_t>(last))});
  }
  const range_index index{ranges};
  CHECK(index.size() <= 2 * ranges.size());
  for (std::uint32_t a = 0; a < 7000; ++a) {
    const auto address = base::ip_address::v4(a);
    std::int64_t best = -1;
    std::uint32_t best_width = 0;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto value = [](const base::ip_address& x) {
        return (std::uint32_t{x.bytes[12]} << 24) | (std::uint32_t{x.bytes[13]} << 16) |
               (std::uint32_t{x.bytes[14]} << 8) | x.bytes[15];
      };
      const auto width = value(ranges[i].last) - value(ranges[i].first);
      if (ranges[i].first <= address && address <= ranges[i].last &&
          (best < 0 || width < best_width)) {
        best = static_cast<std::int64_t>(i);
        best_width = width;
      }
    }
    INFO("address " << a);
    REQUIRE(index.find(address) == best);
  }
}

TEST_CASE("ranges reach to the ends of the address space", "[ingest][enrich]") {
  const range_index all{{range_of(net("::/0"))}};
  CHECK(all.find(ip("::")) == 0);
  CHECK(all.find(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")) == 0);
  CHECK(range_index{}.find(ip("1.2.3.4")) == -1);
}

TEST_CASE("lists that do not read say where", "[ingest][enrich]") {
  CHECK(base::to_string(parse_address_list("1.2.3.4\nfoo\n").err()).find("line 2") !=
        std::string::npos);
  CHECK(base::to_string(parse_as_list("AS12x\n").err()).find("line 1") != std::string::npos);
  CHECK(base::to_string(parse_as_csv("1.2.3.4,1.2.3.3,5,x\n1.2.3.4,1.2.3.3,5,x\n").err())
            .find("line 1") != std::string::npos);
  CHECK_FALSE(parse_aws_ranges(R"({"foo":1})"));
  CHECK_FALSE(parse_aws_ranges("not json"));
  CHECK_FALSE(parse_gcp_ranges(R"({"prefixes":[{"ipv4Prefix":"x"}]})"));
  CHECK_FALSE(parse_azure_ranges(
      R"({"values":[{"name":"AzureCloud.x","properties":{"addressPrefixes":["x"]}}]})"));
  INFO("of Azure's tags only the cloud's own ranges count");
  CHECK(
      parse_azure_ranges(
          R"({"values":[{"name":"AzureCloud.westeurope","properties":{"region":"westeurope","addressPrefixes":["20.0.0.0/16"]}},{"name":"Sql","properties":{"region":"","addressPrefixes":["20.0.0.0/24"]}}]})")
          ->size() == 1);
}

TEST_CASE("an address is known by all lists at once", "[ingest][enrich]") {
  const file_address_book book{some_lists()};
  address_facts f;
  book.find(ip("203.0.113.9"), at("2026-01-02T00:00:00Z"), f);
  CHECK(f.asn == 64500);
  CHECK(f.as_name == "Homes, Inc.");
  CHECK(f.country == "NL");
  CHECK((f.has_place && f.place.latitude > 52 && !f.vpn && !f.hosting));
  book.find(ip("203.0.113.200"), at("2026-01-02T00:00:00Z"), f);
  CHECK((f.asn == 64501 && f.hosting));
  book.find(ip("34.241.1.1"), at("2026-01-02T00:00:00Z"), f);
  CHECK((f.provider == base::cloud::aws && f.provider_region == "eu-west-1" && f.asn == 0));
  book.find(ip("34.1.1.1"), at("2026-01-02T00:00:00Z"), f);
  CHECK((f.provider == base::cloud::aws && f.provider_region.empty()));
  book.find(ip("2a05:d018::1"), at("2026-01-02T00:00:00Z"), f);
  CHECK(f.provider == base::cloud::aws);
  INFO("a Tor list speaks for its own time");
  book.find(ip("185.220.101.1"), at("2026-01-02T00:00:00Z"), f);
  CHECK(f.tor);
  book.find(ip("185.220.101.1"), at("2026-03-02T00:00:00Z"), f);
  CHECK_FALSE(f.tor);
}

TEST_CASE("the origin of a call is judged from the tenant outwards", "[ingest][enrich]") {
  struct row {
    const char* why;
    const char* source;
    origin_class with_lists;
    origin_class without;
  };
  const auto r = GENERATE(values<row>({
      {"the tenant's own egress, although AWS owns it", "34.240.0.10", origin_class::own,
       origin_class::own},
      {"an office", "192.0.2.77", origin_class::corporate, origin_class::corporate},
      {"a private address", "10.1.2.3", origin_class::internal, origin_class::internal},
      {"a private address that is the office's", "10.9.0.1", origin_class::corporate,
       origin_class::corporate},
      {"a service by name", "ec2.amazonaws.com", origin_class::service, origin_class::service},
      {"inside the cloud that was called", "34.241.0.1", origin_class::cloud_same,
       origin_class::unknown},
      {"inside another cloud", "35.184.0.1", origin_class::cloud_other, origin_class::unknown},
      {"an exit node hosted in AWS", "34.240.7.7", origin_class::tor, origin_class::unknown},
      {"a VPN by range", "198.51.100.3", origin_class::vpn, origin_class::unknown},
      {"a VPN by AS", "192.0.2.1", origin_class::vpn, origin_class::unknown},
      {"a hosting company by AS", "203.0.113.200", origin_class::hosting, origin_class::unknown},
      {"on no list", "203.0.113.9", origin_class::other, origin_class::unknown},
      {"no address", "somewhere", origin_class::unknown, origin_class::unknown},
  }));
  INFO(r.why);
  node_settings node;
  node.tenant.own_networks = {net("34.240.0.0/24")};
  node.tenant.corporate_networks = {net("192.0.2.64/26"), net("10.9.0.0/16")};
  const auto text = record_with("\"sourceIPAddress\":\"" + std::string{r.source} + "\"");
  CHECK(to_string(run_text(text, node)->only().origin) == to_string(r.without));
  node.book = std::make_shared<file_address_book>(some_lists());
  CHECK(to_string(run_text(text, node)->only().origin) == to_string(r.with_lists));
}

TEST_CASE("without cloud ranges an address on no list stays unknown", "[ingest][enrich]") {
  auto lists = some_lists();
  lists.clouds.clear();
  node_settings node;
  node.book = std::make_shared<file_address_book>(std::move(lists));
  CHECK_FALSE(node.book->has_cloud_ranges());
  CHECK(node.book->has_tor());
  CHECK(run_text(record_with(R"("sourceIPAddress":"203.0.113.9")"), node)->only().origin ==
        origin_class::unknown);
}
