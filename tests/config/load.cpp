#include "nodes/config/load.hpp"

#include "nodes/config/keys.hpp"
#include "nodes/config/yaml.hpp"
#include "tests/config/contains.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::config;
using namespace std::chrono_literals;

namespace {

inputs file(std::string text) {
  inputs in;
  in.file_name = "v.yaml";
  in.file_text = std::move(text);
  return in;
}

std::string first_problem(const inputs& in) {
  const auto out = examine(in);
  return out.problems.empty() ? "" : out.problems.front().context;
}

} // namespace

TEST_CASE("load: without any input a node runs with the defaults", "[config][load]") {
  const auto out = load({});
  REQUIRE(out);
  CHECK(out->values.http.listen == endpoint{"127.0.0.1", 8470});
  CHECK(out->values.store.retention == std::chrono::days{7});
  CHECK(out->values.store.retention_bytes.value == std::uint64_t{20} << 30);
  CHECK(out->values.store.sync == sync_policy::commit);
  CHECK(out->origins.empty());
  CHECK(out->notes.empty());
}

TEST_CASE("load: the command line beats the environment, which beats the file", "[config][load]") {
  auto in = file("node:\n  data_dir: /from/file\n  id: file\nlog:\n  level: warn\n");
  in.environment = {
      {"VEDETTE_NODE_DATA_DIR", "/from/env"}, {"VEDETTE_NODE_ID", "env"}, {"PATH", "/bin"}};
  in.options = {{"node.data_dir", "/from/options"}};
  const auto out = load(in);
  REQUIRE(out);
  CHECK(out->values.node.data_dir == "/from/options");
  CHECK(out->values.node.id == "env");
  CHECK(out->values.log.level == log_level::warn);
  CHECK(out->origins.at("node.data_dir") == "command line");
  CHECK(out->origins.at("node.id") == "VEDETTE_NODE_ID");
  CHECK(out->origins.at("log.level") == "line 5");
}

TEST_CASE("load: a wrong file is answered with the line and a way out", "[config][load]") {
  struct row {
    const char* why;
    const char* text;
    const char* says;
  };
  const auto r = GENERATE(values<row>({
      {"a typing error", "http:\n  listne: 127.0.0.1:1\n",
       "reading v.yaml: line 2: unknown key 'http.listne'; did you mean 'http.listen'?"},
      {"a key in the wrong section", "http:\n  retention: 7d\n", "did you mean 'store.retention'?"},
      {"a key without its section", "data_dir: x\n",
       "unknown key 'data_dir'; did you mean 'node.data_dir'?"},
      {"a section misspelt", "stroe:\n  sync: commit\n",
       "unknown key 'stroe'; did you mean 'store'?"},
      {"a section that is a text", "http: yes\n", "line 1: http is a section"},
      {"a bad value", "\nlog:\n  level: loud\n", "line 3: log.level must be one of trace"},
      {"out of range", "store:\n  partitions: 0\n", "store.partitions must be between 1 and 16384"},
      {"a list where one is meant", "node:\n  id: [a, b]\n",
       "node.id must be one text, not a list"},
      {"a map where a value is meant", "node:\n  id: {a: b}\n", "node.id takes a value or a list"},
      {"no value", "node:\n  id:\n", "leave the line out to keep the default"},
      {"twice", "node:\n  id: a\n  id: b\n", "line 3: 'id' was already set on line 2"},
      {"a section twice", "node:\n  id: a\nnode:\n  threads: 1\n",
       "line 3: 'node' was already set on line 1"},
      {"not YAML", "node: [\n", "not valid YAML"},
      {"what yaml-cpp reads for ever", ", node", "it does not end"},
      {"a tab for indentation", "node:\n\tid: a\n", "line 2: not valid YAML"},
      {"two documents", "node:\n  id: a\n---\nnode:\n  id: b\n", "a second document"},
      {"a list at the top", "- a\n", "written as sections"},
      {"a secret in the file", "http:\n  tls_key: abc\n", "VEDETTE_HTTP_TLS_KEY"},
  }));
  INFO(r.why);
  CHECK_CONTAINS(first_problem(file(r.text)), r.says);
}

