#include "base/json_writer.hpp"
#include "io/files/text_file.hpp"
#include "io/http/problem.hpp"
#include "nodes/client/completion.hpp"
#include "nodes/client/event_lines.hpp"
#include "nodes/client/node_client.hpp"
#include "nodes/client/render.hpp"
#include "tests/nodes/support.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>

using namespace vedette;
using namespace vedette::client;
using namespace vedette::server::testing;

namespace {

server::json_document parsed(std::string_view text) {
  auto doc = server::json_document::parse(text, "a test");
  INFO(text);
  REQUIRE(doc);
  return std::move(*doc);
}

environment with(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) {
    const auto at = variables.find(name);
    return at == variables.end() ? std::string{} : at->second;
  };
}

} // namespace

TEST_CASE("client: what is said on the command line wins over the environment, that over the data "
          "directory",
          "[nodes]") {
  temp_folder folder;
  REQUIRE(io::write_text(folder.path("admin.token"), "from-folder\n", 0600));
  REQUIRE(io::write_text(folder.path("named"), "from-file\n", 0600));
  REQUIRE(io::write_text(folder.path("http.address"), "http://127.0.0.1:1111\n"));
  const auto named = folder.path("named");
  struct row {
    const char* why;
    std::string server, token_file;
    std::map<std::string, std::string> variables;
    std::string url, token;
  };
  for (const auto& r : {row{"nothing said", "", "", {}, "http://127.0.0.1:1111", "from-folder"},
                        row{"environment",
                            "",
                            "",
                            {{"VEDETTE_SERVER", "http://e:1"}, {"VEDETTE_TOKEN_FILE", named}},
                            "http://e:1",
                            "from-file"},
                        row{"both",
                            "https://s:2/",
                            named,
                            {{"VEDETTE_SERVER", "http://e:1"}, {"VEDETTE_TOKEN_FILE", "/none"}},
                            "https://s:2",
                            "from-file"}}) {
    INFO(r.why);
    const auto to = find_node({r.server, r.token_file, folder.path("")}, with(r.variables));
    INFO(why(to));
    REQUIRE(to);
    CHECK(to->url == r.url);
    CHECK(to->token == r.token);
  }
}

TEST_CASE("client: a data directory without a node is an unreachable cluster, a wrong file is not",
          "[nodes]") {
  temp_folder folder;
  CHECK(find_node({"", "", folder.path("none")}, with({})).err().code == base::ec::unavailable);
  CHECK(find_node({"", folder.path("none"), ""}, with({})).err().code == base::ec::not_found);
  REQUIRE(io::write_text(folder.path("empty"), "\n"));
  CHECK(find_node({"", folder.path("empty"), ""}, with({})).err().code ==
        base::ec::invalid_argument);
  CHECK(find_node({"ftp://x", folder.path("empty"), ""}, with({})).err().code ==
        base::ec::invalid_argument);
}

TEST_CASE("client: an answer's status becomes the error that gives the right exit code",
          "[nodes]") {
  struct row {
    int status;
    base::ec code;
  };
  for (const auto& r :
       {row{400, base::ec::invalid_argument}, row{401, base::ec::denied},
        row{403, base::ec::denied}, row{404, base::ec::not_found}, row{409, base::ec::conflict},
        row{429, base::ec::unavailable}, row{503, base::ec::unavailable},
        row{504, base::ec::timed_out}, row{501, base::ec::unsupported}, row{500, base::ec::io}}) {
    INFO(r.status);
    CHECK(error_of({r.status, {}, "not json"}, "GET /x").code == r.code);
  }
  const auto e =
      error_of(io::problem_response(404, "there is none of that id"), "GET /v1/alerts/x");
  CHECK(e.context == "GET /v1/alerts/x: there is none of that id");
}

TEST_CASE("client: parameters are escaped and empty ones left out", "[nodes]") {
  CHECK(path_with("/v1/alerts",
                  {{"tenant", ""}, {"identity", "arn:aws:iam::1:role/a b&c"}, {"rule", "x"}}) ==
        "/v1/alerts?identity=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b%26c&rule=x");
}

