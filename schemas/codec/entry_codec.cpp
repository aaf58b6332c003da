#include "schemas/codec/entry_codec.hpp"

#include "schemas/codec/alert_codec.hpp"
#include "schemas/codec/event_codec.hpp"
#include "schemas/codec/guarded.hpp"
#include "schemas/codec/scratch_message.hpp"

#include <entries.capnp.h>

namespace vedette::schemas {

namespace {

template <class Root, class T, class Read>
base::result<T> decode(const char* what, std::string_view bytes, Read read) {
  T out;
  const auto words = aligned(bytes);
  if (auto ok = guarded<Root>(what, words, bytes.size(), [&](auto in) { read(in, out); }); !ok)
    return ok.err();
  return out;
}

} // namespace

std::string encode(const batch_entry& e) {
  const bool has_events = e.events != nullptr && !e.events->events.empty();
  const auto events = has_events ? encode(*e.events) : std::string{};
  scratch_message message{events.size() + e.tenant.value.size() + e.source.size()};
  auto out = message.root<wire::BatchEntry>();
  out.setTenant(as_data(e.tenant.value));
  out.setSource(as_data(e.source));
  out.setSession(e.session);
  out.setSequence(e.sequence);
  out.setCommittedBelow(e.committed_below);
  out.setReceived(ns_of(e.received));
  out.setSourceWatermark(ns_of(e.source_watermark));
  if (has_events)
    out.setEvents(as_data(events));
  auto quarantined = out.initQuarantined(length_of(e.quarantined));
  for (unsigned i = 0; i < e.quarantined.size(); ++i) {
    quarantined[i].setReason(as_data(e.quarantined[i].reason));
    quarantined[i].setHead(as_data(e.quarantined[i].head));
  }
  if (e.parked) {
    out.setParkedIn(e.parked->keeper.value);
    out.setParkedEpoch(e.parked->epoch.value);
    out.setParkedIndex(e.parked->index.value);
    out.setParkedBelow(e.parked->below.value);
  }
  return to_bytes(*message);
}

base::result<batch_entry> decode_batch_entry(std::string_view bytes) {
  return decode<wire::BatchEntry, batch_entry>("a batch entry", bytes, [](auto in, batch_entry& e) {
    e.tenant.value = text(in.getTenant());
    e.source = text(in.getSource());
    e.session = in.getSession();
    e.sequence = in.getSequence();
    e.committed_below = in.getCommittedBelow();
    e.received = time_at(in.getReceived());
    e.source_watermark = time_at(in.getSourceWatermark());
    if (in.getEvents().size() > 0) {
      auto events = decode_events(view(in.getEvents()));
      if (!events)
        refuse(events.err().code, events.err().context);
      e.events = std::move(*events);
    }
    for (const auto q : in.getQuarantined())
      e.quarantined.push_back({text(q.getReason()), text(q.getHead())});
    if (in.getParkedIndex() != 0)
      e.parked = parked_name{
          {in.getParkedIn()}, {in.getParkedEpoch()}, {in.getParkedIndex()}, {in.getParkedBelow()}};
  });
}

std::string encode(const tick_entry& e) {
  scratch_message message;
  auto out = message.root<wire::TickEntry>();
  out.setNow(ns_of(e.now));
  auto sources = out.initSources(length_of(e.sources));
  for (unsigned i = 0; i < e.sources.size(); ++i) {
    sources[i].setTenant(as_data(e.sources[i].tenant.value));
    sources[i].setSource(as_data(e.sources[i].source));
    sources[i].setWatermark(ns_of(e.sources[i].watermark));
    sources[i].setHolds(e.sources[i].holds);
  }
  return to_bytes(*message);
}

base::result<tick_entry> decode_tick_entry(std::string_view bytes) {
  return decode<wire::TickEntry, tick_entry>("a tick entry", bytes, [](auto in, tick_entry& e) {
    e.now = time_at(in.getNow());
    for (const auto s : in.getSources())
      e.sources.push_back(
          {{text(s.getTenant())}, text(s.getSource()), time_at(s.getWatermark()), s.getHolds()});
  });
}

std::string encode(const emitted_entry& e) {
  scratch_message message;
  auto out = message.root<wire::EmittedEntry>();
  out.setOfEntry(e.of_entry);
  out.setTenant(as_data(e.tenant.value));
  auto alerts = out.initAlerts(length_of(e.alerts));
  for (unsigned i = 0; i < e.alerts.size(); ++i)
    alerts.set(i, as_data(encode(e.alerts[i])));
  auto maxima = out.initMaxima(length_of(e.maxima));
  for (unsigned i = 0; i < e.maxima.size(); ++i) {
    maxima[i].setAccount(as_data(e.maxima[i].account));
    maxima[i].setRule(as_data(e.maxima[i].rule));
    maxima[i].setMeasure(as_data(e.maxima[i].measure));
    maxima[i].setDay(e.maxima[i].day);
    maxima[i].setValue(e.maxima[i].value);
  }
  return to_bytes(*message);
}

base::result<emitted_entry> decode_emitted_entry(std::string_view bytes) {
  return decode<wire::EmittedEntry, emitted_entry>(
      "an emitted entry", bytes, [](auto in, emitted_entry& e) {
        e.of_entry = in.getOfEntry();
        e.tenant.value = text(in.getTenant());
        for (const auto a : in.getAlerts()) {
          auto alert = decode_alert(view(a));
          if (!alert)
            refuse(alert.err().code, alert.err().context);
          e.alerts.push_back(std::move(*alert));
        }
        for (const auto m : in.getMaxima())
          e.maxima.push_back({text(m.getAccount()), text(m.getRule()), text(m.getMeasure()),
                              m.getDay(), m.getValue()});
      });
}

std::string encode(const answered_entry& e) {
  scratch_message message;
  auto out = message.root<wire::AnsweredEntry>();
  auto emitted = out.initEmitted(length_of(e.emitted));
  for (unsigned i = 0; i < e.emitted.size(); ++i)
    emitted.set(i, e.emitted[i]);
  return to_bytes(*message);
}

base::result<answered_entry> decode_answered_entry(std::string_view bytes) {
  return decode<wire::AnsweredEntry, answered_entry>("an answered entry", bytes,
                                                     [](auto in, answered_entry& e) {
                                                       for (const auto i : in.getEmitted())
                                                         e.emitted.push_back(i);
                                                     });
}

std::string encode(const parked_entry& e) {
  scratch_message message;
  auto out = message.root<wire::ParkedEntry>();
  out.setHome(e.home.value);
  out.setTenant(as_data(e.tenant.value));
  out.setReceived(ns_of(e.received));
  out.setBatch(as_data(e.batch));
  return to_bytes(*message);
}

base::result<parked_entry> decode_parked_entry(std::string_view bytes) {
  return decode<wire::ParkedEntry, parked_entry>("a parked entry", bytes,
                                                 [](auto in, parked_entry& e) {
                                                   e.home = {in.getHome()};
                                                   e.tenant.value = text(in.getTenant());
                                                   e.received = time_at(in.getReceived());
                                                   e.batch = text(in.getBatch());
                                                 });
}

std::string encode(const unparked_entry& e) {
  scratch_message message;
  auto out = message.root<wire::UnparkedEntry>();
  out.setHome(e.home.value);
  out.setThrough(e.through.value);
  return to_bytes(*message);
}

base::result<unparked_entry> decode_unparked_entry(std::string_view bytes) {
  return decode<wire::UnparkedEntry, unparked_entry>("an unparked entry", bytes,
                                                     [](auto in, unparked_entry& e) {
                                                       e.home = {in.getHome()};
                                                       e.through = {in.getThrough()};
                                                     });
}

std::string encode(const skip_entry& e) {
  scratch_message message;
  auto out = message.root<wire::SkipEntry>();
  out.setEntry(e.entry.value);
  out.setRecord(e.record);
  return to_bytes(*message);
}

base::result<skip_entry> decode_skip_entry(std::string_view bytes) {
  return decode<wire::SkipEntry, skip_entry>("a skip entry", bytes, [](auto in, skip_entry& e) {
    e.entry = {in.getEntry()};
    e.record = in.getRecord();
  });
}

std::string encode(const tenant_entry& e) {
  scratch_message message;
  auto out = message.root<wire::TenantEntry>();
  out.setTenant(as_data(e.tenant.value));
  out.setInput(as_data(e.input));
  return to_bytes(*message);
}

base::result<tenant_entry> decode_tenant_entry(std::string_view bytes) {
  return decode<wire::TenantEntry, tenant_entry>("a tenant's entry", bytes,
                                                 [](auto in, tenant_entry& e) {
                                                   e.tenant.value = text(in.getTenant());
                                                   e.input = text(in.getInput());
                                                 });
}

std::string encode(const config_entry& e) {
  scratch_message message;
  auto out = message.root<wire::ConfigEntry>();
  out.setGeneration(e.generation.value);
  out.setHash(as_data(e.hash));
  out.setAt(ns_of(e.at));
  return to_bytes(*message);
}

base::result<config_entry> decode_config_entry(std::string_view bytes) {
  return decode<wire::ConfigEntry, config_entry>(
      "a config entry", bytes, [](auto in, config_entry& e) {
        e.generation.value = in.getGeneration();
        e.hash = text(in.getHash());
        e.at = time_at(in.getAt());
        if (e.generation.value == 0)
          refuse(base::ec::malformed, "decoding a config entry: it names no generation");
      });
}

} // namespace vedette::schemas
