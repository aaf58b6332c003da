#include "nodes/config/values.hpp"

#include "nodes/config/yaml.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::config;
using namespace std::chrono_literals;

namespace {
raw_value scalar(std::string text) {
  return {false, false, {std::move(text)}};
}
raw_value flat(std::string text) {
  return {false, true, {std::move(text)}};
}
} // namespace

TEST_CASE("endpoint: reads what operators write and refuses what is ambiguous",
          "[config][values]") {
  struct row {
    const char* why;
    const char* text;
    bool good;
    const char* host;
    std::uint16_t port;
    bool loopback;
  };
  const auto r = GENERATE(values<row>({
      {"the default", "127.0.0.1:8470", true, "127.0.0.1", 8470, true},
      {"all of 127/8 is this machine", "127.8.0.1:1", true, "127.8.0.1", 1, true},
      {"IPv6 in brackets", "[::1]:8470", true, "::1", 8470, true},
      {"a name", "node-3.internal:8470", true, "node-3.internal", 8470, false},
      {"the name everyone has", "localhost:8470", true, "localhost", 8470, true},
      {"every interface", "*:8470", true, "*", 8470, false},
      {"IPv6 any is not loopback", "[::]:8470", true, "::", 8470, false},
      {"the system chooses", "127.0.0.1:0", true, "127.0.0.1", 0, true},
      {"switched off", "off", true, "", 0, false},
      {"the largest port", "a:65535", true, "a", 65535, false},
      {"one more than that", "a:65536", false, "", 0, false},
      {"no port", "127.0.0.1", false, "", 0, false},
      {"no host", ":8470", false, "", 0, false},
      {"IPv6 without brackets: where does the port start?", "::1:8470", false, "", 0, false},
      {"brackets around a name", "[localhost]:1", false, "", 0, false},
      {"blank after the port", "a:1 ", false, "", 0, false},
      {"a URL", "http://a:1", false, "", 0, false},
  }));
  INFO(r.why);
  endpoint out{"untouched", 7};
  REQUIRE(static_cast<bool>(read(scalar(r.text), out)) == r.good);
  if (r.good) {
    CHECK(out == endpoint{r.host, r.port});
    CHECK(out.is_loopback() == r.loopback);
    const auto yaml = parse_yaml("key: " + write(out), "v.yaml");
    REQUIRE(yaml);
    endpoint again{"other", 1};
    REQUIRE(read(scalar(yaml->items.at(0).text), again));
    CHECK(again == out);
  } else {
    CHECK(out == endpoint{"untouched", 7});
  }
}

TEST_CASE("byte size: units are binary and overflow is refused", "[config][values]") {
  struct row {
    const char* why;
    const char* text;
    bool good;
    std::uint64_t value;
  };
  const auto r = GENERATE(values<row>({
      {"bytes", "4096", true, 4096},
      {"nothing", "0", true, 0},
      {"kibi", "64KiB", true, 65536},
      {"mebi", "256MiB", true, std::uint64_t{256} << 20},
      {"gibi", "20GiB", true, std::uint64_t{20} << 30},
      {"tebi", "1TiB", true, std::uint64_t{1} << 40},
      {"largest", "16777215TiB", true, std::uint64_t{16777215} << 40},
      {"does not fit 64 bits", "16777216TiB", false, 0},
      {"decimal units mean different things to different people", "20GB", false, 0},
      {"negative", "-1", false, 0},
      {"a fraction", "1.5GiB", false, 0},
      {"unit alone", "MiB", false, 0},
      {"empty", "", false, 0},
  }));
  INFO(r.why);
  byte_size out{1};
  REQUIRE(static_cast<bool>(read(scalar(r.text), out)) == r.good);
  CHECK(out.value == (r.good ? r.value : 1));
}

TEST_CASE("lists: the environment splits at commas, a file does not", "[config][values]") {
  std::vector<std::string> out;
  REQUIRE(read(flat(" a, b ,,c"), out));
  CHECK(out == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(read(scalar("a,b"), out));
  CHECK(out == std::vector<std::string>{"a,b"});
  REQUIRE(read(flat(""), out));
  CHECK(out.empty());
  CHECK(!read({true, false, {"a", ""}}, out));
}

TEST_CASE("names: an unknown one is answered with the known ones", "[config][values]") {
  log_level level{};
  const auto done = read(scalar("verbose"), level);
  REQUIRE(!done);
  CHECK(done.err().context == "must be one of trace, debug, info, warn and error");
  std::vector<role> roles;
  CHECK(!read(flat(""), roles));
  REQUIRE(read(flat("ingest,detect"), roles));
  CHECK(roles == std::vector<role>{role::ingest, role::detect});
}

TEST_CASE("values: what is written reads back equal", "[config][values]") {
  const auto texts = GENERATE(
      values<std::string>({"plain", "", "null", "with \"quotes\" and \\", "tab\tand\nline",
                           "#comment", "[x]", "a: b", "-", "*", "\xc3\xa4", "ends:", "~"}));
  const auto yaml = parse_yaml("key: " + write(texts), "v.yaml");
  REQUIRE(yaml);
  REQUIRE(yaml->items.size() == 1);
  CHECK(yaml->items[0].type == yaml_value::kind::scalar);
  CHECK(yaml->items[0].text == texts);

  base::duration d{};
  REQUIRE(read(scalar(write(base::duration{90s})), d));
  CHECK(d == 90s);
  byte_size b;
  REQUIRE(read(scalar(write(byte_size{3 << 20})), b));
  CHECK(b.value == 3 << 20);
}
