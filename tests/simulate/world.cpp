#include "base/ip_address.hpp"
#include "base/tenant_settings.hpp"
#include "tests/simulate/support.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

using namespace vedette;
using namespace vedette::simulate;
using namespace vedette::simulate::testing;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

/// The numbers of a "start,end,…" row as a network check.
struct range {
  base::ip_address first, last;
  std::string rest;
};

std::vector<range> ranges_of(list_kind kind) {
  std::vector<range> out;
  auto lines = lines_of(list_file(kind));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto a = lines[i].find(','), b = lines[i].find(',', a + 1);
    out.push_back({*base::ip_address::parse(lines[i].substr(0, a)),
                   *base::ip_address::parse(lines[i].substr(a + 1, b - a - 1)),
                   lines[i].substr(b + 1)});
  }
  return out;
}

int covered_by(const std::vector<range>& table, const base::ip_address& ip) {
  return static_cast<int>(std::count_if(
      table.begin(), table.end(), [&](const range& r) { return r.first <= ip && ip <= r.last; }));
}

} // namespace

TEST_CASE("the list files cover every address of a run exactly once") {
  const auto asn = ranges_of(list_kind::asn), geo = ranges_of(list_kind::geo);
  options o;
  o.events = 40'000;
  generator g{o};
  reader r;
  std::set<std::string> seen;
  for_each_record(
      g, [&](const auto&, const std::string& record) { seen.insert(r.read(record).address); });
  int addresses = 0;
  for (const auto& text : seen) {
    const auto ip = base::ip_address::parse(text);
    if (!ip || ip->is_private())
      continue;
    ++addresses;
    INFO(text);
    CHECK(covered_by(asn, *ip) == 1);
    CHECK(covered_by(geo, *ip) == 1);
  }
  CHECK(addresses > 100);
}

TEST_CASE("cloud ranges are AWS's own JSON with the regions of the run, and hold no attacker") {
  simdjson::dom::parser parser;
  const std::string text = list_file(list_kind::cloud_ranges);
  const simdjson::dom::element doc = parser.parse(text);
  std::set<std::string> named;
  for (const simdjson::dom::element p : simdjson::dom::array{doc["prefixes"]}) {
    const auto net = base::ip_network::parse(std::string_view{p["ip_prefix"]});
    REQUIRE(net.has_value());
    CHECK_FALSE(net->contains(*base::ip_address::parse("198.51.100.7")));
    CHECK_FALSE(net->contains(*base::ip_address::parse("203.0.113.7")));
    named.insert(std::string{std::string_view{p["region"]}});
  }
  CHECK(named.size() == 17);
}

TEST_CASE("the Tor and VPN lists hold attackers' networks only") {
  const auto bad = *base::ip_network::parse("198.51.100.0/24");
  for (const auto kind : {list_kind::tor, list_kind::vpn}) {
    int entries = 0;
    for (const auto& line : lines_of(list_file(kind))) {
      if (line.empty() || line[0] == '#')
        continue;
      const auto net = base::ip_network::parse(line);
      REQUIRE(net.has_value());
      CHECK(bad.contains(net->first));
      ++entries;
    }
    CHECK(entries >= 2);
  }
}

TEST_CASE(
    "a tenant's settings name its accounts, networks and machine roles; a stranger has none") {
  options o;
  o.events = 5'000;
  generator g{o};
  REQUIRE(g.tenants().size() == 3);
  CHECK(g.tenant_settings("stranger").empty());
  std::map<std::string, std::set<std::string>> accounts;
  reader r;
  for_each_record(g, [&](const std::string& tenant, const std::string& record) {
    accounts[tenant].insert(r.read(record).account);
  });
  for (const auto& name : g.tenants()) {
    INFO(name);
    const std::string text = g.tenant_settings(name);
    for (const auto& account : accounts[name])
      CHECK(text.find("\"" + account + "\"") != std::string::npos);
    for (const char* key :
         {"accounts:", "own_networks:", "corporate_networks:", "ci_roles:", "backup_roles:",
          "break_glass:", "allowed_regions:", "sensitive_resources:"})
      CHECK(text.find(key) != std::string::npos);
    CHECK(text.find(":role/terraform-drift") != std::string::npos);
    CHECK(text.find(":role/nightly-archive") != std::string::npos);
  }
}

