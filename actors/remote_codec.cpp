#include "actors/remote.hpp"

#include "actors/tenant_codec.hpp"
#include "actors/wire_values.hpp"
#include "schemas/codec/alert_codec.hpp"
#include "schemas/codec/entry_codec.hpp"
#include "schemas/codec/guarded.hpp"

#include <remote.capnp.h>

namespace vedette::actors {

namespace {

using schemas::as_data;
using schemas::refuse;
using schemas::text;

template <class T>
T need(base::result<T> r) {
  if (!r)
    throw schemas::refusal{r.err()};
  return std::move(*r);
}

template <class State>
std::uint8_t number_of(const std::optional<State>& s) {
  return s ? static_cast<std::uint8_t>(static_cast<std::uint8_t>(*s) + 1) : std::uint8_t{0};
}
template <class State>
std::optional<State> state_of(std::uint8_t number, State last) {
  if (number == 0)
    return std::nullopt;
  return schemas::enumerator(static_cast<std::uint64_t>(number - 1), last, "a filter's state");
}

void write_range(const respond::alert_filter& f, wire::RemoteQuery::Builder out) {
  out.setHasSince(f.since.has_value());
  out.setHasUntil(f.until.has_value());
  if (f.since)
    out.setSince(f.since->time_since_epoch().count());
  if (f.until)
    out.setUntil(f.until->time_since_epoch().count());
}

void read_range(wire::RemoteQuery::Reader in, respond::alert_filter& f) {
  const auto time = [](std::int64_t ns) { return base::event_time{base::duration{ns}}; };
  if (in.getHasSince())
    f.since = time(in.getSince());
  if (in.getHasUntil())
    f.until = time(in.getUntil());
}

void write(const tenant_query& q, wire::RemoteQuery::Builder out) {
  using about = tenant_query::about;
  out.setTenant(as_data(q.tenant.value));
  out.setAbout(static_cast<std::uint8_t>(q.what));
  out.setId(as_data(q.id));
  if (q.what == about::alerts) {
    out.setAfter(q.alerts.after);
    out.setMinSeverity(static_cast<std::uint8_t>(q.alerts.min_severity));
    out.setRule(as_data(q.alerts.rule));
    out.setIdentity(as_data(q.alerts.identity));
    out.setIncident(as_data(q.alerts.incident));
    out.setState(number_of(q.alerts.state));
    write_range(q.alerts, out);
    out.setLimit(q.alerts.limit);
  } else if (q.what == about::trends) {
    write_range(q.alerts, out);
  } else if (q.what == about::incidents) {
    out.setBefore(q.incidents.before);
    out.setMinSeverity(static_cast<std::uint8_t>(q.incidents.min_severity));
    out.setIdentity(as_data(q.incidents.identity));
    out.setState(number_of(q.incidents.state));
    out.setLimit(q.incidents.limit);
  } else if (q.what == about::actions) {
    out.setBefore(q.actions.before);
    out.setIncident(as_data(q.actions.incident));
    out.setPlaybook(as_data(q.actions.playbook));
    out.setState(number_of(q.actions.state));
    out.setLimit(q.actions.limit);
  }
}

tenant_query read(wire::RemoteQuery::Reader in) {
  using about = tenant_query::about;
  tenant_query q;
  q.tenant.value = text(in.getTenant());
  q.what = schemas::enumerator(in.getAbout(), about::trends, "what a query is about");
  q.id = text(in.getId());
  const auto severity =
      schemas::enumerator(in.getMinSeverity(), base::severity::critical, "a severity");
  if (q.what == about::alerts) {
    q.alerts.after = in.getAfter();
    q.alerts.min_severity = severity;
    q.alerts.rule = text(in.getRule());
    q.alerts.identity = text(in.getIdentity());
    q.alerts.incident = text(in.getIncident());
    q.alerts.state = state_of(in.getState(), base::alert_state::withdrawn);
    read_range(in, q.alerts);
    q.alerts.limit = in.getLimit();
  } else if (q.what == about::trends) {
    read_range(in, q.alerts);
  } else if (q.what == about::incidents) {
    q.incidents.before = in.getBefore();
    q.incidents.min_severity = severity;
    q.incidents.identity = text(in.getIdentity());
    q.incidents.state = state_of(in.getState(), respond::incident_state::merged);
    q.incidents.limit = in.getLimit();
  } else if (q.what == about::actions) {
    q.actions.before = in.getBefore();
    q.actions.incident = text(in.getIncident());
    q.actions.playbook = text(in.getPlaybook());
    q.actions.state = state_of(in.getState(), respond::action_state::reverted);
    q.actions.limit = in.getLimit();
  }
  return q;
}

template <class... F>
struct overload : F... {
  using F::operator()...;
};
template <class... F>
overload(F...) -> overload<F...>;

/// A batch keeps the bytes it came in.
partition_batch batch_in(capnp::Data::Reader bytes) {
  const auto entry = schemas::view(bytes);
  auto batch = batch_of(need(schemas::decode_batch_entry(entry)));
  batch.encoded = std::make_shared<const std::string>(entry);
  return batch;
}

void write(const std::vector<partition_batch>& batches, capnp::List<capnp::Data>::Builder out) {
  unsigned i = 0;
  for (const auto& b : batches) {
    if (b.encoded)
      out.set(i++, as_data(*b.encoded));
    else
      out.set(i++, as_data(schemas::encode(entry_of(b))));
  }
}

std::vector<partition_batch> batches_in(capnp::List<capnp::Data>::Reader in) {
  if (in.size() == 0 || in.size() > park_batches_max)
    refuse(base::ec::malformed, "decoding parked batches of another node: too many, or none");
  std::vector<partition_batch> out;
  for (const auto bytes : in)
    out.push_back(batch_in(bytes));
  return out;
}

template <class Root, class T, class Read>
base::result<T> decode(const char* what, std::string_view bytes, Read read_into) {
  T out;
  const auto words = schemas::aligned(bytes);
  if (auto ok =
          schemas::guarded<Root>(what, words, bytes.size(), [&](auto in) { read_into(in, out); });
      !ok)
    return ok.err();
  return out;
}

} // namespace

std::string payload(payload_kind kind, std::string_view body) {
  std::string out(1, static_cast<char>(kind));
  out.append(body);
  return out;
}

std::string encode(const remote_request& r) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::RemoteRequest>();
  out.setId(r.id);
  out.setPartition(r.partition.value);
  std::visit(
      overload{
          [&](const partition_batch& b) { out.setBatch(as_data(schemas::encode(entry_of(b)))); },
          [&](const delivery& d) { out.setDelivery(as_data(schemas::encode(emitted_of(d)))); },
          [&](const tenant_command& c) {
            out.setCommand(as_data(schemas::encode(
                schemas::tenant_entry{c.tenant, encode(respond::input{c.command})})));
          },
          [&](const tenant_query& q) { write(q, out.initQuery()); },
          [&](const identity_question& q) {
            out.initIdentity().setTenant(as_data(q.tenant));
            out.getIdentity().setKey(as_data(q.key));
          },
          [&](const quarantine_question& q) {
            out.initQuarantine().setTenant(as_data(q.tenant));
            out.getQuarantine().setLimit(q.limit);
          },
          [&](const status_question&) { out.setStatus(); },
          [&](const park_request& p) {
            auto park = out.initPark();
            park.setHome(p.home.value);
            write(p.batches, park.initBatches(static_cast<unsigned>(p.batches.size())));
          },
          [&](const drain_request& d) {
            write(d.batches, out.initDrain(static_cast<unsigned>(d.batches.size())));
          },
          [&](const parked_question& q) {
            out.initParked().setHome(q.home.value);
            out.getParked().setServing(q.serving);
          },
          [&](const pressure_question& q) { out.setPressure(as_data(q.tenant.value)); }},
      r.what);
  return schemas::to_bytes(message);
}