TEST_CASE("client: events come out whole wherever the pieces break", "[nodes]") {
  const std::string text =
      "id: 1\nevent: alert\ndata: {\"a\":1}\n\n: still here\n\nid: 2\r\ndata: x\r\ndata: y\r\n\r\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    event_lines lines;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < text.size(); at += size)
      lines.push(std::string_view{text}.substr(at, size),
                 [&](const sent_event& e) { got.push_back(e.id + "|" + e.data); });
    INFO("pieces of " << size);
    CHECK(got == std::vector<std::string>{"1|{\"a\":1}", "2|x\ny"});
    CHECK(lines.last_id() == "2");
  }
}

TEST_CASE("client: an event without end is dropped at event_max, the next one is read", "[nodes]") {
  event_lines lines;
  std::vector<std::string> got;
  const auto take = [&](const sent_event& e) { got.push_back(e.data); };
  lines.push("id: 1\ndata: ", take);
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 5; ++i)
    lines.push(piece, take);
  lines.push("\n\nid: 2\ndata: small\n\n", take);
  CHECK(got == std::vector<std::string>{"small"});
  CHECK(lines.last_id() == "2");
}

TEST_CASE("render: YAML reads back as the same strings, whatever they look like", "[nodes]") {
  for (const auto* text : {"plain",
                           "true",
                           "No",
                           "null",
                           "~",
                           "007",
                           "1e5",
                           "2026-01-02T03:04:05Z",
                           "-",
                           "- a",
                           "a: b",
                           "#x",
                           "",
                           " lead",
                           "with \"quotes\"",
                           "two\nlines",
                           "é",
                           "{x}",
                           "*y",
                           "0x1f",
                           ".5"}) {
    const auto doc = parsed([&] {
      base::json_writer w;
      w.begin_object().member("value", std::string_view{text}).end_object();
      return std::string{w.text()};
    }());
    const auto yaml = to_yaml(doc.root());
    INFO(yaml);
    const auto node = YAML::Load(yaml)["value"];
    CHECK(node.as<std::string>() == text);
    // "!" is a quoted scalar: no reader takes it for a number, a date or a boolean.
    bool is_bool = false;
    double number = 0;
    if (node.Tag() != "!") {
      CHECK_FALSE(YAML::convert<bool>::decode(node, is_bool));
      CHECK_FALSE(YAML::convert<double>::decode(node, number));
      CHECK_FALSE(node.IsNull());
    }
  }
}

TEST_CASE("render: nested things keep their shape in YAML and JSON", "[nodes]") {
  const std::string text = R"({"a":[1,{"b":[]}],"c":{},"d":null,"e":true,"f":1.5})";
  const auto doc = parsed(text);
  CHECK(server::to_text(parsed(to_pretty_json(doc.root())).root()) == text);
  const auto yaml = YAML::Load(to_yaml(doc.root()));
  CHECK(yaml["a"][0].as<int>() == 1);
  CHECK(yaml["a"][1]["b"].size() == 0);
  CHECK(yaml["a"][1]["b"].IsSequence());
  CHECK(yaml["d"].IsNull());
  CHECK(yaml["e"].as<bool>());
  CHECK(to_yaml(std::vector<server::json_value>{}) == "[]\n");
}

TEST_CASE("render: an outline leaves out what is empty and lets nothing steer the terminal",
          "[nodes]") {
  const auto doc = parsed(
      R"({"name":"a\u001b[31mb","empty":"","none":[],"list":[1,2],"deep":{"x":"y"},"many":[{"p":1,"q":2},{"p":3}]})");
  CHECK(to_outline(doc.root()) ==
        "name: a [31mb\nlist: 1, 2\ndeep:\n  x: y\nmany:\n  - p: 1\n    q: 2\n  - p: 3\n");
}

TEST_CASE("completion: every command and option is in every shell's script", "[nodes]") {
  CLI::App app{"a program"};
  app.name("vedette");
  auto* alerts = app.add_subcommand("alerts", "what it's about");
  std::string severity;
  alerts->add_subcommand("list", "all")->add_option("--severity", severity, "how bad");
  struct row {
    const char* shell;
    const char* part;
  };
  for (const auto& r : {row{"bash", "'alerts list') words='-h --help --severity'"},
                        row{"bash", "'alerts'|'alerts list')"}, row{"zsh", "#compdef vedette"},
                        row{"zsh", "--severity"}, row{"fish", "-l severity -d 'how bad'"},
                        row{"fish", "-f -a alerts -d 'what it'\\''s about'"},
                        row{"fish", "'__vedette_at alerts list'"}}) {
    INFO(r.shell << ": " << r.part);
    CHECK(completion(app, r.shell).find(r.part) != std::string::npos);
  }
}
