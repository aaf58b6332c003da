// Quarantined records between the moment they are committed and the checkpoint that stores them.
#include "tests/actors/fold_host.hpp"

#include <algorithm>

using namespace vedette;
using namespace vedette::actors;

namespace {

state::log_entry quarantined(std::uint64_t index, const std::string& tenant, std::size_t bytes) {
  schemas::batch_entry b;
  b.tenant.value = tenant;
  b.source = "src";
  b.session = 1;
  b.sequence = index;
  b.quarantined = {{"no eventTime", std::string(bytes, 'x')}};
  return {{0}, {1}, {index}, state::entry_kind::batch, fold_version, schemas::encode(b)};
}

std::size_t stored(state::store& s, const std::string& tenant) {
  std::size_t n = 0;
  REQUIRE(s.entities().scan({0}, {tenant}, state::state_kind::quarantine,
                            [&](const state::state_key&, std::string_view) {
                              ++n;
                              return true;
                            }));
  return n;
}

void fold_in(partition_state& fold, const state::log_entry& e) {
  REQUIRE(fold.prepare(e));
  (void)fold.apply(e);
}

} // namespace

TEST_CASE("partition: a quarantined record is held until a checkpoint has stored it",
          "[actors][partition]") {
  std::shared_ptr<state::store> store = state::make_memory_store();
  const auto rules = std::make_shared<testing::shelf>();
  rules->put(1, {});
  partition_state fold{{0}, store, rules, {}};
  REQUIRE(fold.recover());
  fold_in(fold, quarantined(1, "a", 10));
  fold_in(fold, quarantined(2, "b", 10));
  CHECK(fold.unsaved().size() == 2);

  const auto set = fold.checkpoint();
  const auto position = fold.applied();
  fold_in(fold, quarantined(3, "a", 10)); // while the checkpoint is being written
  CHECK(fold.unsaved().size() == 3);
  REQUIRE(store->entities().apply(*set));
  fold.checkpointed(position);
  REQUIRE(fold.unsaved().size() == 1);
  CHECK(fold.unsaved().front().entry.value == 3);
  CHECK(stored(*store, "a") == 1);
  CHECK(stored(*store, "b") == 1);

  REQUIRE(store->entities().apply(*fold.checkpoint()));
  fold.checkpointed(fold.applied());
  CHECK(fold.unsaved().empty());
  CHECK(stored(*store, "a") == 2);
}

TEST_CASE("partition: a flood of unreadable records asks for a checkpoint instead of more memory",
          "[actors][partition]") {
  std::shared_ptr<state::store> store = state::make_memory_store();
  const auto rules = std::make_shared<testing::shelf>();
  rules->put(1, {});
  partition_limits limits;
  limits.unsaved_bytes = 100'000;
  partition_state fold{{0}, store, rules, limits};
  REQUIRE(fold.recover());
  std::uint64_t taken = 0;
  while (!fold.wants_checkpoint() && taken < 1000)
    fold_in(fold, quarantined(++taken, "a", 4000));
  CHECK(taken > 20);
  CHECK(taken < 30);
  REQUIRE(store->entities().apply(*fold.checkpoint()));
  fold.checkpointed(fold.applied());
  CHECK_FALSE(fold.wants_checkpoint());
  CHECK(stored(*store, "a") == taken);
}
