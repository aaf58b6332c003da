// What nodes ask each other comes back as it went, and damage is an error.
#include "actors/remote.hpp"
#include "actors/wire_values.hpp"
#include "tests/support/catch.hpp"

using namespace vedette;
using namespace vedette::actors;
using namespace std::chrono_literals;

namespace {

template <class T>
T back(question q) {
  const auto r = decode_remote_request(encode(remote_request{7, {3}, std::move(q)}));
  REQUIRE(r);
  CHECK(r->id == 7);
  CHECK(r->partition.value == 3);
  const auto* what = std::get_if<T>(&r->what);
  REQUIRE(what != nullptr);
  return *what;
}

reply replied(reply r) {
  const auto d = decode_remote_reply(encode(remote_reply{9, {4}, std::move(r)}));
  REQUIRE(d);
  CHECK(d->id == 9);
  CHECK(d->partition.value == 4);
  return d->what;
}

partition_batch a_batch() {
  auto events = std::make_shared<base::event_batch>();
  events->tenant.value = "t";
  events->generation = {5};
  for (const char* id : {"a", "b"}) {
    base::event e;
    e.id = events->memory.copy(std::string_view{id});
    e.identity = "alice";
    events->events.push_back(e);
  }
  partition_batch b;
  b.origin = {"src", 1, 2, 1};
  b.tenant = {"t"};
  b.received = base::receive_time{5s};
  b.source_watermark = base::event_time{4s};
  b.events = std::move(events);
  b.quarantined = {{"no time", "{}"}};
  return b;
}

} // namespace

TEST_CASE("remote: a batch comes with the bytes of the entry that it makes", "[actors][remote]") {
  const auto sent = a_batch();
  const auto b = back<partition_batch>(sent);
  CHECK(b.origin == sent.origin);
  CHECK(b.tenant == sent.tenant);
  CHECK(b.received == sent.received);
  CHECK(b.source_watermark == sent.source_watermark);
  REQUIRE(b.events);
  CHECK(b.events->generation.value == 5);
  REQUIRE(b.events->events.size() == 2);
  CHECK(b.events->events[1].id == "b");
  REQUIRE(b.quarantined.size() == 1);
  CHECK(b.quarantined[0].reason == "no time");
  REQUIRE(b.encoded);
  // A log may hold either: they say the same.
  CHECK(*b.encoded == schemas::encode(entry_of(sent)));
  CHECK(*b.encoded == schemas::encode(entry_of(b)));
}

TEST_CASE("remote: questions come back with every member", "[actors][remote]") {
  tenant_query q;
  q.tenant = {"t"};
  q.what = tenant_query::about::alerts;
  q.alerts.after = 11;
  q.alerts.min_severity = base::severity::high;
  q.alerts.rule = "r";
  q.alerts.identity = "i";
  q.alerts.incident = "n";
  q.alerts.state = base::alert_state::withdrawn;
  q.alerts.since = base::event_time{1s};
  q.alerts.until = base::event_time{2s};
  q.alerts.limit = 12;
  const auto alerts = back<tenant_query>(q);
  CHECK(alerts.tenant == q.tenant);
  CHECK(alerts.what == q.what);
  CHECK(alerts.alerts.after == 11);
  CHECK(alerts.alerts.min_severity == base::severity::high);
  CHECK(alerts.alerts.rule + alerts.alerts.identity + alerts.alerts.incident == "rin");
  CHECK(alerts.alerts.state == q.alerts.state);
  CHECK(alerts.alerts.since == q.alerts.since);
  CHECK(alerts.alerts.until == q.alerts.until);
  CHECK(alerts.alerts.limit == 12);

  q.what = tenant_query::about::incidents;
  q.incidents.state = respond::incident_state::merged;
  q.incidents.identity = "i";
  q.incidents.before = 13;
  const auto incidents = back<tenant_query>(q);
  CHECK(incidents.incidents.state == respond::incident_state::merged);
  CHECK(incidents.incidents.identity == "i");
  CHECK(incidents.incidents.before == 13);

  q.what = tenant_query::about::actions;
  q.actions.state = respond::action_state::planned; // the first one is not "any"
  q.actions.playbook = "p";
  const auto actions = back<tenant_query>(q);
  CHECK(actions.actions.state == respond::action_state::planned);
  CHECK(actions.actions.playbook == "p");

  q.what = tenant_query::about::trends;
  const auto trends = back<tenant_query>(q);
  CHECK(trends.what == q.what);
  CHECK(trends.alerts.since == q.alerts.since);
  CHECK(trends.alerts.until == q.alerts.until);

  q.what = tenant_query::about::incident;
  q.id = "x";
  CHECK(back<tenant_query>(q).id == "x");

  tenant_command c;
  c.tenant = {"t"};
  c.command.id = "act";
  c.command.who = "ann";
  const auto command = back<tenant_command>(c);
  CHECK(command.tenant == c.tenant);
  CHECK(command.command.id + command.command.who == "actann");
  CHECK(back<identity_question>(identity_question{"t", "k"}).key == "k");
  CHECK(back<quarantine_question>(quarantine_question{"t", 6}).limit == 6);
  (void)back<status_question>(status_question{});

  delivery d;
  d.tenant = {"t"};
  d.alerts.resize(1);
  d.alerts[0].id = "id";
  d.maxima.push_back({"acc", {"r"}, "m", 3, 4.5});
  const auto delivered = back<delivery>(d);
  REQUIRE(delivered.alerts.size() == 1);
  CHECK(delivered.alerts[0].id == "id");
  REQUIRE(delivered.maxima.size() == 1);
  CHECK(delivered.maxima[0].rule.value == "r");
}