TEST_CASE("benign life holds what detectors must not mistake for an attack") {
  options o;
  o.scenario = "benign";
  o.events = 120'000;
  o.start = std::chrono::sys_days{std::chrono::January / 12 / 2026}; // a Monday
  o.span = std::chrono::hours{48};
  generator g{o};
  reader r;
  std::map<std::string, std::set<std::string>> drift; // tenant and day: denied calls
  std::map<std::string, std::uint64_t> counts;
  for_each_record(g, [&](const std::string& tenant, const std::string& record) {
    const facts f = r.read(record);
    const auto has = [&](std::string_view what) {
      return identity_of(f).find(what) != std::string::npos;
    };
    const bool denied =
        f.error.find("AccessDenied") == 0 || f.error == "Client.UnauthorizedOperation";
    if (has("terraform-drift") && denied)
      drift[tenant + f.time.substr(0, 10)].insert(f.source + f.name);
    counts["backup reads"] += has("nightly-archive") && f.name == "GetObject";
    counts["autoscaling"] +=
        f.invoked_by == "autoscaling.amazonaws.com" && f.name == "RunInstances";
    counts["backup copies"] += f.invoked_by == "backup.amazonaws.com" && f.name == "CopySnapshot";
    counts["athena"] += f.invoked_by == "athena.amazonaws.com";
    counts["stacksets"] += f.invoked_by == "cloudformation.amazonaws.com";
    counts["throttled"] +=
        f.error == "ThrottlingException" || f.error == "Client.RequestLimitExceeded";
    counts["not found"] +=
        f.error.find("NotFound") != std::string::npos || f.error.rfind("NoSuch", 0) == 0;
    counts["console"] += f.name == "ConsoleLogin";
    counts["mints"] += f.type == "AWSService" && f.name == "AssumeRole";
    counts["deployments"] += f.name == "ExecuteChangeSet";
    counts["functions"] += f.agent.find("exec-env/AWS_Lambda_") != std::string::npos;
  });
  for (const char* what :
       {"backup reads", "autoscaling", "backup copies", "athena", "stacksets", "throttled",
        "not found", "console", "mints", "deployments", "functions"}) {
    INFO(what);
    CHECK(counts[what] > 10);
  }
  CHECK(counts["backup reads"] > 5'000);
  REQUIRE(drift.size() == 6);
  for (const auto& [night, calls] : drift) {
    INFO(night);
    CHECK(calls.size() == 12);
    CHECK(calls == drift.begin()->second); // the same twelve, in every tenant and night
  }
}

TEST_CASE("people keep local office hours") {
  options o;
  o.scenario = "benign";
  o.events = 60'000;
  o.tenants = 1; // Berlin, an hour ahead of UTC
  generator g{o};
  reader r;
  std::uint64_t day = 0, night = 0;
  for_each_record(g, [&](const auto&, const std::string& record) {
    const facts f = r.read(record);
    if (f.type != "IAMUser" || f.agent.find("Mozilla") == std::string::npos)
      return;
    const int hour = std::stoi(f.time.substr(11, 2)) + 1;
    (hour >= 8 && hour < 18 ? day : night) += 1;
  });
  CHECK(day > 1'000);
  CHECK(night * 4 < day);
}

TEST_CASE("people travel, but a night lies between any two cities of one of them") {
  options o;
  o.scenario = "benign";
  o.events = 150'000;
  o.tenants = 4;
  o.span = std::chrono::hours{24 * 28};
  generator g{o};
  reader r;
  struct sighting {
    base::event_time at;
    char city = 0;
  };
  std::map<std::string, sighting> last; // by session principal: roles are shared by people
  int trips = 0;
  for_each_record(g, [&](const auto&, const std::string& record) {
    const facts f = r.read(record);
    const auto ip = base::ip_address::parse(f.address);
    const bool of_people =
        f.address.rfind("203.0.113.", 0) == 0 || f.address.rfind("192.0.2.", 0) == 0;
    if (!ip || !of_people)
      return;
    // Offices and homes are numbered alike: the same 32 addresses, the same city.
    const char city = static_cast<char>(ip->bytes[15] / 32);
    const auto now = *base::parse_rfc3339(f.time);
    auto& seen = last[f.arn];
    if (seen.at != base::event_time{} && seen.city != city) {
      ++trips;
      INFO(f.arn << " at " << f.time);
      CHECK(now - seen.at > std::chrono::hours{6});
    }
    seen = {now, city};
  });
  CHECK(trips > 5);
}
