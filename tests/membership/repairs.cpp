// What an operator orders of a membership: a lost partition's recovery, and the table made anew.
#include "tests/membership/late_claim.hpp"
#include "tests/membership/late_reads.hpp"
#include "tests/membership/rig.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

using namespace vedette;
using namespace vedette::membership;
using namespace vedette::membership::testing;
using namespace std::chrono_literals;

namespace {

/// What a call that answers later said.
template <class T>
class outcome {
 public:
  [[nodiscard]] std::function<void(T)> take() {
    return [s = state_](T value) {
      const std::lock_guard hold{s->mutex};
      s->said = std::move(value);
    };
  }
  [[nodiscard]] T wait() const {
    REQUIRE(rig::until([&] {
      const std::lock_guard hold{state_->mutex};
      return state_->said.has_value();
    }));
    const std::lock_guard hold{state_->mutex};
    return *state_->said;
  }

 private:
  struct shared {
    std::mutex mutex;
    std::optional<T> said;
  };
  std::shared_ptr<shared> state_ = std::make_shared<shared>();
};

struct trio {
  rig r;
  party &a = r.join("n1"), &b = r.join("n2"), &c = r.join("n3");
  std::vector<party*> all{&a, &b, &c};

  trio() {
    REQUIRE(rig::until([&] {
      return std::ranges::all_of(
          all, [&](const party* p) { return (*p)->snapshot().table.size() == r.partitions + 4; });
    }));
  }
  [[nodiscard]] bool all_are(standing s) const {
    return rig::until([&] {
      return std::ranges::all_of(all, [&](const party* p) { return (*p)->snapshot().state == s; });
    });
  }
  [[nodiscard]] cluster::member store_of(party& p) const {
    const auto self = p->snapshot().self;
    return {self.id, self.incarnation};
  }
  static base::result<std::uint64_t> claim(party& p) {
    return claim_after(p, p->snapshot().cluster.generation);
  }
  static base::result<std::uint64_t> claim_after(party& p, std::uint64_t seen) {
    outcome<base::result<std::uint64_t>> said;
    p->claim_table(seen, said.take());
    return said.wait();
  }
  static base::status put(party& p, std::uint64_t generation,
                          std::map<base::partition_id, cluster::assignment> table) {
    outcome<base::status> said;
    p->put_table(generation, std::move(table), said.take());
    return said.wait();
  }
  /// As sealed stores would make it: all in one epoch, one store in sync.
  [[nodiscard]] std::map<base::partition_id, cluster::assignment> made_of(party& p) const {
    std::map<base::partition_id, cluster::assignment> out;
    for (const auto& [id, v] : p.heard.table()) {
      out[id] = v.value;
      out[id].epoch = {30};
      ++out[id].version;
      out[id].primary = {"n2"};
      out[id].in_sync = {store_of(b)};
    }
    return out;
  }
};

} // namespace

TEST_CASE(
    "membership: a recovery is one swap on what was looked at, and only from who is out of sync",
    "[membership][repair]") {
  trio t;
  const auto before = t.a->snapshot().table.at({0});
  auto& victim = before.value.primary.value == "n3" ? t.b : t.c;
  const auto out = t.store_of(victim);
  const auto recover = [&](const cluster::member& m, cluster::revision base) {
    outcome<base::result<base::epoch>> said;
    t.a->recover({0}, m, base, said.take());
    return said.wait();
  };
  // In sync: nothing has to be lost.
  CHECK(recover(out, before.at).err().code == base::ec::conflict);
  t.a->propose({0}, {1, before.at, *cluster::shrink(before.value, std::vector{out.node})});
  REQUIRE(
      rig::until([&] { return !cluster::is_in_sync(t.a->snapshot().table.at({0}).value, out); }));
  const auto looked_at = t.a->snapshot().table.at({0});
  CHECK(recover(out, before.at).err().code == base::ec::conflict);
  CHECK(recover({{"n9"}, {9}}, looked_at.at).err().code == base::ec::not_found);
  CHECK(recover({out.node, {9}}, looked_at.at).err().code == base::ec::not_found);
  const auto done = recover(out, looked_at.at);
  REQUIRE(done);
  CHECK(done->value == looked_at.value.epoch.value + 1);
  CHECK(rig::until([&] {
    const auto now = t.b->snapshot().table.at({0}).value;
    return now.primary == out.node && now.in_sync == std::vector{out} && now.loss_epoch == *done;
  }));
}

