#include "cluster/coordinator_words.hpp"

#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::cluster;

TEST_CASE("start: an old copy takes a new incarnation, a second process is refused",
          "[cluster][start]") {
  struct row {
    const char* why;
    store_record own;
    std::optional<store_record> recorded;
    std::optional<store_incarnation> live;
    std::optional<start_verdict> verdict; ///< none: refused
  };
  const auto r = GENERATE(values<row>({
      {"a new node", {{1}, 0}, {}, {}, start_verdict::go},
      {"a restart", {{1}, 7}, store_record{{1}, 7}, {}, start_verdict::go},
      {"a restart before our own lease ended",
       {{1}, 7},
       store_record{{1}, 7},
       store_incarnation{1},
       start_verdict::go},
      {"a crash between counting and recording",
       {{1}, 8},
       store_record{{1}, 7},
       {},
       start_verdict::go},
      {"yesterday's data directory",
       {{1}, 3},
       store_record{{1}, 7},
       {},
       start_verdict::new_incarnation},
      {"a new disk in an old node", {{2}, 0}, store_record{{1}, 7}, {}, start_verdict::go},
      {"that, counted for its first join", {{2}, 1}, store_record{{1}, 7}, {}, start_verdict::go},
      {"a copy from before the disk was changed",
       {{2}, 5},
       store_record{{1}, 7},
       {},
       start_verdict::new_incarnation},
      {"a node id used twice", {{2}, 0}, store_record{{1}, 7}, store_incarnation{1}, {}},
      {"an old copy started beside the original",
       {{1}, 3},
       store_record{{1}, 7},
       store_incarnation{1},
       {}},
  }));
  INFO(r.why);
  std::optional<node_record> live;
  if (r.live) {
    live.emplace();
    live->incarnation = *r.live;
  }
  const auto verdict = judge_start({"n"}, r.own, r.recorded, live);
  REQUIRE(verdict.has_value() == r.verdict.has_value());
  if (verdict)
    CHECK(*verdict == *r.verdict);
  else
    CHECK(verdict.err().code == base::ec::conflict);
}

TEST_CASE("partitions: a cluster has those it counts, and its tenants' from their own number on",
          "[cluster]") {
  cluster_record c;
  c.partitions = 16;
  c.tenant_partitions = 4;
  struct row {
    std::uint32_t partition;
    bool there;
    const char* why;
  };
  const auto r = GENERATE(values<row>({{0, true, "the first"},
                                       {15, true, "the last"},
                                       {16, false, "one more"},
                                       {tenant_partitions_from - 1, false, "between"},
                                       {tenant_partitions_from, true, "a tenant's"},
                                       {tenant_partitions_from + 3, true, "the last of those"},
                                       {tenant_partitions_from + 4, false, "one more"}}));
  INFO(r.why);
  CHECK(has_partition(c, {r.partition}) == r.there);
  std::size_t named = 0;
  for (const auto& group : partition_groups(c)) {
    named += group.size();
    for (const auto p : group)
      CHECK(has_partition(c, p));
  }
  CHECK(named == 20);
}

TEST_CASE("rebuild: the log that ends in the highest epoch leads, never merely the longest",
          "[cluster][rebuild]") {
  const std::vector<node_id> replicas{{"a"}, {"b"}, {"c"}};
  const auto report = [&](const char* node, std::uint64_t epoch, std::uint64_t index,
                          std::uint64_t version) {
    return store_report{{{node}, {1}}, {9}, {{epoch}, {index}}, version, 2, replicas};
  };
  const std::vector reports{report("a", 3, 40, 5), report("b", 4, 30, 6), report("c", 4, 29, 2)};
  const auto made = rebuild_assignment(reports);
  REQUIRE(made);
  CHECK(made->primary == node_id{"b"});
  CHECK(made->in_sync.size() == 1);
  CHECK(made->epoch == base::epoch{10});
  CHECK(made->version == 7);
  CHECK(made->replicas == replicas);

  // The one that is missing may hold what the others lack.
  CHECK(rebuild_assignment(std::span{reports}.first(2)).err().code == base::ec::unavailable);
  auto unsealed = reports;
  unsealed[2].promised = {8};
  CHECK(rebuild_assignment(unsealed).err().code == base::ec::invalid_argument);
  CHECK(!rebuild_assignment({}));
}

TEST_CASE("keys: partitions sort as numbers", "[cluster][keys]") {
  CHECK(partition_key({7}) == "partitions/00007");
  CHECK(partition_key({16'383}) == "partitions/16383");
  CHECK(node_key({"n1"}) == "nodes/n1");
  CHECK(store_key({"n1"}) == "stores/n1");
}
