#include "nodes/config/tenants.hpp"
#include "nodes/config/load.hpp"
#include "tests/config/contains.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;

TEST_CASE("tenants: a file of one tenant fills every member", "[config][tenants]") {
  const auto t =
      config::parse_tenant("accounts: ['012345678901', 222233334444]\n"
                           "own_networks: [203.0.113.7/24]\n"
                           "corporate_networks: [198.51.100.9, '2001:db8::/32']\n"
                           "ci_roles: [deploy]\nbackup_roles: [backup]\nbreak_glass: [root-key]\n"
                           "allowed_regions: [eu-west-1]\nsensitive_resources: [payroll]\n",
                           "acme.yaml");
  REQUIRE(t);
  CHECK(t->accounts == std::vector<std::string>{"012345678901", "222233334444"});
  REQUIRE(t->own_networks.size() == 1);
  CHECK(t->own_networks[0].contains(*base::ip_address::parse("203.0.113.255")));
  CHECK(!t->own_networks[0].contains(*base::ip_address::parse("203.0.114.0")));
  REQUIRE(t->corporate_networks.size() == 2);
  CHECK(t->corporate_networks[0].prefix == 128);
  CHECK(t->ci_roles == std::vector<std::string>{"deploy"});
  CHECK(t->backup_roles == std::vector<std::string>{"backup"});
  CHECK(t->break_glass == std::vector<std::string>{"root-key"});
  CHECK(t->allowed_regions == std::vector<std::string>{"eu-west-1"});
  CHECK(t->sensitive_resources == std::vector<std::string>{"payroll"});
}

TEST_CASE("tenants: a mistake names its line and the key that was meant", "[config][tenants]") {
  struct row {
    const char* why;
    const char* text;
    const char* says;
  };
  const auto r = GENERATE(values<row>({
      {"a typing error", "accounts: [a]\nbreak_glas: [b]\n",
       "line 2: unknown key 'break_glas'; did you mean 'break_glass'?"},
      {"not a network", "own_networks:\n  - 203.0.113.0/24\n  - 203.0.113.0/33\n",
       "line 3: own_networks: '203.0.113.0/33' is not a network"},
      {"a list of lists", "accounts: [[a]]\n", "must be a list of texts"},
      {"an empty element would match everything or nothing", "accounts: ['']\n",
       "must be a list of texts"},
      {"a map", "accounts: {a: b}\n", "accounts must be a list"},
      {"no value", "accounts:\n", "accounts must be a list"},
      {"a list for the whole", "- a\n", "a tenant is written as keys and lists"},
  }));
  INFO(r.why);
  const auto t = config::parse_tenant(r.text, "acme.yaml");
  REQUIRE(!t);
  CHECK_CONTAINS(t.err().context, "reading acme.yaml: ");
  CHECK_CONTAINS(t.err().context, r.says);
}

TEST_CASE("tenants: names that could not be topics or keys are refused", "[config][tenants]") {
  CHECK(config::is_tenant_name("acme-eu.1"));
  CHECK(config::is_tenant_name(std::string(64, 'a')));
  CHECK(!config::is_tenant_name(std::string(65, 'a')));
  CHECK(!config::is_tenant_name(""));
  CHECK(!config::is_tenant_name("Acme"));
  CHECK(!config::is_tenant_name("a/b"));

  config::inputs in;
  in.file_name = "v.yaml";
  in.file_text = "tenants:\n  good: {}\n  a/b: {}\n  other:\n    acounts: [a]\n";
  const auto out = config::examine(in);
  REQUIRE(out.problems.size() == 2);
  CHECK_CONTAINS(out.problems[0].context, "line 3: 'a/b' cannot name a tenant");
  CHECK_CONTAINS(out.problems[1].context,
                 "unknown key 'tenants.other.acounts'; did you mean 'tenants.other.accounts'?");
}
