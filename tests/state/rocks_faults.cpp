// What the disk can do to a store, and what the store says about it.
#include "state/rocks/rocks_db.hpp"
#include "state/rocks/rocks_store.hpp"
#include "tests/state/folder.hpp"
#include "tests/support/catch.hpp"

#include <rocksdb/db.h>

#include <random>

using namespace vedette;
using namespace vedette::state;

namespace fs = std::filesystem;

namespace {

log_entry numbered_entry(std::uint64_t index) {
  std::mt19937_64 random{index};
  std::string body = std::to_string(index) + ":";
  for (int i = 0; i < 40; ++i)
    body += std::to_string(random());
  return {{0}, {1}, {index}, entry_kind::batch, 1, std::move(body)};
}

/// Appends entries 1..n while `look` sees the folder after each of them.
template <class Look>
void fill(const fs::path& path, std::uint64_t n, Look look) {
  auto s = open_rocks_store(path);
  REQUIRE(s);
  for (std::uint64_t i = 1; i <= n; ++i) {
    const auto e = numbered_entry(i);
    REQUIRE((*s)->log().append({&e, 1}));
    look(i);
  }
}

/// Entries that an opened store holds; fails the test unless they are 1..that, unchanged.
std::uint64_t prefix_of(store& s) {
  const auto last = s.log().last({0});
  REQUIRE(last);
  std::uint64_t next = 1;
  REQUIRE(s.log().read({{{0}, {0}}}, [&](const log_entry& e) {
    CHECK(e == numbered_entry(next));
    ++next;
    return true;
  }));
  CHECK(next == last->value + 1);
  return last->value;
}

fs::path newest(const fs::path& path, const char* extension) {
  fs::path found;
  for (const auto& f : fs::directory_iterator{path})
    if (f.path().extension() == extension && f.file_size() > 0 && f.path() > found)
      found = f.path();
  return found;
}

void copy_folder(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

} // namespace

TEST_CASE("rocks: a process that dies leaves every entry it answered for", "[state][rocks]") {
  test::folder folder;
  fill(folder / "s", 20, [&](std::uint64_t i) {
    if (i % 5 != 0)
      return;
    copy_folder(folder / "s", folder / "dead"); // what is on disk while the store is open
    auto s = open_rocks_store(folder / "dead");
    REQUIRE(s);
    CHECK(prefix_of(**s) == i);
  });
}

TEST_CASE("rocks: a log that is cut anywhere opens and holds a prefix", "[state][rocks]") {
  test::folder folder;
  fill(folder / "s", 30, [&](std::uint64_t i) {
    if (i == 30)
      copy_folder(folder / "s", folder / "dead");
  });
  const auto wal = newest(folder / "dead", ".log");
  REQUIRE(!wal.empty());
  const auto whole = test::read_file(wal);
  std::uint64_t least = 30;
  std::mt19937 random{4};
  for (int i = 0; i < 12; ++i) {
    copy_folder(folder / "dead", folder / "cut");
    test::write_file(folder / "cut" / wal.filename(), whole.substr(0, random() % whole.size()));
    auto s = open_rocks_store(folder / "cut");
    REQUIRE(s);
    least = std::min(least, prefix_of(**s));
    const auto next = numbered_entry((*(*s)->log().last({0})).value + 1);
    REQUIRE((*s)->log().append({&next, 1}));
  }
  CHECK(least < 20);
}

TEST_CASE(
    "rocks: a flipped bit in the write-ahead log is corrupt, and loss must be accepted in words",
    "[state][rocks]") {
  test::folder folder;
  std::uint64_t incarnation = 0;
  fill(folder / "s", 30, [&](std::uint64_t i) {
    if (i == 30)
      copy_folder(folder / "s", folder / "dead");
  });
  {
    copy_folder(folder / "dead", folder / "whole");
    auto s = open_rocks_store(folder / "whole");
    REQUIRE(s);
    incarnation = (*s)->incarnation();
  }
  const auto wal = newest(folder / "dead", ".log");
  const auto whole = test::read_file(wal);
  int refused = 0;
  for (std::size_t at = whole.size() / 3; at < whole.size() - 64; at += whole.size() / 12) {
    copy_folder(folder / "dead", folder / "bad");
    auto bytes = whole;
    bytes[at] ^= 4;
    test::write_file(folder / "bad" / wal.filename(), bytes);
    auto s = open_rocks_store(folder / "bad");
    if (s) { // never wrong: at worst the flip hit bytes that mean nothing
      CHECK(prefix_of(**s) == 30);
      continue;
    }
    ++refused;
    CHECK(s.err().code == base::ec::corrupt);
    CHECK(s.err().context.find('\n') == std::string::npos);
    store_options accepting;
    accepting.accept_loss = true;
    auto kept = open_rocks_store(folder / "bad", accepting);
    REQUIRE(kept);
    CHECK(prefix_of(**kept) < 30);
    CHECK((*kept)->incarnation() != incarnation);
  }
  CHECK(refused >= 5);
}

TEST_CASE("rocks: a flipped bit in a stored table is corrupt, never another entry",
          "[state][rocks]") {
  test::folder folder;
  fill(folder / "s", 30, [](std::uint64_t) {});
  { auto s = open_rocks_store(folder / "s"); } // recovery wrote the log out as a table
  const auto table = [&] {
    fs::path largest;
    for (const auto& f : fs::directory_iterator{folder / "s"})
      if (f.path().extension() == ".sst" &&
          (largest.empty() || f.file_size() > fs::file_size(largest)))
        largest = f.path();
    return largest;
  }();
  REQUIRE(!table.empty());
  const auto whole = test::read_file(table);
  int refused = 0;
  for (std::size_t at = 10; at < whole.size() * 3 / 4; at += whole.size() / 9) {
    auto bytes = whole;
    bytes[at] ^= 16;
    test::write_file(table, bytes);
    auto s = open_rocks_store(folder / "s");
    if (!s) {
      ++refused;
      CHECK(s.err().code == base::ec::corrupt);
      continue;
    }
    const auto read = (*s)->log().read({{{0}, {0}}}, [&](const log_entry& e) {
      CHECK(e == numbered_entry(e.index.value));
      return true;
    });
    REQUIRE_FALSE(read);
    ++refused;
    CHECK(read.err().code == base::ec::corrupt);
  }
  CHECK(refused >= 5);
}

TEST_CASE("rocks: a store may change its incarnation when it may have lost what it acknowledged",
          "[state][rocks]") {
  struct row {
    sync_policy policy;
    bool dies;
    bool changes;
    const char* why;
  };
  const auto r = GENERATE(values<row>({
      {sync_policy::every_commit, true, false, "nothing it answered for can be missing"},
      {sync_policy::interval, true, true, "the last interval may be missing"},
      {sync_policy::never, true, true, "anything may be missing"},
      {sync_policy::never, false, false, "it was closed, which syncs"},
  }));
  INFO(r.why);
  test::folder folder;
  store_options options;
  options.sync = r.policy;
  std::uint64_t before = 0;
  {
    auto s = open_rocks_store(folder / "s", options);
    REQUIRE(s);
    before = (*s)->incarnation();
    if (r.dies)
      copy_folder(folder / "s", folder / "t");
  }
  auto s = open_rocks_store(folder / (r.dies ? "t" : "s"), options);
  REQUIRE(s);
  CHECK(((*s)->incarnation() != before) == r.changes);
}

TEST_CASE("rocks: a folder that cannot be opened is refused in one line that says why",
          "[state][rocks]") {
  test::folder folder;
  const auto path = folder / "s";
  const auto refuse = [&](base::ec code, const char* says) {
    const auto s = open_rocks_store(path);
    REQUIRE_FALSE(s);
    INFO(s.err().context);
    CHECK(s.err().code == code);
    CHECK(s.err().context.find(says) != std::string::npos);
    CHECK(s.err().context.find(path.string()) != std::string::npos);
    CHECK(s.err().context.find('\n') == std::string::npos);
  };
  SECTION("held by another") {
    auto held = open_rocks_store(path);
    REQUIRE(held);
    refuse(base::ec::conflict, "another process holds it");
  }
  SECTION("other files") {
    fs::create_directories(path);
    test::write_file(path / "holiday.jpg", "x");
    refuse(base::ec::invalid_argument, "holiday.jpg");
    CHECK(test::read_file(path / "holiday.jpg") == "x");
    CHECK_FALSE(fs::exists(path / "LOCK"));
  }
  SECTION("a file instead of a folder") {
    test::write_file(path, "x");
    refuse(base::ec::io, "cannot make the folder");
  }
  SECTION("another program's database") {
    rocksdb::DB* db = nullptr;
    rocksdb::Options options;
    options.create_if_missing = true;
    REQUIRE(rocksdb::DB::Open(options, path.string(), &db).ok());
    REQUIRE(db->Put({}, "theirs", "1").ok());
    delete db;
    refuse(base::ec::invalid_argument, "not one of Vedette's");
  }
  SECTION("a column family of a later build") {
    { auto s = open_rocks_store(path); }
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::ColumnFamilyHandle* later = nullptr;
    REQUIRE(rocksdb::DB::Open({}, path.string(), {{"default", {}}, {"log", {}}, {"entities", {}}},
                              &handles, &db)
                .ok());
    REQUIRE(db->CreateColumnFamily({}, "graph", &later).ok());
    handles.push_back(later);
    for (auto* h : handles)
      REQUIRE(db->DestroyColumnFamilyHandle(h).ok());
    delete db;
    refuse(base::ec::unsupported, "'graph'");
  }
  SECTION("a format of a later build") {
    { auto s = open_rocks_store(path); }
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    REQUIRE(rocksdb::DB::Open({}, path.string(), {{"default", {}}, {"log", {}}, {"entities", {}}},
                              &handles, &db)
                .ok());
    REQUIRE(db->Put({}, handles[0], "sformat", std::string{"\0\0\0\2", 4}).ok());
    for (auto* h : handles)
      REQUIRE(db->DestroyColumnFamilyHandle(h).ok());
    delete db;
    refuse(base::ec::unsupported, "version 2");
  }
  SECTION("a store whose newest files are gone") {
    fill(path, 5, [](std::uint64_t) {});
    for (const auto& f : fs::directory_iterator{path})
      if (f.path().filename().string().starts_with("MANIFEST"))
        fs::remove(f.path());
    const auto s = open_rocks_store(path);
    REQUIRE_FALSE(s);
    CHECK(s.err().context.find('\n') == std::string::npos);
  }
}

TEST_CASE("rocks: a full disk is called that", "[state][rocks]") {
  const auto e = to_error(rocksdb::Status::NoSpace("x"), "writing the log in d");
  CHECK(e.code == base::ec::disk_full);
  CHECK(to_error(rocksdb::Status::IOError("append: No space left on device"), "w").code ==
        base::ec::disk_full);
}
