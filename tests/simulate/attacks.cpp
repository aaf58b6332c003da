#include "base/ip_address.hpp"
#include "tests/simulate/support.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace vedette;
using namespace vedette::simulate;
using namespace vedette::simulate::testing;

namespace {

struct run {
  std::vector<label> labels;
  std::map<std::string, std::pair<std::string, facts>> by_id; ///< labelled only: tenant and facts
  std::vector<std::pair<std::string, facts>> all;
};

run run_of(const options& o) {
  run out;
  generator g{o};
  reader r;
  for_each_record(g, [&](const std::string& tenant, const std::string& record) {
    out.all.emplace_back(tenant, r.read(record));
  });
  out.labels = g.labels();
  std::set<std::string> wanted;
  for (const label& l : out.labels)
    wanted.insert(l.event_ids.begin(), l.event_ids.end());
  for (const auto& seen : out.all)
    if (wanted.count(seen.second.id) != 0)
      out.by_id.emplace(seen.second.id, seen);
  return out;
}

/// What an attack of the kind must have done for the label to be true. Counts only, no thresholds.
struct proof {
  std::uint64_t calls = 0, denied = 0, objects = 0;
  std::set<std::string> buckets, regions, names;
};

} // namespace

TEST_CASE("every labelled event occurs, for the labelled tenant, identity, address and time") {
  options o;
  o.events = 80'000;
  o.attacks_per_tenant = 11;
  const run r = run_of(o);
  REQUIRE(r.labels.size() == 33);
  std::set<std::string> attacks, ids;
  for (const label& l : r.labels) {
    INFO(l.id << " " << l.attack);
    attacks.insert(l.attack);
    CHECK(ids.insert(l.id).second);
    CHECK_FALSE(l.rules.empty());
    CHECK_FALSE(l.story.empty());
    CHECK(l.first <= l.last);
    CHECK(l.last - l.first <= std::chrono::hours{1});
    REQUIRE_FALSE(l.event_ids.empty());
    for (const auto& id : l.event_ids) {
      const auto at = r.by_id.find(id);
      REQUIRE(at != r.by_id.end());
      const auto& [tenant, f] = at->second;
      REQUIRE(tenant == l.tenant);
      REQUIRE(identity_of(f) == l.identity);
      REQUIRE(f.address == l.source);
      const auto time = *base::parse_rfc3339(f.time);
      REQUIRE(time >= std::chrono::floor<std::chrono::seconds>(l.first));
      REQUIRE(time <= l.last);
    }
  }
  CHECK(attacks.size() == 11);
}

TEST_CASE("nobody but an attacker ever comes from an attacker's network") {
  options o;
  o.events = 80'000;
  const run r = run_of(o);
  const auto bad = *base::ip_network::parse("198.51.100.0/24");
  for (const auto& [tenant, f] : r.all) {
    const auto ip = base::ip_address::parse(f.address);
    if (ip && bad.contains(*ip)) {
      INFO(tenant << " " << f.name << " by " << identity_of(f));
      REQUIRE(r.by_id.count(f.id) == 1);
    }
  }
}

TEST_CASE("a benign run has no label and no address of an attacker") {
  options o;
  o.events = 40'000;
  o.scenario = "benign";
  const run r = run_of(o);
  CHECK(r.labels.empty());
  const auto bad = *base::ip_network::parse("198.51.100.0/24");
  for (const auto& [tenant, f] : r.all) {
    const auto ip = base::ip_address::parse(f.address);
    REQUIRE_FALSE((ip && bad.contains(*ip)));
  }
}