TEST_CASE("load: settings that contradict each other do not start a node", "[config][load]") {
  struct row {
    const char* why;
    const char* text;
    const char* says; ///< empty: fine
  };
  const auto r = GENERATE(values<row>({
      {"tokens in the clear", "http:\n  listen: 0.0.0.0:8470\n", "must not travel in the clear"},
      {"a proxy ends TLS", "http:\n  listen: 0.0.0.0:8470\n  allow_plain: true\n", ""},
      {"TLS", "http:\n  listen: '*:8470'\n  tls_certificate: c.pem\n  tls_key_file: k.pem\n", ""},
      {"half of TLS", "http:\n  tls_certificate: c.pem\n", "go together"},
      {"the other half", "http:\n  tls_key_file: k.pem\n", "go together"},
      {"one port twice", "alerts:\n  listen: 127.0.0.1:8471\n",
       "ingest.listen and alerts.listen both want port 8471"},
      {"chosen ports never clash", "alerts:\n  listen: 127.0.0.1:0\nmesh:\n  listen: 127.0.0.1:0\n",
       ""},
      {"off does not clash", "alerts:\n  listen: off\nmesh:\n  listen: off\n", ""},
      {"webhook to nowhere", "respond:\n  executors: [webhook]\n  webhook_secret_file: s\n",
       "webhook_url"},
      {"webhook unsigned", "respond:\n  executors: [webhook]\n  webhook_url: https://a/b\n",
       "must be signed"},
      {"webhook",
       "respond:\n  executors: [webhook]\n  webhook_url: https://a/b\n  webhook_secret_file: s\n",
       ""},
      {"a cluster without its coordinator's address", "cluster:\n  coordinator: etcd\n",
       "cluster.endpoints must name at least one"},
      {"a cluster", "cluster:\n  coordinator: etcd\n  endpoints: [http://127.0.0.1:2379]\n", ""},
      {"a prefix that would hold everything",
       "cluster:\n  coordinator: etcd\n  endpoints: [http://127.0.0.1:2379]\n  prefix: /\n",
       "cluster.prefix '/'"},
      {"half of a client certificate",
       "cluster:\n  coordinator: etcd\n  endpoints: [http://127.0.0.1:2379]\n  key_file: k\n",
       "cluster.certificate and cluster.key_file go together"},
      {"half of a login",
       "cluster:\n  coordinator: etcd\n  endpoints: [http://127.0.0.1:2379]\n  user: u\n",
       "cluster.user and cluster.password_file go together"},
      {"more stores in sync than there are",
       "cluster:\n  coordinator: etcd\n  endpoints: [http://127.0.0.1:2379]\n  copies: 1\n"
       "  min_in_sync: 2\n",
       "at most cluster.copies 1"},
      {"a lease that etcd does not grant",
       "cluster:\n  coordinator: etcd\n  endpoints: [http://127.0.0.1:2379]\n  lease: 1s\n",
       "cluster.lease must be between 2s and 1m"},
      {"nodes that cannot reach each other",
       "cluster:\n  coordinator: etcd\n  endpoints: [http://127.0.0.1:2379]\nmesh:\n  listen: "
       "off\n",
       "mesh.listen is off"},
      {"an address that is none",
       "cluster:\n  coordinator: etcd\n  endpoints: [http://127.0.0.1:2379]\n"
       "mesh:\n  listen: '*:8473'\n",
       "mesh.advertise must name an address"},
      {"every interface, with an address to tell",
       "cluster:\n  coordinator: etcd\n  endpoints: [http://127.0.0.1:2379]\n"
       "mesh:\n  listen: '*:8473'\n  advertise: 10.0.0.1:8473\n",
       ""},
      {"a lateness that windows are not made for", "detect:\n  lateness: 2h\n",
       "detect.lateness must be 20m"},
      {"a role left out", "node:\n  roles: [ingest]\n", "node.roles must name all"},
  }));
  INFO(r.why);
  const auto said = first_problem(file(r.text));
  if (*r.says == '\0')
    CHECK(said.empty());
  else
    CHECK_CONTAINS(said, r.says);
}

TEST_CASE("load: variables of the environment are ours, another's or a mistake", "[config][load]") {
  struct row {
    const char* why;
    const char* variable;
    bool starts;
    bool noted;
  };
  const auto r = GENERATE(values<row>({
      {"nothing to do with us", "HOME", true, false},
      {"read by tests", "VEDETTE_SHARED_DATA", true, false},
      {"a section of ours, so meant for us", "VEDETTE_HTTP_LISTNE", false, false},
      {"no section of ours", "VEDETTE_HTPP_LISTEN", true, true},
      {"Kubernetes describes a service named vedette-http", "VEDETTE_HTTP_PORT", true, false},
      {"and its addresses", "VEDETTE_HTTP_PORT_8470_TCP_ADDR", true, false},
      {"and its host", "VEDETTE_INGEST_SERVICE_HOST", true, false},
  }));
  INFO(r.why);
  inputs in;
  in.environment = {{r.variable, "tcp://10.0.0.1:8470"}};
  const auto out = examine(in);
  CHECK(out.problems.empty() == r.starts);
  CHECK(out.notes.empty() != r.noted);
}

TEST_CASE("load: no key can be mistaken for a variable Kubernetes sets", "[config][keys]") {
  for (const auto& k : keys()) {
    INFO(k.variable());
    CHECK(k.variable().find("_PORT") == std::string::npos);
    CHECK(k.variable().find("_SERVICE_HOST") == std::string::npos);
    CHECK(k.section.find('_') == std::string::npos);
  }
}

