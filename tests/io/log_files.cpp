#include "io/files/log_files.hpp"

#include "io/files/log_reader.hpp"

#include "tests/io/support.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

using namespace vedette;
using namespace vedette::io;
using namespace vedette::io::testing;

namespace {

log_file_list look(const std::vector<std::string>& paths) {
  return find_log_files(paths);
}

std::string reason_of(const log_file_list& in, const std::string& path) {
  for (const auto& s : in.skipped)
    if (s.path == path)
      return s.reason;
  return "not skipped";
}

struct reading {
  std::string text;
  base::ec code = base::ec::none;
  std::string context;
  std::vector<read_progress> progress;
  std::size_t longest = 0;
};

reading read(const std::string& path) {
  reading out;
  read_options options;
  options.progress = [&](const read_progress& p) { out.progress.push_back(p); };
  auto done = read_log(
      path,
      [&](std::string_view piece) -> base::status {
        out.longest = std::max(out.longest, piece.size());
        out.text += piece;
        return {};
      },
      options);
  if (!done) {
    out.code = done.err().code;
    out.context = done.err().context;
  }
  return out;
}

} // namespace

TEST_CASE("log files: a folder gives its logs in byte order whatever their names", "[io][files]") {
  const temp_folder folder;
  const auto b = folder.write("b/two.log", "\xef\xbb\xbf {\"a\":1}");
  const auto a2 = folder.write("a/z.json.gz", gzip("  [{\"Records\":[]}]"));
  const auto a1 = folder.write("a/2024.noextension", "[{}]");
  const auto packed = folder.write("c.zst", zstd("{\"a\":1}"));
  const auto flows = folder.write(
      "d.log.gz", gzip("version account-id interface-id srcaddr\n2 111122223333 eni-1 10.0.0.1\n"));
  const auto notes = folder.write("README.md", "# notes");
  const auto picture = folder.write("logo.png", "\x89PNG\r\n\x1a\n\x00\x01");
  const auto empty = folder.write("empty.json", "");
  const auto zip = folder.write("old.zip", "PK\x03\x04rest");
  const auto prose = folder.write("prose.gz", gzip("Dear diary"));
  folder.write(".hidden/x.json", "{}");
  REQUIRE(symlink(folder.path().c_str(), folder.path("round").c_str()) == 0);

  const auto found = look({folder.path()});
  std::vector<std::string> paths;
  for (const auto& f : found.files)
    paths.push_back(f.path);
  CHECK(paths == std::vector<std::string>{a1, a2, b, packed, flows});
  CHECK(found.problems.empty());
  CHECK(found.bytes_total > 0);
  CHECK(says(reason_of(found, notes), "JSON"));
  CHECK(reason_of(found, picture) == "binary");
  CHECK(reason_of(found, empty) == "empty");
  CHECK(says(reason_of(found, zip), "unpack"));
  CHECK(says(reason_of(found, prose), "JSON"));
  CHECK(reason_of(found, folder.path("round")) == "a link to a folder");
}

TEST_CASE("log files: what the user names is taken or explained, and the rest goes on",
          "[io][files]") {
  const temp_folder folder;
  const auto notes = folder.write("notes.txt", "not JSON");
  const auto empty = folder.write("empty", "");
  folder.write("pictures/a.png", std::string{"\x89PNG\0", 5});
  std::filesystem::create_directory(folder.path("nothing"));
  const auto found = look(
      {notes, folder.path("missing"), folder.path("pictures"), folder.path("nothing"), empty, "-"});
  REQUIRE(found.files.size() == 2);
  CHECK(found.files[0].path == notes);
  CHECK(found.files[1].path == "-");
  CHECK(reason_of(found, empty) == "empty");
  REQUIRE(found.problems.size() == 3);
  CHECK(found.problems[0].code == base::ec::not_found);
  CHECK(says(found.problems[1].context, "pictures"));
  CHECK(says(found.problems[1].context, "no log file"));
  CHECK(says(found.problems[1].context, "binary"));
  CHECK(says(found.problems[2].context, "no log file"));
}

TEST_CASE("log files: folders deeper than folder_depth_max are left out and said so",
          "[io][files]") {
  const temp_folder folder;
  std::string deep;
  for (std::size_t i = 0; i < folder_depth_max + 2; ++i)
    deep += "d/";
  folder.write(deep + "x.json", "{}");
  folder.write("x.json", "{}");
  const auto found = look({folder.path()});
  CHECK(found.files.size() == 1);
  REQUIRE(found.skipped.size() == 1);
  CHECK(says(found.skipped[0].reason, "deep"));
}

TEST_CASE("log reader: plain, gzip and zstd files give the same bytes in bounded pieces",
          "[io][files]") {
  const temp_folder folder;
  std::string text;
  while (text.size() < 3 * read_buffer_bytes)
    text += "{\"n\":" + std::to_string(text.size()) + "}\n";
  for (const auto& path :
       {folder.write("a", text), folder.write("b", gzip(text)), folder.write("c", zstd(text))}) {
    INFO(path);
    const auto got = read(path);
    CHECK(got.context == "");
    CHECK((got.text == text));
    CHECK(got.longest <= read_buffer_bytes);
    REQUIRE_FALSE(got.progress.empty());
    CHECK(got.progress.back().bytes_read == std::filesystem::file_size(path));
    CHECK(got.progress.back().bytes_total == std::filesystem::file_size(path));
  }
}

TEST_CASE("log reader: each unreadable thing has its one-line reason", "[io][files]") {
  const temp_folder folder;
  struct row {
    const char* why;
    std::string path;
    base::ec code;
    const char* says;
  };
  const auto packed = gzip(std::string(100'000, 'x') + "end");
  const std::vector<row> rows{
      {"absent", folder.path("absent"), base::ec::not_found, "No such file"},
      {"a folder", folder.path(), base::ec::unreadable, "folder"},
      {"truncated gzip", folder.write("t.gz", packed.substr(0, packed.size() - 12)),
       base::ec::unreadable, "truncated"},
      {"zip", folder.write("z.zip", "PK\x03\x04..."), base::ec::unsupported, "zip archive"},
      {"xz",
       folder.write("x.xz", "\xfd"
                            "7zXZ..."),
       base::ec::unsupported, "xz"},
      {"gzip header, then noise", folder.write("n.gz", "\x1f\x8bnoise that is no gzip"),
       base::ec::malformed, "damaged"},
      {"empty", folder.write("e", ""), base::ec::none, ""},
  };
  for (const auto& r : rows) {
    INFO(r.why);
    const auto got = read(r.path);
    CHECK(got.code == r.code);
    CHECK(says(got.context, r.says));
    CHECK(got.context.find('\n') == std::string::npos);
  }
}

TEST_CASE("log reader: standard input is read to its end through a pipe", "[io][files]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const int saved = dup(STDIN_FILENO);
  REQUIRE(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
  close(ends[0]);
  std::thread writer{[out = ends[1]] {
    const std::string line = "{\"a\":\"" + std::string(8000, 'x') + "\"}\n";
    for (int i = 0; i < 500; ++i)
      for (std::size_t at = 0; at < line.size();) {
        const auto n = write(out, line.data() + at, line.size() - at);
        if (n <= 0)
          break;
        at += static_cast<std::size_t>(n);
      }
    close(out);
  }};
  std::size_t got = 0;
  const auto done = read_log("-", [&](std::string_view piece) -> base::status {
    got += piece.size();
    return {};
  });
  writer.join();
  dup2(saved, STDIN_FILENO);
  close(saved);
  CHECK(why(done) == "");
  CHECK(got == 500 * 8009);
}
