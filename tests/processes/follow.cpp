// `vedette send --follow` as a service would run it: files that grow, rotate and come new, and a
// program that is killed and started again, lose nothing and send little twice.
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/program.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

class followed {
 public:
  followed()
      : node_{{test::program("vedetted"), "--data-dir", files.path("data")},
              files.path("log"),
              at_.environment()} {
    REQUIRE(node_.says("ready:", 60s));
    std::filesystem::create_directory(files.path("logs"));
  }

  [[nodiscard]] std::unique_ptr<test::child> follow() const {
    return std::make_unique<test::child>(
        std::vector<std::string>{test::program("vedette"), "send", files.path("logs"), "--follow",
                                 "--positions", files.path("positions"), "--to", at_.sink(), "-o",
                                 "json"},
        files.path("send.log"));
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{files.path("logs/" + name), std::ios::app} << text;
  }
  /// A record that raises one alert, for whoever has that number.
  std::string record() { return test::good_record("u" + std::to_string(++written_), 1) + "\n"; }

  /// Waits until every record that was written has raised its alert, and says how many did.
  int alerts() {
    std::set<std::string> who;
    for (int i = 0; i < 150 && static_cast<int>(who.size()) < written_; ++i) {
      std::this_thread::sleep_for(200ms);
      for (const auto& line : test::lines_of(
               test::run({test::program("vedette"), "alerts", "list", "--limit", "500", "-o",
                          "json", "--data-dir", files.path("data"), "--server", at_.server()})
                   .out))
        if (const auto from = line.find(":user/"); from != std::string::npos)
          who.insert(line.substr(from, line.find('"', from) - from));
    }
    return static_cast<int>(who.size());
  }
  [[nodiscard]] int written() const { return written_; }

  test::scratch files;

 private:
  test::node_address at_;
  test::child node_;
  int written_ = 0;
};

} // namespace

TEST_CASE("send --follow: what is added, rotated, cut, packed or new arrives, also over a kill",
          "[processes][send]") {
  followed f;
  f.write("a.json", f.record());
  auto sender = f.follow();
  CHECK(f.alerts() == f.written());

  const auto half = f.record(); // a line that comes in two pieces
  f.write("a.json", half.substr(0, 100));
  std::this_thread::sleep_for(500ms);
  f.write("a.json", half.substr(100) + f.record());
  f.write("b.json", f.record());
  CHECK(f.alerts() == f.written());

  // Moved away with something that nobody has read yet, and begun anew in its place.
  f.write("a.json", f.record());
  std::filesystem::rename(f.files.path("logs/a.json"), f.files.path("logs/a.json.1"));
  f.write("a.json", f.record());
  CHECK(f.alerts() == f.written());

  sender->signal(SIGKILL);
  REQUIRE(sender->wait(10s));
  f.write("a.json", f.record());
  f.write("b.json", f.record());
  test::write_file(f.files.path("logs/c.json.gz"), test::gzip(f.record() + f.record()));
  sender = f.follow();
  CHECK(f.alerts() == f.written());

  // Written anew in its place.
  test::write_file(f.files.path("logs/b.json"), "");
  std::this_thread::sleep_for(500ms);
  f.write("b.json", f.record());
  CHECK(f.alerts() == f.written());

  // What was durable when it ended is not sent again.
  sender->signal(SIGTERM);
  CHECK(sender->wait(10s) == 0);
  sender = f.follow();
  std::this_thread::sleep_for(4s);
  sender->signal(SIGTERM);
  CHECK(sender->wait(10s) == 0);
  INFO(sender->log());
  CHECK(sender->log().find("\"records\": 0,") != std::string::npos);
}