TEST_CASE("load: a secret comes from a file or the environment and is shown by nothing",
          "[config][secret]") {
  auto in = file("respond:\n  executors: [webhook]\n  webhook_url: https://a/b\n");
  in.environment = {{"VEDETTE_RESPOND_WEBHOOK_SECRET", "hunter2"}};
  const auto out = load(in);
  REQUIRE(out);
  CHECK(out->values.respond.webhook_secret.value == "hunter2");
  const auto text = render(*out);
  CHECK_LACKS(text, "hunter2");
  CHECK_CONTAINS(text, "webhook_secret comes from VEDETTE_RESPOND_WEBHOOK_SECRET");

  inputs line;
  line.options = {{"respond.webhook_secret", "hunter2"}};
  const auto refused = first_problem(line);
  CHECK_CONTAINS(refused, "is a secret");
  CHECK_LACKS(refused, "hunter2");
  CHECK_LACKS(first_problem(file("respond:\n  webhook_secret: hunter2\n")), "hunter2");
}

TEST_CASE("load: all problems are found, and the first says how many there are", "[config][load]") {
  const auto in = file("node:\n  idd: a\nhttp:\n  listen: nowhere\nlgo:\n  level: info\n");
  CHECK(examine(in).problems.size() == 3);
  const auto out = load(in);
  REQUIRE(!out);
  CHECK_CONTAINS(out.err().context, "line 2");
  CHECK_CONTAINS(out.err().context, "and 2 more");
}

TEST_CASE("render: what config check prints loads to the same settings", "[config][render]") {
  auto in =
      file("node:\n  id: 'null'\n  roles: [ingest, detect, respond, operate]\nhttp:\n  listen: "
           "'[::1]:9'\n"
           "ingest:\n  unwrap: ['/log', '/a b']\nlists:\n  tor: \"with # and \\\" and \\\\\"\n"
           "detect:\n  source_silence: 90s\nstore:\n  dedup_bytes: 3MiB\n"
           "tenants:\n  acme:\n    accounts: ['012345678901']\n    own_networks: [203.0.113.0/24, "
           "'2001:db8::/32']\n"
           "    allowed_regions: eu-central-1\n  empty:\n");
  const auto once = load(in);
  REQUIRE(once);
  const auto text = render(*once);
  const auto twice = load(file(text));
  INFO(text);
  REQUIRE(twice);
  for (const auto& k : keys()) {
    if (k.is_secret)
      continue;
    INFO(k.full_name());
    CHECK(k.get(once->values) == k.get(twice->values));
  }
  CHECK(twice->values.node.id == "null");
  CHECK(twice->values.lists.tor == "with # and \" and \\");
  REQUIRE(twice->values.tenants.count("acme") == 1);
  CHECK(twice->values.tenants.count("empty") == 1);
  const auto& acme = twice->values.tenants.at("acme");
  CHECK(acme.accounts == std::vector<std::string>{"012345678901"});
  CHECK(acme.own_networks == once->values.tenants.at("acme").own_networks);
  CHECK(acme.own_networks.size() == 2);
  CHECK_CONTAINS(text, "source_silence: 90s  # line");
  CHECK_CONTAINS(text, "quiet_period: 5d  # default");
}

TEST_CASE("nearest: swapped letters cost one, and ties go to the first", "[config][keys]") {
  CHECK(nearest("listne", {"lists", "listen"}) == "listen");
  CHECK(nearest("", {"b", "a"}) == "b");
  CHECK(nearest("x", {}).empty());
  CHECK(nearest(std::string(100'000, 'x'), {"listen"}) == "listen");
}

TEST_CASE("yaml: a file of aliases to aliases is refused, not written out", "[config][yaml]") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j)
      text += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    text += "]\n";
  }
  const auto out = parse_yaml(text, "v.yaml");
  REQUIRE(!out);
  CHECK(out.err().code == base::ec::too_large);
}

TEST_CASE("yaml: depth and size are bounded", "[config][yaml]") {
  const auto deep = parse_yaml(std::string(30, '[') + std::string(30, ']'), "v.yaml");
  REQUIRE(!deep);
  CHECK(deep.err().code == base::ec::too_large);
  const auto deeper = parse_yaml(std::string(100'000, '['), "v.yaml");
  CHECK(!deeper);
  CHECK(!parse_yaml(std::string(yaml_bytes_max + 1, '#'), "v.yaml"));
  const auto empty = parse_yaml("# nothing\n", "v.yaml");
  REQUIRE(empty);
  CHECK(empty->type == yaml_value::kind::map);
}

TEST_CASE("environment: only what has a name and a value is taken", "[config][load]") {
  const char* const variables[] = {"A=1", "B=x=y", "novalue", "C=", nullptr};
  const auto out = environment_of(variables);
  REQUIRE(out.size() == 3);
  CHECK(out[1] == std::pair<std::string, std::string>{"B", "x=y"});
  CHECK(out[2].second.empty());
  CHECK(environment_of(nullptr).empty());
}