TEST_CASE("membership: a table that is there is claimed by nobody", "[membership][repair]") {
  trio t;
  const auto claimed = t.claim(t.a);
  REQUIRE(!claimed);
  CHECK(claimed.err().code == base::ec::conflict);
  CHECK(t.a->snapshot().state == standing::member);
  CHECK(t.a.heard.tables_lost() == 0);
}

TEST_CASE("membership: a wiped table is claimed once, filled, and all nodes follow it",
          "[membership][repair]") {
  trio t;
  const auto next = t.made_of(t.a);
  t.r.coordinator.wipe();
  REQUIRE(t.all_are(standing::estranged));
  const auto claimed = t.claim(t.a);
  REQUIRE(claimed);
  CHECK(*claimed == 2);
  // The others take it for what it is, empty, and whoever is second is refused or begins the next.
  REQUIRE(t.all_are(standing::member));
  for (auto* p : t.all) {
    CHECK(rig::until([&] { return p->heard.tables_lost() == 1; }));
    CHECK((*p)->snapshot().table.empty());
  }
  CHECK(t.put(t.a, 1, next).err().code == base::ec::conflict);
  REQUIRE(t.put(t.a, 2, next));
  for (auto* p : t.all) {
    CHECK(rig::until([&] { return p->heard.table()[{0}].value == next.at({0}); }));
    CHECK(rig::until([&] { return (*p)->snapshot().table.size() == next.size(); }));
    CHECK((*p)->snapshot().cluster.generation == 2);
    CHECK((*p)->snapshot().cluster.seed == t.a->snapshot().cluster.seed);
  }
  // Now it is whole.
  CHECK(t.claim(t.b).err().code == base::ec::conflict);
}

TEST_CASE("membership: a claim that its own watch reports first is won all the same",
          "[membership][repair]") {
  rig r;
  auto args = r.args("n1");
  args.coordinator = std::make_unique<late_claim>(r.coordinator.handle());
  auto& p = r.add(std::move(args));
  REQUIRE(p->start());
  r.coordinator.wipe();
  REQUIRE(rig::until([&] { return p->snapshot().state == standing::estranged; }));
  outcome<base::result<std::uint64_t>> said;
  p->claim_table(p->snapshot().cluster.generation, said.take());
  const auto claimed = said.wait();
  INFO((claimed ? std::string{} : base::to_string(claimed.err())));
  REQUIRE(claimed);
  CHECK(*claimed == 2);
}

TEST_CASE(
    "membership: a table that was begun and not finished is begun again, and the first is void",
    "[membership][repair]") {
  trio t;
  const auto next = t.made_of(t.a);
  t.r.coordinator.wipe();
  REQUIRE(t.all_are(standing::estranged));
  REQUIRE(t.claim(t.a));
  REQUIRE(t.all_are(standing::member));
  auto half = next;
  half.erase(base::partition_id{0});
  REQUIRE(t.put(t.a, 2, half));
  REQUIRE(rig::until([&] { return t.b->snapshot().table.size() == half.size(); }));
  const auto again = t.claim(t.b);
  REQUIRE(again);
  CHECK(*again == 3);
  // Whoever is late with the generation before puts nothing.
  CHECK(!t.put(t.a, 2, next));
  REQUIRE(rig::until([&] { return t.b->snapshot().state == standing::member; }));
  CHECK(t.b->snapshot().table.empty());
  REQUIRE(t.put(t.b, 3, next));
  CHECK(rig::until([&] { return t.c->snapshot().table.size() == next.size(); }));
}

TEST_CASE("membership: whoever looked at a generation that is over begins no other",
          "[membership][repair]") {
  trio t;
  t.r.coordinator.wipe();
  REQUIRE(t.all_are(standing::estranged));
  REQUIRE(t.claim(t.a));
  REQUIRE(t.all_are(standing::member));
  // Begun and empty, so that it may be begun again; but not by who saw only the one before.
  const auto late = t.claim_after(t.b, 1);
  REQUIRE(!late);
  CHECK(late.err().code == base::ec::conflict);
  CHECK(t.b->snapshot().cluster.generation == 2);
  CHECK(t.claim_after(t.b, 2));
}