base::result<remote_request> decode_remote_request(std::string_view bytes) {
  return decode<wire::RemoteRequest, remote_request>(
      "a request of another node", bytes, [](auto in, remote_request& r) {
        r.id = in.getId();
        r.partition = {in.getPartition()};
        switch (in.which()) {
        case wire::RemoteRequest::BATCH:
          r.what = batch_in(in.getBatch());
          return;
        case wire::RemoteRequest::PARK:
          r.what = park_request{{in.getPark().getHome()}, batches_in(in.getPark().getBatches())};
          return;
        case wire::RemoteRequest::DRAIN:
          r.what = drain_request{batches_in(in.getDrain())};
          return;
        case wire::RemoteRequest::PARKED:
          r.what = parked_question{{in.getParked().getHome()}, in.getParked().getServing()};
          return;
        case wire::RemoteRequest::DELIVERY:
          r.what =
              delivery_of(need(schemas::decode_emitted_entry(schemas::view(in.getDelivery()))));
          return;
        case wire::RemoteRequest::COMMAND: {
          auto e = need(schemas::decode_tenant_entry(schemas::view(in.getCommand())));
          auto input = need(decode_input(e.input));
          auto* command = std::get_if<respond::operator_command>(&input);
          if (command == nullptr)
            refuse(base::ec::malformed, "decoding a command of another node: it is none");
          r.what = tenant_command{std::move(e.tenant), std::move(*command)};
          return;
        }
        case wire::RemoteRequest::QUERY:
          r.what = read(in.getQuery());
          return;
        case wire::RemoteRequest::IDENTITY:
          r.what = identity_question{text(in.getIdentity().getTenant()),
                                     text(in.getIdentity().getKey())};
          return;
        case wire::RemoteRequest::QUARANTINE:
          r.what = quarantine_question{text(in.getQuarantine().getTenant()),
                                       in.getQuarantine().getLimit()};
          return;
        case wire::RemoteRequest::PRESSURE:
          r.what = pressure_question{{text(in.getPressure())}};
          return;
        case wire::RemoteRequest::STATUS:
          r.what = status_question{};
          return;
        default:
          refuse(base::ec::unsupported, "decoding a request of another node: this build does not "
                                        "know it; upgrade this one");
        }
      });
}

