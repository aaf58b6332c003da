// What keeps a node from starting: each said in one line, with the exit code of the contract, and
// nothing of what was there is touched.
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <rocksdb/db.h>

#include <csignal>
#include <functional>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;
using settings = std::vector<std::pair<std::string, std::string>>;

/// A node that has been up once and was stopped in order.
void make_data(const test::scratch& files, const std::string& name) {
  const test::node_address at;
  test::child node{{test::program("vedetted"), "--data-dir", files.path(name)},
                   files.path(name + ".log"),
                   at.environment()};
  REQUIRE(node.says("ready:", 60s));
  node.signal(SIGTERM);
  const auto code = node.wait(10s);
  REQUIRE(code);
  REQUIRE(*code == 0);
}

/// The store as a later build would leave it.
void give_version(const std::string& store, const std::string& version) {
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  REQUIRE(
      rocksdb::DB::Open({}, store, {{"default", {}}, {"log", {}}, {"entities", {}}}, &handles, &db)
          .ok());
  REQUIRE(db->Put({}, handles[0], "sformat", version).ok());
  for (auto* h : handles)
    REQUIRE(db->DestroyColumnFamilyHandle(h).ok());
  delete db;
}

/// What standard error says besides the log: lines of the program itself.
std::vector<std::string> complaints(const test::finished& r) {
  std::vector<std::string> out;
  for (const auto& line : test::lines_of(r.err))
    if (line.starts_with("vedetted: "))
      out.push_back(line);
  return out;
}

} // namespace

TEST_CASE("node: what keeps it from starting is said in one line and ends it",
          "[processes][node]") {
  const test::scratch files;
  const test::node_address at;
  make_data(files, "later");
  give_version(files.path("later") + "/store", std::string{"\0\0\0\2", 4});
  make_data(files, "sixteen");
  test::write_file(files.path("file"), "not a folder\n");
  fs::create_directories(files.path("foreign") + "/store");
  test::write_file(files.path("foreign") + "/store/holiday.jpg", "x");
  test::write_file(files.path("unknown.yaml"), "htttp: {listen: 127.0.0.1:1}\n");
  test::write_file(files.path("broken.yaml"), "http: [\n");
  fs::create_directories(files.path("rules"));
  test::write_file(files.path("rules") + "/bad.yaml", "title: No detection\nname: bad\n");

  test::child first{{test::program("vedetted"), "--data-dir", files.path("data")},
                    files.path("log"),
                    at.environment()};
  REQUIRE(first.says("ready:", 60s));

  struct row {
    const char* why;
    std::string data;
    std::vector<std::string> words;
    settings more;
    int code;
    std::vector<std::string> says;
  };
  const auto taken = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  const std::vector<row> rows{
      {"a data directory that another process holds",
       files.path("data"),
       {},
       {},
       1,
       {"conflict", files.path("data"), "another process"}},
      {"a data directory of a later build", files.path("later"), {}, {}, 1, {"version 2"}},
      {"a data directory that is somebody else's",
       files.path("foreign"),
       {},
       {},
       2,
       {"holiday.jpg"}},
      {"a data directory that is a file", files.path("file"), {}, {}, 1, {files.path("file")}},
      {"another number of partitions than the data was made with",
       files.path("sixteen"),
       {},
       {{"VEDETTE_STORE_PARTITIONS", "8"}},
       2,
       {"store.partitions", "16"}},
      {"the HTTP port is taken",
       files.path("other"),
       {},
       {{"VEDETTE_HTTP_LISTEN", taken(at.http)}},
       1,
       {"conflict", std::to_string(at.http)}},
      {"the ingest port is taken",
       files.path("other"),
       {},
       {{"VEDETTE_INGEST_LISTEN", taken(at.ingest)}},
       1,
       {"conflict", std::to_string(at.ingest)}},
      {"the port of the alerts is taken",
       files.path("other"),
       {},
       {{"VEDETTE_ALERTS_LISTEN", taken(at.alerts)}},
       1,
       {"conflict", std::to_string(at.alerts)}},
      {"a setting that is not there",
       files.path("other"),
       {"--config", files.path("unknown.yaml")},
       {},
       2,
       {"unknown.yaml", "htttp", "http"}},
      {"a configuration that is no YAML",
       files.path("other"),
       {"--config", files.path("broken.yaml")},
       {},
       2,
       {"broken.yaml"}},
      {"a configuration that is not there",
       files.path("other"),
       {"--config", files.path("nowhere.yaml")},
       {},
       2,
       {"nowhere.yaml"}},
      {"a value that is none",
       files.path("other"),
       {},
       {{"VEDETTE_STORE_LINGER", "soon"}},
       2,
       {"VEDETTE_STORE_LINGER", "100ms"}},
      {"plain HTTP for everybody",
       files.path("other"),
       {},
       {{"VEDETTE_HTTP_LISTEN", "0.0.0.0:0"}},
       2,
       {"http"}},
      {"a rule that does not load",
       files.path("other"),
       {},
       {{"VEDETTE_CONTENT_DETECTIONS", files.path("rules")}},
       1,
       {"bad.yaml"}},
      {"an address list that is not there",
       files.path("other"),
       {},
       {{"VEDETTE_LISTS_TOR", files.path("tor.txt")}},
       1,
       {"tor.txt"}},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    std::vector<std::string> words{test::program("vedetted"), "--data-dir", r.data};
    words.insert(words.end(), r.words.begin(), r.words.end());
    auto environment = test::node_address{}.environment();
    environment.insert(environment.end(), r.more.begin(), r.more.end()); // later ones win
    const auto got = test::run(words, 60s, environment);
    INFO(got.err);
    CHECK(got.code == r.code);
    CHECK(got.out.empty());
    const auto said = complaints(got);
    REQUIRE(said.size() == 1);
    for (const auto& piece : r.says)
      CHECK(said.front().find(piece) != std::string::npos);
  }
  CHECK(fs::exists(files.path("foreign") + "/store/holiday.jpg"));
  CHECK(first.running()); // it noticed nothing of all this
}

