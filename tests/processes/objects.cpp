// `vedette send s3://…` against a small service and a real node: all of it arrives once, over kills
// and hiccups, in bounded memory; what is wrong is said in one line.
#include "tests/processes/bad_inputs.hpp"
#include "tests/processes/object_store.hpp"
#include "tests/processes/program.hpp"
#include "tests/processes/sent.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

class node_with_objects {
 public:
  node_with_objects()
      : node_{{test::program("vedetted"), "--data-dir", files.path("data")},
              files.path("log"),
              at.environment()} {
    REQUIRE(node_.says("ready:", 60s));
  }

  [[nodiscard]] std::vector<std::string> send(std::vector<std::string> more) const {
    std::vector<std::string> words{test::program("vedette"), "send"};
    words.insert(words.end(), door.begin(), door.end());
    words.insert(words.end(), {"--positions", files.path("positions"), "-o", "json"});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  void over_http() {
    door = {"--to",     "http", "--server", at.server(), "--data-dir", files.path("data"),
            "--tenant", "local"};
  }
  [[nodiscard]] test::finished run(std::vector<std::string> more) const {
    return test::run(send(std::move(more)), 300s, store.environment());
  }
  /// Of all partitions together.
  [[nodiscard]] std::uint64_t sum(const std::string& name) const {
    return test::sum_of_partitions(at, files.path("data"), name);
  }

  test::scratch files;
  test::node_address at;
  test::object_store store;
  std::vector<std::string> door{"--to", at.sink()};

 private:
  test::child node_;
};

std::string key(int number) {
  char out[64];
  std::snprintf(out, sizeof out, "%06d_20260102T%02d%02dZ.json.gz", number, number / 60 % 24,
                number % 60);
  return out;
}

} // namespace

TEST_CASE("objects: killed and started again, every object counts once, also what has no id",
          "[processes][s3]") {
  node_with_objects n;
  const std::string door = GENERATE("tcp", "http");
  INFO(door);
  if (door == "http")
    n.over_http();
  constexpr int objects = 2000;
  for (int i = 0; i < objects; ++i)
    n.store.put(key(i), test::gzip(test::good_record("who-" + std::to_string(i % 50), i) +
                                   "\n{\"broken\":\n"));
  int kills = 0;
  for (std::uint64_t before = 0; kills < 3; ++kills) {
    test::child sender{n.send({"s3://logs/", "--connections", "8"}), n.files.path("send.log"),
                       n.store.environment()};
    for (int i = 0; i < 600 && n.store.reads < before + 400 && sender.running(); ++i)
      std::this_thread::sleep_for(10ms);
    sender.signal(SIGKILL);
    REQUIRE(sender.wait(10s));
    before = n.store.reads;
  }
  const auto last = n.run({"s3://logs/"});
  INFO(last.out << last.err);
  CHECK(last.code == 3); // the broken records
  CHECK(n.sum("events") == objects);
  CHECK(n.sum("quarantined") == objects);

  const auto again = n.run({"s3://logs/"});
  INFO(again.out << again.err);
  CHECK(again.code == 0);
  CHECK(test::figure(again.out, "known") == objects);
  CHECK(test::figure(again.out, "records") == 0);
}

TEST_CASE("objects: a hundred thousand small ones are read at two thousand a second",
          "[processes][s3]") {
  const bool full = std::getenv("VEDETTE_TEST_FULL") != nullptr;
  const int objects = full ? 100'000 : 5'000;
  node_with_objects n;
  for (int i = 0; i < objects; ++i)
    n.store.put(key(i), test::gzip(test::good_record("who-" + std::to_string(i % 500), i)));
  const auto began = std::chrono::steady_clock::now();
  const auto sent = n.run({"s3://logs/"});
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  INFO(sent.out << sent.err);
  CHECK(sent.code == 0);
  CHECK(test::figure(sent.out, "accepted") == static_cast<std::uint64_t>(objects));
  std::printf("%d objects in %.1f s: %.0f a second\n", objects, seconds, objects / seconds);
  if (full && !sanitized)
    CHECK(objects / seconds >= 2000);
  const auto again = n.run({"s3://logs/"});
  CHECK(test::figure(again.out, "known") == static_cast<std::uint64_t>(objects));
  CHECK(n.store.reads == static_cast<std::uint64_t>(objects));
}

