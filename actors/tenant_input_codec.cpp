#include "actors/tenant_codec.hpp"

#include "schemas/codec/alert_codec.hpp"
#include "schemas/codec/guarded.hpp"

#include <tenant.capnp.h>

#include <utility>

namespace vedette::actors {

namespace {

using schemas::as_data;
using schemas::enumerator;
using schemas::length_of;
using schemas::ns_of;
using schemas::text;
using schemas::time_at;

void put(const respond::prior_values& values, capnp::List<wire::Pair>::Builder out) {
  unsigned i = 0;
  for (const auto& [name, value] : values) {
    out[i].setFirst(as_data(name));
    out[i++].setSecond(as_data(value));
  }
}

respond::prior_values values(capnp::List<wire::Pair>::Reader list) {
  respond::prior_values out;
  for (const auto p : list)
    out.insert_or_assign(text(p.getFirst()), text(p.getSecond()));
  return out;
}

void put(const respond::alert_arrived& in, wire::TenantInput::Builder out) {
  out.setAlert(as_data(schemas::encode(in.alert)));
}

void put(const respond::day_maxima_told& in, wire::TenantInput::Builder out) {
  auto maxima = out.initMaxima(length_of(in.maxima));
  for (unsigned i = 0; i < maxima.size(); ++i) {
    maxima[i].setAccount(as_data(in.maxima[i].account));
    maxima[i].setRule(as_data(in.maxima[i].rule.value));
    maxima[i].setMeasure(as_data(in.maxima[i].measure));
    maxima[i].setDay(in.maxima[i].day);
    maxima[i].setValue(in.maxima[i].value);
  }
}

void put(const respond::operator_command& in, wire::TenantInput::Builder out) {
  auto command = out.initCommand();
  command.setWhat(static_cast<std::uint8_t>(in.what));
  command.setId(as_data(in.id));
  command.setWho(as_data(in.who));
  command.setReason(as_data(in.reason));
  command.setPlanHash(as_data(in.plan_hash));
}

void put(const respond::intents_committed& in, wire::TenantInput::Builder out) {
  auto intents = out.initIntents(length_of(in.actions));
  for (unsigned i = 0; i < intents.size(); ++i) {
    intents[i].setAction(as_data(in.actions[i].action));
    intents[i].setPlanHash(as_data(in.actions[i].plan_hash));
  }
}

void put(const respond::action_attempt& in, wire::TenantInput::Builder out) {
  auto attempt = out.initAttempt();
  attempt.setAction(as_data(in.action));
  put(in.prior, attempt.initPrior(length_of(in.prior)));
}

void put(const respond::action_outcome& in, wire::TenantInput::Builder out) {
  auto outcome = out.initOutcome();
  outcome.setAction(as_data(in.action));
  outcome.setResult(static_cast<std::uint8_t>(in.result));
  outcome.setText(as_data(in.text));
  put(in.results, outcome.initResults(length_of(in.results)));
}

void put(const respond::responder_changed&, wire::TenantInput::Builder out) {
  out.setResponderChanged();
}

void put(const respond::tick& in, wire::TenantInput::Builder out) {
  out.setWatermark(ns_of(in.watermark));
}

void put(const respond::configured&, wire::TenantInput::Builder) {
  VEDETTE_ASSERT(false && "a configuration is read at start, not journalled");
}

respond::input read(wire::TenantInput::Reader in) {
  const auto when = time_at(in.getAt());
  switch (in.which()) {
  case wire::TenantInput::NONE:
    schemas::refuse(base::ec::malformed, "decoding a tenant's input: it is empty");
  case wire::TenantInput::ALERT: {
    auto alert = schemas::decode_alert(schemas::view(in.getAlert()));
    if (!alert)
      schemas::refuse(alert.err().code, alert.err().context);
    return respond::alert_arrived{std::move(*alert), when};
  }
  case wire::TenantInput::MAXIMA: {
    respond::day_maxima_told out{{}, when};
    for (const auto m : in.getMaxima())
      out.maxima.push_back({text(m.getAccount()),
                            {text(m.getRule())},
                            text(m.getMeasure()),
                            m.getDay(),
                            m.getValue()});
    return out;
  }
  case wire::TenantInput::COMMAND: {
    const auto c = in.getCommand();
    return respond::operator_command{
        enumerator(c.getWhat(), respond::verb::unfreeze, "an operator's command"),
        text(c.getId()),
        text(c.getWho()),
        text(c.getReason()),
        text(c.getPlanHash()),
        when};
  }
  case wire::TenantInput::INTENTS: {
    respond::intents_committed out{{}, when};
    for (const auto i : in.getIntents())
      out.actions.push_back({text(i.getAction()), text(i.getPlanHash())});
    return out;
  }
  case wire::TenantInput::ATTEMPT: {
    const auto a = in.getAttempt();
    return respond::action_attempt{text(a.getAction()), values(a.getPrior()), when};
  }
  case wire::TenantInput::OUTCOME: {
    const auto o = in.getOutcome();
    return respond::action_outcome{
        text(o.getAction()),
        enumerator(o.getResult(), respond::attempt_result::try_again, "an action's outcome"),
        text(o.getText()), values(o.getResults()), when};
  }
  case wire::TenantInput::RESPONDER_CHANGED:
    return respond::responder_changed{when};
  case wire::TenantInput::WATERMARK:
    return respond::tick{when, time_at(in.getWatermark())};
  }
  schemas::refuse(base::ec::unsupported, "decoding a tenant's input: kind " +
                                             std::to_string(static_cast<int>(in.which())) +
                                             " is of a later build; upgrade this one");
}

} // namespace

std::string encode(const respond::input& in) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::TenantInput>();
  std::visit(
      [&](const auto& one) {
        out.setAt(ns_of(one.at));
        put(one, out);
      },
      in);
  return schemas::to_bytes(message);
}

base::result<respond::input> decode_input(std::string_view bytes) {
  respond::input out;
  const auto words = schemas::aligned(bytes);
  if (auto done = schemas::guarded<wire::TenantInput>("a tenant's input", words, bytes.size(),
                                                      [&](auto in) { out = read(in); });
      !done)
    return done.err();
  return out;
}

} // namespace vedette::actors