std::string encode(const remote_reply& r) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::RemoteReply>();
  out.setId(r.id);
  out.setPartition(r.partition.value);
  std::visit(overload{[&](const base::error& e) {
                        out.initError().setCode(static_cast<std::uint8_t>(e.code));
                        out.getError().setText(as_data(e.context));
                      },
                      [&](const acknowledged&) { out.setDone(); },
                      [&](const partition_batch_result& c) {
                        out.initCounts().setAccepted(c.accepted);
                        out.getCounts().setDuplicate(c.duplicate);
                        out.getCounts().setWaiting(c.waiting);
                      },
                      [&](const std::string& t) { out.setText(as_data(t)); },
                      [&](const parked_count& c) {
                        out.initParked().setBatches(c.batches);
                        out.getParked().setOldest(c.oldest.value);
                      },
                      [&](const alert_pressure& p) { out.setPressure(p.waiting); }},
             r.what);
  return schemas::to_bytes(message);
}

base::result<remote_reply> decode_remote_reply(std::string_view bytes) {
  return decode<wire::RemoteReply, remote_reply>(
      "a reply of another node", bytes, [](auto in, remote_reply& r) {
        r.id = in.getId();
        r.partition = {in.getPartition()};
        switch (in.which()) {
        case wire::RemoteReply::DONE:
          r.what = acknowledged{};
          return;
        case wire::RemoteReply::ERROR:
          r.what = base::error{schemas::enumerator(in.getError().getCode(), base::ec::shutting_down,
                                                   "an error's code"),
                               text(in.getError().getText())};
          return;
        case wire::RemoteReply::COUNTS:
          r.what =
              partition_batch_result{in.getCounts().getAccepted(), in.getCounts().getDuplicate(),
                                     in.getCounts().getWaiting()};
          return;
        case wire::RemoteReply::TEXT:
          r.what = text(in.getText());
          return;
        case wire::RemoteReply::PRESSURE:
          r.what = alert_pressure{in.getPressure()};
          return;
        case wire::RemoteReply::PARKED:
          r.what = parked_count{in.getParked().getBatches(), {in.getParked().getOldest()}};
          return;
        default:
          refuse(base::ec::unsupported, "decoding a reply of another node: this build does not "
                                        "know it; upgrade this one");
        }
      });
}

std::string encode(const node_message& m) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::NodeMessage>();
  out.setId(m.id);
  out.setEpoch(m.seal.epoch.value);
  out.setGeneration(m.seal.generation);
  std::visit(overload{[&](node_question q) { out.setQuestion(static_cast<std::uint8_t>(q)); },
                      [&](const base::error& e) {
                        out.initError().setCode(static_cast<std::uint8_t>(e.code));
                        out.getError().setText(as_data(e.context));
                      },
                      [&](const std::string& t) { out.setText(as_data(t)); }},
             m.what);
  return schemas::to_bytes(message);
}