TEST_CASE("replay: the store of a node is not taken for one that replay keeps",
          "[processes][replay]") {
  const test::scratch files;
  make_data(files, "node");
  test::write_file(files.path("log"), test::good_record("eve", 1));
  for (const char* folder : {"node", "node/store"}) {
    const auto r = test::run(
        {test::program("vedette"), "replay", files.path("log"), "--state", files.path(folder)});
    INFO(folder << ": " << r.err);
    CHECK(r.code != 0);
    CHECK(r.out.empty());
    CHECK(test::lines_of(r.err).size() == 1);
  }
}

TEST_CASE("send: what keeps it from sending is said in one line", "[processes][send]") {
  const test::scratch files;
  test::write_file(files.path("good"), test::good_record("eve", 1));
  test::write_file(files.path("open.key"), "public-key x\n");
  fs::permissions(files.path("open.key"), fs::perms{0644});
  test::write_file(files.path("broken.key"), "public-key x\n");
  fs::permissions(files.path("broken.key"), fs::perms{0600});
  const auto nobody = "tcp://127.0.0.1:" + std::to_string(test::free_port());
  struct row {
    const char* why;
    std::vector<std::string> words;
    int code;
    const char* says;
  };
  const std::vector<row> rows{
      {"nobody listens", {"--to", nobody}, 4, "no answer"},
      {"an endpoint that is none", {"--to", "tcp://nowhere"}, 2, "tcp://nowhere"},
      {"a tenant without its key", {"--to", nobody, "--tenant", "acme"}, 2, "--key-file"},
      {"a key file that is not there",
       {"--to", nobody, "--key-file", files.path("no.key")},
       1,
       "no.key"},
      {"a key file that others can read",
       {"--to", nobody, "--key-file", files.path("open.key")},
       1,
       "chmod 600"},
      {"a key file that holds no key",
       {"--to", nobody, "--key-file", files.path("broken.key")},
       3,
       "broken.key"},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    std::vector<std::string> words{test::program("vedette"), "send", files.path("good")};
    words.insert(words.end(), r.words.begin(), r.words.end());
    const auto got = test::run(words, 60s);
    INFO(got.err);
    CHECK(got.code == r.code);
    const auto said = test::lines_of(got.err);
    REQUIRE(said.size() == 1);
    CHECK(said.front().find(r.says) != std::string::npos);
  }
}
