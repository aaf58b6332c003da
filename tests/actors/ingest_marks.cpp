// How far a source is said to be while one of its partitions takes nothing, and what becomes of
// records whose source is gone.
#include "actors/ingest.hpp"
#include "tests/actors/fold_host.hpp"

#include <caf/scheduler/test_coordinator.hpp>

using namespace vedette;
using namespace vedette::actors;
using namespace vedette::actors::testing;
using namespace std::chrono_literals;

namespace {

using promise = caf::typed_response_promise<batch_results>;

struct held_batches {
  std::vector<promise> waiting;
  std::vector<quarantined_record> quarantined;
  std::size_t next = 0;
};

/// Answers batch `next` when it is told to drain, as a gate whose partition had no primary.
detector_actor::behavior_type held(detector_actor::pointer self,
                                   std::shared_ptr<held_batches> all) {
  using base::partition_id;
  return {
      [self, all](batch_shares& shares) -> caf::result<batch_results> {
        for (auto& [partition, batch] : shares.shares)
          std::ranges::move(batch.quarantined, std::back_inserter(all->quarantined));
        all->waiting.push_back(self->make_response_promise<batch_results>());
        return all->waiting.back();
      },
      [](partition_id, const park_request&) { return atom::done::value; },
      [](partition_id, const drain_request&) { return atom::done::value; },
      [](partition_id, const pressure_question&) { return alert_pressure{}; },
      [](partition_id, atom::parked) { return atom::done::value; },
      [](partition_id, const parked_question&) { return parked_count{}; },
      [](const tick&) {},
      [](const content_change&) { return atom::done::value; },
      [](partition_id, atom::identity, const std::string&, const std::string&) { return answer{}; },
      [](partition_id, atom::quarantine, const std::string&, std::uint64_t) { return answer{}; },
      [all](atom::drain) {
        all->waiting.at(all->next).deliver(batch_results{{{{1, 0}, {}}}});
        return atom::done::value;
      },
      [](partition_id, atom::status) { return std::string{}; },
  };
}

raw_batch one_record(int hour) {
  auto text = std::make_shared<std::string>(
      R"({"eventVersion":"1.08","eventTime":"2024-10-04T)" + std::to_string(hour) +
      R"(:00:00Z","eventID":"id-)" + std::to_string(hour) +
      R"(","eventSource":"s3.amazonaws.com","awsRegion":"eu-west-1","eventName":"ListBuckets",)"
      R"("userIdentity":{"type":"IAMUser","accountId":"111122223333",)"
      R"("arn":"arn:aws:iam::111122223333:user/u","userName":"u"},"sourceIPAddress":"198.51.100.7"})");
  const auto size = text->size();
  text->append(64, '\0');
  raw_batch raw;
  raw.tenant = {"t"};
  raw.origin = {"src", 1, static_cast<std::uint64_t>(hour), 0};
  raw.records = {std::string_view{*text}.substr(0, size)};
  raw.memory = text;
  raw.received = base::receive_time{std::chrono::days{20'100}};
  return raw;
}

} // namespace

TEST_CASE("ingest: records of a source that is not there any more are kept for the operator",
          "[actors][ingest]") {
  shelf library;
  auto content = std::make_shared<content_generation>(*library.put(1, {}));
  content->activities = *ingest::taxonomy::load({});
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("testing"));
  caf::actor_system system{config};
  auto& sched = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  const auto all = std::make_shared<held_batches>();
  detector_actor partition = system.spawn(held, all);
  ingest_args args;
  args.content = content;
  args.routing = {7, 1, 1};
  args.detectors = {{partition}};
  ingest_actor door = system.spawn(actors::ingest, args);
  auto raw = one_record(10);
  raw.only = "gone";
  caf::anon_send(door, raw);
  sched.run();
  REQUIRE(all->quarantined.size() == 1);
  CHECK(all->quarantined.front().reason == "no source is called 'gone'");
  CHECK(all->quarantined.front().head.find("ListBuckets") != std::string::npos);
  caf::anon_send_exit(door, caf::exit_reason::kill);
  caf::anon_send_exit(partition, caf::exit_reason::kill);
  sched.run();
}

TEST_CASE("ingest: a source is no further than what every partition has heard of it",
          "[actors][ingest]") {
  shelf library;
  auto content = std::make_shared<content_generation>(*library.put(1, {}));
  content->activities = *ingest::taxonomy::load({});
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("testing"));
  caf::actor_system system{config};
  auto& sched = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  const auto all = std::make_shared<held_batches>();
  std::vector<source_mark> told;
  detector_actor partition = system.spawn(held, all);
  ingest_args args;
  args.content = content;
  args.routing = {7, 1, 1};
  args.detectors = {{partition}};
  args.tell_marks = [&](const std::vector<source_mark>& m) { told = m; };
  ingest_actor door = system.spawn(actors::ingest, args);
  const auto watermark = [&] {
    caf::anon_send(door, tick{base::receive_time{std::chrono::days{20'100}}, nullptr});
    sched.run();
    REQUIRE(told.size() == 1);
    return base::format_rfc3339(told.front().watermark);
  };

  for (const int hour : {10, 11, 12})
    caf::anon_send(door, one_record(hour));
  sched.run();
  REQUIRE(all->waiting.size() == 3);
  const auto answer_batch = [&](std::size_t n) {
    all->next = n;
    caf::anon_send(partition, atom::drain::value);
    sched.run();
  };
  // Answers come as partitions get to it.
  answer_batch(0);
  CHECK(watermark() == "2024-10-04T10:00:00Z");
  answer_batch(2);
  CHECK(watermark() == "2024-10-04T10:00:00Z");
  answer_batch(1);
  CHECK(watermark() == "2024-10-04T12:00:00Z");

  caf::anon_send_exit(door, caf::exit_reason::kill);
  caf::anon_send_exit(partition, caf::exit_reason::kill);
  door = nullptr;
  partition = nullptr;
  args.detectors = {};
  all->waiting.clear();
  sched.run();
}
