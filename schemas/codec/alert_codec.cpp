#include "schemas/codec/alert_codec.hpp"

#include "schemas/codec/guarded.hpp"

#include <alert.capnp.h>

namespace vedette::schemas {

namespace {

void write(const base::volume_claim& c, wire::VolumeClaim::Builder out) {
  out.setMeasure(as_data(c.measure));
  out.setValue(c.value);
  out.setFactor(c.factor);
  out.setDays(c.days);
  out.setDay(c.day);
  out.setForIdentity(static_cast<std::uint8_t>(c.for_identity));
  out.setForAccount(static_cast<std::uint8_t>(c.for_account));
  out.setForTenant(static_cast<std::uint8_t>(c.for_tenant));
}

base::volume_claim claim(wire::VolumeClaim::Reader in) {
  const auto severity = [](std::uint8_t v) {
    return enumerator(v, base::severity::critical, "a volume claim's severity");
  };
  base::volume_claim c;
  c.measure = text(in.getMeasure());
  c.value = in.getValue();
  c.factor = in.getFactor();
  c.days = in.getDays();
  c.day = in.getDay();
  c.for_identity = severity(in.getForIdentity());
  c.for_account = severity(in.getForAccount());
  c.for_tenant = severity(in.getForTenant());
  return c;
}

void read(wire::Alert::Reader in, base::alert& a) {
  a.id = text(in.getId());
  a.tenant.value = text(in.getTenant());
  a.rule.value = text(in.getRule());
  a.title = text(in.getTitle());
  a.severity = enumerator(in.getSeverity(), base::severity::critical, "an alert's severity");
  a.control = enumerator(in.getControl(), base::control::both, "an alert's control");
  a.state = enumerator(in.getState(), base::alert_state::withdrawn, "an alert's state");
  a.revision = in.getRevision();
  for (const auto p : in.getAttack())
    a.attack.push_back({text(p.getFirst()), text(p.getSecond())});
  a.kind = enumerator(in.getKind(), base::entity_kind::tenant, "an alert's entity kind");
  a.entity = text(in.getEntity());
  a.episode = in.getEpisode();
  a.time = time_at(in.getTime());
  a.first_event = time_at(in.getFirstEvent());
  a.last_event = time_at(in.getLastEvent());
  a.count = in.getCount();
  a.suppressed = in.getSuppressed();
  a.late = in.getLate();
  a.baseline_complete = in.getBaselineComplete();
  a.cloud = text(in.getCloud());
  a.account = text(in.getAccount());
  a.regions = texts(in.getRegions());
  a.identity_id = text(in.getIdentityId());
  a.identity_type = text(in.getIdentityType());
  a.identity_name = text(in.getIdentityName());
  a.session = text(in.getSession());
  a.ips = texts(in.getIps());
  for (const auto asn : in.getAsns())
    a.asns.push_back(asn);
  a.countries = texts(in.getCountries());
  a.resources = texts(in.getResources());
  a.events = texts(in.getEvents());
  a.why = text(in.getWhy());
  for (const auto p : in.getEvidence())
    a.evidence.emplace_back(text(p.getFirst()), text(p.getSecond()));
  if (in.hasClaim())
    a.claim = claim(in.getClaim());
}

} // namespace

std::string encode(const base::alert& a) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::Alert>();
  out.setId(as_data(a.id));
  out.setTenant(as_data(a.tenant.value));
  out.setRule(as_data(a.rule.value));
  out.setTitle(as_data(a.title));
  out.setSeverity(static_cast<std::uint8_t>(a.severity));
  out.setControl(static_cast<std::uint8_t>(a.control));
  out.setState(static_cast<std::uint8_t>(a.state));
  out.setRevision(a.revision);
  auto attack = out.initAttack(length_of(a.attack));
  for (unsigned i = 0; i < a.attack.size(); ++i) {
    attack[i].setFirst(as_data(a.attack[i].tactic));
    attack[i].setSecond(as_data(a.attack[i].technique));
  }
  out.setKind(static_cast<std::uint8_t>(a.kind));
  out.setEntity(as_data(a.entity));
  out.setEpisode(a.episode);
  out.setTime(ns_of(a.time));
  out.setFirstEvent(ns_of(a.first_event));
  out.setLastEvent(ns_of(a.last_event));
  out.setCount(a.count);
  out.setSuppressed(a.suppressed);
  out.setLate(a.late);
  out.setBaselineComplete(a.baseline_complete);
  out.setCloud(as_data(a.cloud));
  out.setAccount(as_data(a.account));
  put_texts(out.initRegions(length_of(a.regions)), a.regions);
  out.setIdentityId(as_data(a.identity_id));
  out.setIdentityType(as_data(a.identity_type));
  out.setIdentityName(as_data(a.identity_name));
  out.setSession(as_data(a.session));
  put_texts(out.initIps(length_of(a.ips)), a.ips);
  auto asns = out.initAsns(length_of(a.asns));
  for (unsigned i = 0; i < a.asns.size(); ++i)
    asns.set(i, a.asns[i]);
  put_texts(out.initCountries(length_of(a.countries)), a.countries);
  put_texts(out.initResources(length_of(a.resources)), a.resources);
  put_texts(out.initEvents(length_of(a.events)), a.events);
  out.setWhy(as_data(a.why));
  auto evidence = out.initEvidence(length_of(a.evidence));
  for (unsigned i = 0; i < a.evidence.size(); ++i) {
    evidence[i].setFirst(as_data(a.evidence[i].first));
    evidence[i].setSecond(as_data(a.evidence[i].second));
  }
  if (a.claim)
    write(*a.claim, out.initClaim());
  return to_bytes(message);
}

base::result<base::alert> decode_alert(std::string_view bytes) {
  base::alert a;
  const auto words = aligned(bytes);
  if (auto done =
          guarded<wire::Alert>("an alert", words, bytes.size(), [&](auto in) { read(in, a); });
      !done)
    return done.err();
  return a;
}

} // namespace vedette::schemas
