// `vedette apply`: content of a cluster, put in force everywhere or nowhere.
#include "tests/processes/cluster.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>
#include <thread>

using namespace vedette;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

test::finished apply(const test::cluster& c, std::size_t n, std::vector<std::string> words) {
  std::vector<std::string> all{test::program("vedette"), "apply"};
  all.insert(all.end(), words.begin(), words.end());
  for (const auto& more :
       {std::string{"--server"}, c.server(n), std::string{"--data-dir"}, c.path(c.id(n))})
    all.push_back(more);
  return test::run(all, 60s);
}

/// The node says within `patience` that this generation is in force.
bool works_with(const test::cluster& c, std::size_t n, int generation,
                std::chrono::seconds patience) {
  const auto text = "generation " + std::to_string(generation) + " (";
  const auto until = std::chrono::steady_clock::now() + patience;
  while (c.log(n).find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(50ms);
  }
  return true;
}

} // namespace

TEST_CASE("apply: a generation is in force on every node, also on one that was away, or on none",
          "[processes][apply]") {
  if (!test::cluster::possible())
    return;
  test::cluster c;
  for (std::size_t n = 0; n < c.size(); ++n)
    REQUIRE(works_with(c, n, 1, 30s));
  // The rules that came with the program, without one.
  const char* root = std::getenv("VEDETTE_SOURCE_DIR");
  const fs::path shipped = fs::path{root == nullptr ? "." : root} / "rules";
  const fs::path folder = c.path("content");
  fs::create_directories(folder);
  fs::copy(shipped / "detections", folder / "detections", fs::copy_options::recursive);
  REQUIRE(fs::remove(folder / "detections" / "audit-log-tampered.yaml"));

  const auto dry = apply(c, 0, {folder.string(), "--dry-run"});
  INFO(dry.out << dry.err);
  CHECK(dry.code == 0);
  CHECK(dry.out.find("would become generation 2: 1 rule removed (audit-log-tampered)") !=
        std::string::npos);
  c.kill(2);
  const auto done = apply(c, 1, {folder.string()});
  INFO(done.out << done.err);
  CHECK(done.code == 0);
  CHECK(works_with(c, 0, 2, 10s));
  CHECK(works_with(c, 1, 2, 10s));
  c.start(2);
  c.until_ready(2);
  CHECK(works_with(c, 2, 2, 10s));
  const auto again = apply(c, 2, {folder.string()});
  CHECK(again.code == 0);
  CHECK(again.out.find("nothing changes: generation 2") != std::string::npos);

  test::write_file((folder / "detections" / "broken.yaml").string(), "title: [\n");
  const auto bad = apply(c, 0, {folder.string()});
  CHECK(bad.code == 1);
  CHECK(bad.err.find("broken.yaml") != std::string::npos);
  fs::remove(folder / "detections" / "broken.yaml");
  CHECK(apply(c, 0, {folder.string()}).out.find("generation 2 holds the same") !=
        std::string::npos);
}