TEST_CASE("membership: what was asked of the table before says nothing about the one made anew",
          "[membership][repair]") {
  trio t;
  const auto late = std::make_shared<late_reads::control>();
  auto args = t.r.args("n4");
  args.coordinator = std::make_unique<late_reads>(t.r.coordinator.handle(), late);
  auto& d = t.r.add(std::move(args));
  REQUIRE(d->start());
  auto half = t.made_of(t.a);
  half.erase(base::partition_id{0});
  t.all.push_back(&d);
  t.r.coordinator.wipe();
  REQUIRE(t.all_are(standing::estranged));
  REQUIRE(t.claim(t.a));
  REQUIRE(t.all_are(standing::member));
  REQUIRE(t.put(t.a, 2, half));
  REQUIRE(rig::until([&] { return d->snapshot().table.size() == half.size(); }));

  d->reread({1});
  REQUIRE(rig::until([&] { return late->held >= 1; }));
  REQUIRE(t.claim(t.b));
  REQUIRE(rig::until([&] {
    const auto seen = d->snapshot();
    return seen.cluster.generation == 3 && seen.state == standing::member;
  }));
  late->hold = false;
  REQUIRE(rig::until([&] { return late->given >= 1; }));
  // It was of a table with higher epochs than the new one has, which so would look like an old one.
  const auto since = t.r.now();
  REQUIRE(rig::until([&] { return t.r.now() - since > 1s; }));
  CHECK(d->snapshot().table.empty());
  REQUIRE(t.put(t.b, 3, half));
  CHECK(rig::until([&] { return d->snapshot().table.size() == half.size(); }));
}

TEST_CASE("membership: a coordinator that went back is not taken again when it has counted on",
          "[membership][repair]") {
  trio t;
  const auto saved = t.r.coordinator.save();
  const auto before = t.a->snapshot().table.at({0});
  t.a->propose({0}, {1, before.at, cluster::touch(before.value)});
  REQUIRE(rig::until([&] { return t.b->snapshot().table.at({0}).at > before.at; }));
  // Seconds of a cluster's life: enough that nobody's first word after the restoring hides it.
  auto other = t.r.coordinator.handle();
  io::open_request open;
  open.record = t.a->snapshot().cluster;
  auto write = [&other, n = std::uint64_t{0}](int times) mutable {
    for (int i = 0; i < times; ++i)
      static_cast<void>(other->write_store({"n9"}, {{9}, ++n}));
  };
  static_cast<void>(other->open(open));
  write(30);
  const auto reached = t.r.now();
  REQUIRE(rig::until([&] { return t.r.now() - reached > 2s; }));
  SECTION("by restoring it at once") {}
  SECTION("after it had been emptied") {
    t.r.coordinator.wipe();
    REQUIRE(t.all_are(standing::estranged));
  }
  t.r.coordinator.restore(saved);
  REQUIRE(t.all_are(standing::estranged));
  const auto restored = t.r.now();
  REQUIRE(rig::until([&] { return t.r.now() - restored > 3s; })); // all have looked
  // Others write there meanwhile, so that its count passes what was reached.
  static_cast<void>(other->open(open));
  write(90);
  const auto since = t.r.now();
  REQUIRE(rig::until([&] { return t.r.now() - since > 5s; }));
  for (auto* p : t.all)
    CHECK((*p)->snapshot().state == standing::estranged);
  const auto next = t.made_of(t.a);
  const auto claimed = t.claim(t.c);
  REQUIRE(claimed);
  REQUIRE(t.put(t.c, *claimed, {}));
  REQUIRE(t.put(t.c, *claimed, next));
  CHECK(t.all_are(standing::member));
}

TEST_CASE("membership: what is in force is named again in a table made anew",
          "[membership][repair]") {
  trio t;
  const cluster::document_record d{3, std::string(64, 'a'), {"n1"}};
  outcome<base::status> first;
  t.a->put_document({"content", {}, d}, first.take());
  REQUIRE(first.wait());
  REQUIRE(rig::until([&] { return t.b->snapshot().documents.count("content") == 1; }));
  t.r.coordinator.wipe();
  REQUIRE(t.all_are(standing::estranged));
  REQUIRE(t.claim(t.b));
  // Known still, and put where nothing stands; its revision is lower than it was.
  CHECK(t.b->snapshot().documents.at("content").value == d);
  outcome<base::status> again;
  t.b->put_document({"content", {}, d}, again.take());
  REQUIRE(again.wait());
  CHECK(rig::until([&] { return t.a->snapshot().documents.at("content").at.value > 0; }));
}
