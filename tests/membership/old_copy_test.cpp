// What only a store on disk can show: an old copy of it, and what it remembers.
#include "state/rocks/rocks_store.hpp"
#include "tests/membership/rig.hpp"

#include "tests/support/catch.hpp"

#include <cstdlib>
#include <filesystem>

using namespace vedette;
using namespace vedette::membership;
using namespace vedette::membership::testing;

namespace {

class folder {
 public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "vedette-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;

  std::filesystem::path path;
};

std::shared_ptr<state::store> open(const std::filesystem::path& where) {
  auto opened = state::open_rocks_store(where);
  if (!opened)
    FAIL(base::to_string(opened.err()));
  return std::move(*opened);
}

} // namespace

TEST_CASE("membership: yesterday's data directory joins as another store, today's as itself",
          "[membership]") {
  folder f;
  rig r;
  const auto play = [&](const std::filesystem::path& where, bool stay) {
    auto& p = r.add(r.args("n1", open(where)));
    REQUIRE(p->start());
    const auto self = p->snapshot().self;
    if (stay) // until the stamp has been counted a few times
      REQUIRE(rig::until([&] {
        const auto id = read_identity(*p.store);
        return id && id->stamp > self.stamp + 3;
      }));
    p->stop();
    p.what.reset();
    p.store.reset();
    return self;
  };
  const auto first = play(f.path / "store", false);
  std::filesystem::copy(f.path / "store", f.path / "yesterday",
                        std::filesystem::copy_options::recursive);
  const auto second = play(f.path / "store", true);
  CHECK(second.incarnation == first.incarnation);
  CHECK(second.stamp > first.stamp);
  const auto third = play(f.path / "store", false);
  CHECK(third.incarnation == first.incarnation);

  std::filesystem::copy(f.path / "yesterday", f.path / "again",
                        std::filesystem::copy_options::recursive);
  const auto copy = play(f.path / "yesterday", true);
  CHECK(copy.incarnation != first.incarnation);
  CHECK(play(f.path / "yesterday", false).incarnation == copy.incarnation); // it stays what it is
  // Neither is a second copy, nor the original, what the first copy is now.
  const auto another = play(f.path / "again", true);
  CHECK(another.incarnation != first.incarnation);
  CHECK(another.incarnation != copy.incarnation);
  CHECK(play(f.path / "store", false).incarnation != first.incarnation);
}
