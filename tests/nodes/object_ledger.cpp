// The file of positions of objects: what a run that ended at any place leaves to the next.
#include "nodes/client/objects/ledger.hpp"

#include "nodes/client/objects/backfill.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace vedette;
using client::object_ledger;

namespace {

const auto day_one = *base::parse_rfc3339("2026-01-02T03:00:00Z");

io::s3_object object(const std::string& key, const std::string& etag = "\"1\"") {
  return {"logs", key, etag, 5, true, {}};
}

class ledger_file {
 public:
  ledger_file() {
    auto name = (std::filesystem::temp_directory_path() / "vedette-ledger-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~ledger_file() { std::filesystem::remove_all(folder_); }
  ledger_file(const ledger_file&) = delete;
  ledger_file& operator=(const ledger_file&) = delete;
  [[nodiscard]] std::string path() const { return folder_ + "/positions"; }
  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    out << std::ifstream{path()}.rdbuf();
    return out.str();
  }
  void write(const std::string& text) const { std::ofstream{path()} << text; }
  object_ledger open(base::event_time now = day_one) const {
    auto out = object_ledger::open(path(), now);
    INFO((out ? std::string{} : base::to_string(out.err())));
    REQUIRE(out);
    return std::move(*out);
  }

 private:
  std::string folder_;
};

} // namespace

TEST_CASE("object ledger: what is durable is known to the next run, by its content",
          "[nodes][s3]") {
  ledger_file f;
  {
    auto ledger = f.open();
    REQUIRE(ledger.begin(std::vector{object("a"), object("b")}));
    REQUIRE(ledger.done(std::vector{object("a"), object("b")}, day_one));
    CHECK(ledger.knows(object("a")));
  }
  auto ledger = f.open(day_one + std::chrono::days{29});
  CHECK(ledger.knows(object("a")));
  CHECK_FALSE(ledger.knows(object("a", "\"2\"")));
  CHECK_FALSE(ledger.knows(object("c")));
  CHECK(ledger.unfinished().empty());
  CHECK(object_ledger::open(f.path(), day_one).err().code == base::ec::conflict);
}

TEST_CASE("object ledger: what is older than thirty days is forgotten", "[nodes][s3]") {
  ledger_file f;
  {
    auto ledger = f.open();
    REQUIRE(ledger.done(std::vector{object("a")}, day_one));
    REQUIRE(ledger.done(std::vector{object("b")}, day_one + std::chrono::days{10}));
  }
  auto ledger = f.open(day_one + std::chrono::days{31});
  CHECK_FALSE(ledger.knows(object("a")));
  CHECK(ledger.knows(object("b")));
}

TEST_CASE("object ledger: a group that was under way is given to the next run", "[nodes][s3]") {
  ledger_file f;
  const std::vector group{object("a/ä \"x\""), object("b")};
  {
    auto ledger = f.open();
    REQUIRE(ledger.begin(group));
  }
  const auto whole = f.text();
  {
    auto ledger = f.open();
    REQUIRE(ledger.unfinished().size() == 2);
    CHECK(ledger.unfinished()[0].key == group[0].key);
    CHECK(client::identity_of(ledger.unfinished()[0]) == client::identity_of(group[0]));
    CHECK(ledger.unfinished()[1].size == 5);
  }
  // The process ended in the middle of a line.
  f.write(whole.substr(0, whole.size() - 4));
  CHECK(f.open().unfinished().empty());
  f.write("something else\n");
  const auto other = object_ledger::open(f.path(), day_one);
  REQUIRE_FALSE(other);
  CHECK(other.err().code == base::ec::corrupt);
  CHECK(f.text() == "something else\n");
}

TEST_CASE("backfill: the time of an object is in its name, else when it was put there",
          "[nodes][s3]") {
  const auto time = [](const std::string& key) {
    auto o = object(key);
    o.modified = *base::parse_rfc3339("2026-06-01T00:00:00Z");
    return base::format_rfc3339(client::time_of(o));
  };
  CHECK(time("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/02/"
             "111122223333_CloudTrail_eu-west-1_20260102T0305Z_Tk7n.json.gz") ==
        "2026-01-02T03:05:00Z");
  CHECK(time("flow_20260102T030509Z.gz") == "2026-01-02T03:05:00Z");
  CHECK(time("12345678T1234") == "2026-06-01T00:00:00Z"); // no such time
  CHECK(time("TTTT") == "2026-06-01T00:00:00Z");
  CHECK(time("plain.json") == "2026-06-01T00:00:00Z");
}
