// One random program, run on the memory store and on RocksDB; every answer must be equal.
#include "state/memory/memory_store.hpp"
#include "state/rocks/rocks_store.hpp"
#include "tests/state/folder.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <random>

using namespace vedette;
using namespace vedette::state;

namespace {

constexpr unsigned partitions = 4;

/// What a call answered, as text, so that answers of any kind can be compared.
std::string told(const base::status& s) {
  return s ? "done" : std::string{base::to_string(s.err().code)};
}
std::string told(const base::result<base::entry_index>& r) {
  return r ? std::to_string(r->value) : std::string{base::to_string(r.err().code)};
}
std::string told(const base::result<std::optional<std::string>>& r) {
  if (!r)
    return std::string{base::to_string(r.err().code)};
  return *r ? "'" + **r + "'" : "nothing";
}

class program {
 public:
  explicit program(std::uint32_t seed) : random_{seed} {
    options_.clock = [this] { return base::receive_time{base::duration{now_}}; };
    options_.run_records = 3;
    options_.run_bytes = 4096;
    options_.unpacked_bytes = 700; // a few records, so that reads find some of them and not others
    options_.sync = static_cast<sync_policy>(seed % 3);
    memory_ = make_memory_store(options_);
    reopen();
  }

  void step() {
    now_ += static_cast<std::int64_t>(random_() % 1000);
    switch (random_() % 12) {
    case 0:
    case 1:
    case 2:
      append();
      break;
    case 3: {
      auto after = some_positions();
      // Of one alone the store remembers where the last read ended.
      if (random_() % 2 && after.size() > 1)
        after = {*std::next(after.begin(), static_cast<int>(random_() % after.size()))};
      const auto stop = random_() % 20;
      same("read", [&](store& s) {
        std::string seen;
        unsigned n = 0;
        auto done = s.log().read(after, [&](const log_entry& e) {
          seen += fmt::format("{}/{}/{}/{}/{};", e.partition.value, e.index.value, e.epoch.value,
                              int(e.kind), e.body);
          return n++ != stop;
        });
        return seen + told(done);
      });
      break;
    }
    case 4: {
      const auto upto = some_positions();
      for (const auto& [p, index] : upto)
        least_[p.value] = std::max(least_[p.value], index.value);
      const trim_limits keep{base::duration{static_cast<std::int64_t>(random_() % 20'000)},
                             random_() % 20'000};
      same("trim", [&](store& s) { return told(s.log().trim(upto, keep)); });
      break;
    }
    case 5:
    case 6: {
      changes set;
      for (auto n = random_() % 6; n > 0; --n)
        change(set);
      same("apply", [&](store& s) { return told(s.entities().apply(set)); });
      break;
    }
    case 7: {
      const auto key = some_key();
      same("get", [&](store& s) { return told(s.entities().get(key)); });
      break;
    }
    case 8:
      scan();
      break;
    case 9:
      if (random_() % 4 == 0) {
        const base::partition_id p{static_cast<std::uint32_t>(random_() % partitions)};
        same("drop", [&](store& s) { return told(s.entities().drop(p)); });
      }
      break;
    case 10:
      same("sync", [&](store& s) { return told(s.log().sync()); });
      break;
    default:
      if (random_() % 5 == 0)
        reopen();
      else
        stage();
    }
    small_answers();
  }

 private:
  template <class Ask>
  void same(const char* what, Ask ask) {
    INFO(what);
    REQUIRE(ask(*rocks_) == ask(*memory_));
  }

  void reopen() {
    const auto before = rocks_ ? rocks_->incarnation() : 0;
    rocks_.reset();
    auto opened = open_rocks_store(folder_ / "store", options_);
    REQUIRE(opened);
    rocks_ = *std::move(opened);
    if (before != 0)
      CHECK(rocks_->incarnation() == before); // it was closed, so nothing can have been lost
  }

  void append() {
    std::vector<log_entry> group;
    for (auto n = 1 + random_() % 4; n > 0; --n) {
      const auto p = static_cast<std::uint32_t>(random_() % partitions);
      epoch_[p] += random_() % 8 == 0;
      if (random_() % 12 == 0) {
        group.push_back({{p}, {epoch_[p]}, {}, entry_kind::promise, 1, {}});
      } else if (random_() % 12 == 0 && last_[p] > least_[p]) {
        // What is written next where something was cut has a later epoch.
        last_[p] -= random_() % (last_[p] - least_[p] + 1);
        ++epoch_[p];
        group.push_back({{p}, {epoch_[p]}, {last_[p]}, entry_kind::cut, 1, {}});
      } else {
        group.push_back({{p},
                         {epoch_[p]},
                         {++last_[p]},
                         static_cast<entry_kind>(1 + random_() % 11),
                         1,
                         fmt::format("{:x}", random_() % 100'000)});
      }
    }
    same("append", [&](store& s) { return told(s.log().append(group)); });
  }

  void stage() {
    const base::partition_id p{static_cast<std::uint32_t>(random_() % partitions)};
    if (random_() % 5 == 0) {
      same("drop staged", [&](store& s) { return told(s.entities().drop_staged(p)); });
      return;
    }
    std::vector<staged_item> items;
    for (auto n = random_() % 6; n > 0; --n) {
      auto key = some_key();
      key.partition = p;
      items.push_back({to_bytes(key).substr(partition_bytes), fmt::format("{}", random_())});
    }
    same("stage", [&](store& s) { return told(s.entities().stage(p, items)); });
    if (random_() % 2)
      return;
    auto& last = last_[p.value];
    last += random_() % 5;
    least_[p.value] = last;
    std::vector<base::epoch_start> history;
    if (last > 0)
      history.push_back({{1}, {1}});
    epoch_[p.value] += 1;
    const log_entry reset{p, {1}, {last}, entry_kind::reset, 1, schemas::encode_history(history)};
    changes beside;
    beside.position(p, {last});
    beside.put_meta("name1", "switched");
    same("switch", [&](store& s) { return told(s.switch_staged(p, reset, beside)); });
  }

  positions some_positions() {
    positions p;
    for (std::uint32_t i = 0; i < partitions; ++i)
      if (random_() % 5)
        p[{i}] = {last_[i] - random_() % (last_[i] + 1) / (1 + random_() % 4)};
    return p;
  }

  state_key some_key() {
    const char* tenants[] = {"a", "ab", "b"};
    return {{static_cast<std::uint32_t>(random_() % partitions)},
            {tenants[random_() % 3]},
            random_() % 2 ? state_kind::identity : state_kind::ledger,
            fmt::format("{}", random_() % 12)};
  }

  void change(changes& set) {
    switch (random_() % 5) {
    case 0:
      set.erase(some_key());
      break;
    case 1:
      set.position({static_cast<std::uint32_t>(random_() % partitions)}, {random_() % 50});
      break;
    case 2:
      set.put_meta(fmt::format("name{}", random_() % 5), fmt::format("{}", random_()));
      break;
    case 3:
      set.erase_meta(fmt::format("name{}", random_() % 5));
      break;
    default:
      set.put(some_key(), fmt::format("{}", random_()));
    }
  }

  void scan() {
    const auto key = some_key();
    const auto stop = random_() % 10;
    const bool narrow = random_() % 2;
    same("scan", [&](store& s) {
      std::string seen;
      unsigned n = 0;
      const entity_store::visitor visit = [&](const state_key& k, std::string_view v) {
        seen += fmt::format("{}/{}/{}/{}={};", k.partition.value, k.tenant.value, int(k.kind),
                            k.key, v);
        return n++ != stop;
      };
      const auto& e = s.entities();
      return told(narrow ? e.scan(key.partition, key.tenant, key.kind, visit)
                         : e.scan(key.partition, visit)) +
             seen;
    });
    same("scan meta", [&](store& s) {
      std::string seen;
      auto done = s.entities().scan_meta("name", [&](auto name, auto value) {
        seen += fmt::format("{}={};", name, value);
        return true;
      });
      return told(done) + seen;
    });
  }

  void small_answers() {
    same("answers", [&](store& s) {
      std::string out;
      for (std::uint32_t p = 0; p < partitions; ++p)
        out += fmt::format("{} {};", s.log().standing({p}).promised.value,
                           s.log().standing({p}).history.size()) +
               told(s.log().last({p})) + "," + std::to_string(s.log().first_kept({p}).value) + "," +
               told(s.entities().position({p})) + ";";
      for (int i = 0; i < 5; ++i)
        out += told(s.entities().meta(fmt::format("name{}", i)));
      const auto u = s.log().usage();
      return out + fmt::format("{} {} {} {}", u.bytes, u.records, u.entries,
                               u.oldest.time_since_epoch().count());
    });
  }

  std::mt19937_64 random_;
  test::folder folder_;
  store_options options_;
  std::int64_t now_ = 0;
  std::uint64_t last_[partitions] = {};
  std::uint64_t least_[partitions] = {}; ///< nothing before it may be cut
  std::uint64_t epoch_[partitions] = {1, 1, 1, 1};
  std::unique_ptr<store> memory_, rocks_;
};

} // namespace

TEST_CASE("stores: memory and RocksDB give the same answers to any program", "[state][stores]") {
  const auto seed = GENERATE(range(1U, 7U));
  INFO("seed " << seed);
  program p{seed};
  for (int i = 0; i < 400; ++i)
    p.step();
}