TEST_CASE("objects: a large one is streamed, packed or not, in bounded memory", "[processes][s3]") {
  node_with_objects n;
  std::minstd_rand dice{7};
  std::string text;
  constexpr int records = 120;
  for (int i = 0; i < records; ++i) {
    std::string filler(std::size_t{1} << 20, ' ');
    for (auto& c : filler)
      c = static_cast<char>('a' + dice() % 26);
    text += test::replaced(test::good_record("large", i), R"("name":"main")",
                           R"("name":"main","comment":")" + filler + "\"") +
            "\n";
  }
  n.store.put("a_20260102T0304Z.json", text);
  n.store.put("b_20260102T0304Z.json.gz", test::gzip(text));
  n.store.put("c_20260102T0304Z.json.zst", test::zstd(text));
  test::child sender{n.send({"s3://logs/"}), n.files.path("send.log"), n.store.environment()};
  // The last that is told: the first may be from before it was the program, a copy of the test,
  // which holds all of the objects.
  std::uint64_t peak = 0;
  while (sender.running()) {
    if (const auto now = sender.peak_rss_bytes(); now > 0)
      peak = now;
    std::this_thread::sleep_for(10ms);
  }
  INFO(sender.log());
  CHECK(sender.wait(1s) == 0);
  CHECK(test::figure(sender.log(), "records") == 3 * records);
  CHECK(test::figure(sender.log(), "accepted") == records);
  CHECK(n.sum("events") == records);
  std::printf("3 objects of %zu MB: %.1f MB at most\n", text.size() >> 20U,
              static_cast<double>(peak) / 1e6);
  // What waits for its acknowledgement is 64 MiB at most, and as much again in the socket.
  if (!sanitized)
    CHECK(peak < text.size());
}

TEST_CASE("objects: what is wrong is said in one line, and costs no neighbour", "[processes][s3]") {
  node_with_objects n;
  const auto whole = test::gzip(test::good_record("cut", 1) + "\n" + test::good_record("cut", 2) +
                                "\n" + std::string(60'000, ' '));
  n.store.put("a-cut.json.gz", whole.substr(0, whole.size() - 12));
  n.store.put("b-empty.json", "");
  n.store.put("c-folder/", "");
  n.store.put("d-picture.png", "\x89PNG\r\n\x1a\n and more of it");
  n.store.put("e-good.json", test::good_record("good", 1));
  n.store.busy = 3; // passes
  const auto sent = n.run({"s3://logs/"});
  INFO(sent.out << sent.err);
  CHECK(sent.code == 3);
  CHECK(test::figure(sent.out, "accepted") == 3);
  CHECK(test::figure(sent.out, "damaged") == 1);
  CHECK(test::figure(sent.out, "left_out") == 2);
  CHECK(test::lines_of(sent.err).size() == 1);
  CHECK(sent.err.find("s3://logs/a-cut.json.gz") != std::string::npos);
  CHECK(sent.err.find("what could be read of it was sent") != std::string::npos);

  struct row {
    const char* why;
    std::vector<std::string> words;
    std::pair<std::string, std::string> variable;
    int code;
    const char* says;
  };
  for (const auto& r : std::vector<row>{
           {"unknown credentials",
            {"s3://logs/"},
            {"AWS_ACCESS_KEY_ID", "AKIDOTHER"},
            1,
            "check the credentials"},
           {"no credentials", {"s3://logs/"}, {"AWS_ACCESS_KEY_ID", ""}, 1, "set up one of them"},
           {"no service",
            {"s3://logs/"},
            {"AWS_ENDPOINT_URL", "http://127.0.0.1:1"},
            4,
            "is it running"},
           {"another service",
            {"s3://logs/"},
            {"AWS_ENDPOINT_URL", n.at.server()},
            1,
            "status 404"},
           {"a bad address", {"s3://"}, {"", ""}, 2, "write s3://BUCKET/PREFIX"},
           {"a bad time", {"s3://logs/", "--since", "soon"}, {"", ""}, 2, "write 2026-01-02"},
           {"files beside objects", {"s3://logs/", "/tmp"}, {"", ""}, 2, "two runs"}}) {
    INFO(r.why);
    auto environment = n.store.environment();
    for (auto& [name, value] : environment)
      if (name == r.variable.first)
        value = r.variable.second;
    const auto said = test::run(n.send(r.words), 60s, environment);
    INFO(said.out << said.err);
    CHECK(said.code == r.code);
    CHECK(test::lines_of(said.err).size() == 1);
    CHECK(said.err.find(r.says) != std::string::npos);
  }

  n.store.put("f_20260301T0000Z.json", test::good_record("march", 1));
  n.store.put("g_20260401T0000Z.json", test::good_record("april", 1));
  const auto march =
      n.run({"s3://logs/", "--since", "2026-03-01", "--until", "2026-04-01T00:00:00Z"});
  INFO(march.out << march.err);
  CHECK(test::figure(march.out, "accepted") == 1);
}