TEST_CASE(
    "each attack scenario holds its own attack only, and the attack does what its name says") {
  struct row {
    const char* scenario;
    const char* rule;
    bool (*done)(const proof&);
    const char* why;
  };
  const row rows[] = {
      {"stolen-lambda-token", "serverless-token-remote-use",
       [](const proof& p) { return p.names.count("GetCallerIdentity") == 1; },
       "whoever has a token asks whose it is"},
      {"mass-download", "storage-objects-suspicious-download",
       [](const proof& p) { return p.objects > 1500 && p.buckets.size() == 1; },
       "one bucket, all of it"},
      {"multi-bucket-download", "storage-objects-multi-bucket-download",
       [](const proof& p) { return p.buckets.size() > 8 && p.objects > 200; },
       "many buckets, some of each"},
      {"protection-disabled", "storage-delete-protection-disabled",
       [](const proof& p) {
         return p.names.count("PutBucketVersioning") == 1 && p.names.count("ModifyDBInstance") == 1;
       },
       "buckets and databases"},
      {"mining-many-regions", "compute-allocation-many-regions",
       [](const proof& p) { return p.regions.size() > 12 && p.names.count("RunInstances") == 1; },
       "region by region"},
      {"unusual-compute", "compute-allocation-unusual",
       [](const proof& p) { return p.regions.size() == 1 && p.calls > 10; }, "all in one region"},
      {"snapshots-shared", "snapshots-export-multiple",
       [](const proof& p) {
         return p.names.count("ModifySnapshotAttribute") == 1 &&
                p.names.count("ModifyDBSnapshotAttribute") == 1;
       },
       "disks and a database"},
      {"permission-recon", "iam-denied-actions",
       [](const proof& p) { return p.names.size() > 25 && p.denied * 10 > p.calls * 7; },
       "most are refused"},
      {"impossible-travel", "impossible-travel",
       [](const proof& p) { return p.names.count("ConsoleLogin") == 1; }, "a sign-in is the proof"},
      {"new-admin", "identity-created",
       [](const proof& p) {
         return p.names.count("CreateUser") == 1 && p.names.count("AttachUserPolicy") == 1;
       },
       "a user and rights"},
      {"audit-tampering", "audit-log-tampered",
       [](const proof& p) { return p.names.count("DeleteFlowLogs") == 1; }, "trail and flow logs"}};
  for (const row& w : rows) {
    INFO(w.scenario << ": " << w.why);
    options o;
    o.scenario = w.scenario;
    o.events = 12'000;
    o.attacks_per_tenant = 2;
    o.seed = 5;
    const run r = run_of(o);
    REQUIRE(r.labels.size() == 6);
    std::map<std::string, proof> proofs;
    for (const label& l : r.labels) {
      CHECK(l.attack == w.scenario);
      CHECK(std::count(l.rules.begin(), l.rules.end(), w.rule) == 1);
      proof p;
      for (const auto& id : l.event_ids) {
        const facts& f = r.by_id.at(id).second;
        ++p.calls;
        p.denied +=
            f.error.find("AccessDenied") == 0 || f.error == "Client.UnauthorizedOperation" ? 1 : 0;
        p.names.insert(f.name);
        p.regions.insert(f.region);
        if (f.name == "GetObject") {
          ++p.objects;
          p.buckets.insert(f.bucket);
        }
      }
      CHECK(w.done(p));
    }
  }
}

TEST_CASE("the stolen function token is the key the function itself goes on using from AWS") {
  options o;
  o.scenario = "stolen-lambda-token";
  o.events = 60'000;
  const run r = run_of(o);
  const auto aws = *base::ip_network::parse("198.18.0.0/15");
  std::size_t shared = 0;
  for (const label& l : r.labels) {
    const std::string key = r.by_id.at(l.event_ids.front()).second.key;
    CHECK(key.rfind("ASIA", 0) == 0);
    shared += std::any_of(r.all.begin(), r.all.end(), [&](const auto& seen) {
      const auto ip = base::ip_address::parse(seen.second.address);
      return seen.second.key == key && ip && aws.contains(*ip) &&
             seen.second.agent.find("exec-env/AWS_Lambda_") != std::string::npos;
    });
  }
  CHECK(r.labels.size() == 12);
  CHECK(shared * 2 > r.labels.size());
}

TEST_CASE("the owner signs in from the office within the hour before the impossible traveller") {
  options o;
  o.scenario = "impossible-travel";
  o.events = 10'000;
  const run r = run_of(o);
  for (const label& l : r.labels) {
    const bool found = std::any_of(r.all.begin(), r.all.end(), [&](const auto& seen) {
      const facts& f = seen.second;
      const auto time = *base::parse_rfc3339(f.time);
      return f.name == "ConsoleLogin" && identity_of(f) == l.identity &&
             f.address.rfind("203.0.113.", 0) == 0 && time < l.first &&
             l.first - time < std::chrono::hours{1};
    });
    CHECK(found);
  }
}

TEST_CASE("the demo is one day of three companies with each attack once") {
  const options o = suggested("demo");
  const run r = run_of(o);
  std::map<std::string, int> times;
  for (const label& l : r.labels)
    ++times[l.attack];
  CHECK(times.size() == 11);
  CHECK(r.labels.size() == 11);
  CHECK(r.all.size() >= 20'000);
  CHECK(r.all.size() <= 40'000);
  CHECK(std::is_sorted(r.labels.begin(), r.labels.end(),
                       [](const label& a, const label& b) { return a.first < b.first; }));
}

TEST_CASE("a label reads back from its JSON line") {
  options o = suggested("demo");
  generator g{o};
  for_each_record(g, [](const auto&, const auto&) {});
  simdjson::dom::parser parser;
  for (const label& l : g.labels()) {
    const std::string line = to_json(l);
    const simdjson::dom::element doc = parser.parse(line);
    CHECK(std::string_view{doc["id"]} == l.id);
    CHECK(simdjson::dom::array{doc["events"]}.size() == l.event_ids.size());
    CHECK(line.find('\n') == std::string::npos);
  }
}