TEST_CASE("remote: what is parked and given back keeps its name and its order",
          "[actors][remote]") {
  park_request p{{9}, {a_batch(), a_batch()}};
  p.batches[1].origin.sequence = 3;
  const auto parked = back<park_request>(p);
  CHECK(parked.home.value == 9);
  REQUIRE(parked.batches.size() == 2);
  CHECK(parked.batches[0].origin.sequence == 2);
  CHECK(parked.batches[1].origin == p.batches[1].origin);
  CHECK(parked.batches[1].events->events.size() == 2);
  CHECK_FALSE(parked.batches[0].parked);

  drain_request d{{a_batch()}};
  d.batches[0].parked = schemas::parked_name{{8}, {3}, {21}, {20}};
  const auto drained = back<drain_request>(d);
  REQUIRE(drained.batches.size() == 1);
  CHECK(drained.batches[0].parked == d.batches[0].parked);
  // Once more, from the bytes it came with.
  CHECK(back<drain_request>(drained).batches[0].parked == d.batches[0].parked);

  CHECK(back<parked_question>(parked_question{{5}}).home.value == 5);
  CHECK_FALSE(back<parked_question>(parked_question{{5}, false}).serving);
  CHECK(std::get<parked_count>(replied(parked_count{7, {9}})).oldest.value == 9);
  CHECK(back<pressure_question>(pressure_question{{"acme"}}).tenant.value == "acme");
  CHECK(std::get<alert_pressure>(replied(alert_pressure{12})).waiting == 12);
  CHECK(std::get<partition_batch_result>(replied(partition_batch_result{1, 2, 3})).waiting == 3);
  CHECK_FALSE(decode_remote_request(encode(remote_request{7, {3}, park_request{}})));
}

TEST_CASE("remote: replies and tidings come back as they went", "[actors][remote]") {
  CHECK(std::get<base::error>(replied(base::error{base::ec::stale_epoch, "why"})) ==
        base::error{base::ec::stale_epoch, "why"});
  CHECK(std::holds_alternative<acknowledged>(replied(acknowledged{})));
  CHECK(std::get<partition_batch_result>(replied(partition_batch_result{2, 3})).duplicate == 3);
  CHECK(std::get<std::string>(replied(std::string{"{}"})) == "{}");

  const auto marks = decode_marks(encode_marks({{{"t"}, "s", base::event_time{9s}, false}}));
  REQUIRE(marks);
  REQUIRE(marks->size() == 1);
  CHECK((*marks)[0].watermark == base::event_time{9s});
  CHECK_FALSE((*marks)[0].holds);
  const auto dead = decode_evidence(encode_evidence({{"n1"}, {"n2"}}));
  REQUIRE(dead);
  CHECK(*dead == std::vector<cluster::node_id>{{"n1"}, {"n2"}});
  respond::published_alert p;
  p.number = 3;
  p.alert.id = "a";
  p.incident = "i";
  const auto published = decode_published(encode_published(p));
  REQUIRE(published);
  CHECK(*published == p);
  const shared_bytes w{shared_bytes::kind::held, "content", std::string(64, 'a'), "x"};
  const auto shared = decode_shared_bytes(encode(w));
  REQUIRE(shared);
  CHECK(shared->what == w.what);
  CHECK(shared->name + shared->bytes == "contentx");
  CHECK_FALSE(decode_shared_bytes(encode(shared_bytes{{}, "content", "short", {}})));
}

TEST_CASE("remote: what was cut short is an error", "[actors][remote]") {
  const auto bytes = encode(remote_request{7, {3}, a_batch()});
  for (std::size_t n = 0; n < bytes.size(); n += 7)
    CHECK_FALSE(decode_remote_request(std::string_view{bytes}.substr(0, n)));
}