base::result<node_message> decode_node_message(std::string_view bytes) {
  return decode<wire::NodeMessage, node_message>(
      "a node's words", bytes, [](auto in, node_message& m) {
        m.id = in.getId();
        m.seal = {{in.getEpoch()}, in.getGeneration()};
        switch (in.which()) {
        case wire::NodeMessage::QUESTION:
          m.what = schemas::enumerator(in.getQuestion(), node_question::seal, "a node's question");
          return;
        case wire::NodeMessage::ERROR:
          m.what = base::error{schemas::enumerator(in.getError().getCode(), base::ec::shutting_down,
                                                   "an error's code"),
                               text(in.getError().getText())};
          return;
        case wire::NodeMessage::TEXT:
          m.what = text(in.getText());
          return;
        default:
          refuse(base::ec::unsupported, "decoding a node's words: this build does not know them; "
                                        "upgrade this one");
        }
      });
}

std::string encode(const shared_bytes& w) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::SharedBytes>();
  out.setWhat(static_cast<std::uint8_t>(w.what));
  out.setName(as_data(w.name));
  out.setHash(as_data(w.hash));
  out.setBytes(as_data(w.bytes));
  return schemas::to_bytes(message);
}

base::result<shared_bytes> decode_shared_bytes(std::string_view bytes) {
  return decode<wire::SharedBytes, shared_bytes>(
      "bytes that nodes share", bytes, [](auto in, shared_bytes& w) {
        w.what =
            schemas::enumerator(in.getWhat(), shared_bytes::kind::held, "what is said of them");
        w.name = text(in.getName());
        w.hash = text(in.getHash());
        w.bytes = text(in.getBytes());
        if (w.name.empty() || w.name.size() > 32 || w.hash.size() != 64)
          refuse(base::ec::malformed, "decoding bytes that nodes share: no name, or no hash");
      });
}

std::string encode_marks(const std::vector<source_mark>& marks) {
  schemas::tick_entry e;
  for (const auto& m : marks)
    e.sources.push_back({m.tenant, m.source, m.watermark, m.holds});
  capnp::MallocMessageBuilder message;
  message.initRoot<wire::SourceMarks>().setMarks(as_data(schemas::encode(e)));
  return schemas::to_bytes(message);
}

base::result<std::vector<source_mark>> decode_marks(std::string_view bytes) {
  return decode<wire::SourceMarks, std::vector<source_mark>>(
      "another node's sources", bytes, [](auto in, std::vector<source_mark>& out) {
        const auto e = need(schemas::decode_tick_entry(schemas::view(in.getMarks())));
        for (const auto& s : e.sources)
          out.push_back({s.tenant, s.source, s.watermark, s.holds});
      });
}

std::string encode_evidence(const std::vector<cluster::node_id>& dead) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::Evidence>().initDead(static_cast<unsigned>(dead.size()));
  for (unsigned i = 0; i < dead.size(); ++i)
    out.set(i, as_data(dead[i].value));
  return schemas::to_bytes(message);
}

base::result<std::vector<cluster::node_id>> decode_evidence(std::string_view bytes) {
  return decode<wire::Evidence, std::vector<cluster::node_id>>(
      "another node's evidence", bytes, [](auto in, std::vector<cluster::node_id>& out) {
        for (const auto d : in.getDead())
          out.push_back({text(d)});
      });
}

std::string encode_published(const respond::published_alert& p) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::Published>();
  out.setNumber(p.number);
  out.setAlert(as_data(schemas::encode(p.alert)));
  out.setIncident(as_data(p.incident));
  return schemas::to_bytes(message);
}

base::result<respond::published_alert> decode_published(std::string_view bytes) {
  return decode<wire::Published, respond::published_alert>(
      "a published alert", bytes, [](auto in, respond::published_alert& p) {
        p.number = in.getNumber();
        p.alert = need(schemas::decode_alert(schemas::view(in.getAlert())));
        p.incident = text(in.getIncident());
      });
}

} // namespace vedette::actors
