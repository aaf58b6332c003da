#include "schemas/codec/checkpoint_codec.hpp"

#include "schemas/codec/guarded.hpp"

#include <entries.capnp.h>

namespace vedette::schemas {

namespace {

void read(wire::PartitionCheckpoint::Reader in, partition_checkpoint& c) {
  c.now = time_at(in.getNow());
  for (const auto b : in.getBatches()) {
    auto& out = c.batches.emplace_back();
    out.tenant.value = text(b.getTenant());
    out.source = text(b.getSource());
    out.session = b.getSession();
    out.below = b.getBelow();
    for (const auto s : b.getAbove())
      out.above.push_back(s);
    out.last = time_at(b.getLast());
  }
  for (const auto s : in.getSources())
    c.sources.push_back({{text(s.getTenant())},
                         text(s.getSource()),
                         time_at(s.getWatermark()),
                         time_at(s.getLast()),
                         s.getHolds()});
  for (const auto o : in.getOutbox())
    c.outbox.push_back({o.getIndex(), text(o.getBody())});
  for (const auto u : in.getUnemitted())
    c.unemitted.push_back(text(u));
  for (const auto w : in.getWaiting())
    c.waiting.push_back(
        {{text(w.getTenant())},
         enumerator(w.getKind(), base::entity_kind::tenant, "a waiting entity's kind"),
         text(w.getKey()),
         time_at(w.getDue()),
         w.getNews()});
  for (const auto g : in.getGenerations())
    c.generations.push_back({{g.getGeneration()}, text(g.getHash()), time_at(g.getAt())});
  c.digest = {in.getDigestHigh(), in.getDigestLow()};
  c.reported = time_at(in.getReported());
  for (const auto t : in.getConcluded())
    c.concluded.push_back(text(t));
  for (const auto p : in.getParked())
    c.parked.push_back({{p.getHome()},
                        {p.getEpoch()},
                        {p.getIndex()},
                        {text(p.getTenant())},
                        time_at(p.getReceived()),
                        p.getBytes()});
}

} // namespace

std::string encode(const partition_checkpoint& c) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<wire::PartitionCheckpoint>();
  out.setNow(ns_of(c.now));
  auto batches = out.initBatches(length_of(c.batches));
  for (unsigned i = 0; i < c.batches.size(); ++i) {
    const auto& b = c.batches[i];
    batches[i].setTenant(as_data(b.tenant.value));
    batches[i].setSource(as_data(b.source));
    batches[i].setSession(b.session);
    batches[i].setBelow(b.below);
    auto above = batches[i].initAbove(length_of(b.above));
    for (unsigned j = 0; j < b.above.size(); ++j)
      above.set(j, b.above[j]);
    batches[i].setLast(ns_of(b.last));
  }
  auto sources = out.initSources(length_of(c.sources));
  for (unsigned i = 0; i < c.sources.size(); ++i) {
    const auto& s = c.sources[i];
    sources[i].setTenant(as_data(s.tenant.value));
    sources[i].setSource(as_data(s.name));
    sources[i].setWatermark(ns_of(s.watermark));
    sources[i].setLast(ns_of(s.last));
    sources[i].setHolds(s.holds);
  }
  auto outbox = out.initOutbox(length_of(c.outbox));
  for (unsigned i = 0; i < c.outbox.size(); ++i) {
    outbox[i].setIndex(c.outbox[i].index);
    outbox[i].setBody(as_data(c.outbox[i].body));
  }
  auto unemitted = out.initUnemitted(length_of(c.unemitted));
  for (unsigned i = 0; i < c.unemitted.size(); ++i)
    unemitted.set(i, as_data(c.unemitted[i]));
  auto waiting = out.initWaiting(length_of(c.waiting));
  for (unsigned i = 0; i < c.waiting.size(); ++i) {
    const auto& w = c.waiting[i];
    waiting[i].setTenant(as_data(w.tenant.value));
    waiting[i].setKind(static_cast<std::uint8_t>(w.kind));
    waiting[i].setKey(as_data(w.key));
    waiting[i].setDue(ns_of(w.due));
    waiting[i].setNews(w.news);
  }
  out.setDigestHigh(c.digest.high);
  out.setDigestLow(c.digest.low);
  out.setReported(ns_of(c.reported));
  auto concluded = out.initConcluded(length_of(c.concluded));
  for (unsigned i = 0; i < c.concluded.size(); ++i)
    concluded.set(i, as_data(c.concluded[i]));
  auto parked = out.initParked(length_of(c.parked));
  for (unsigned i = 0; i < c.parked.size(); ++i) {
    const auto& p = c.parked[i];
    parked[i].setHome(p.home.value);
    parked[i].setEpoch(p.epoch.value);
    parked[i].setIndex(p.index.value);
    parked[i].setTenant(as_data(p.tenant.value));
    parked[i].setReceived(ns_of(p.received));
    parked[i].setBytes(p.bytes);
  }
  auto generations = out.initGenerations(length_of(c.generations));
  for (unsigned i = 0; i < c.generations.size(); ++i) {
    const auto& g = c.generations[i];
    generations[i].setGeneration(g.generation.value);
    generations[i].setHash(as_data(g.hash));
    generations[i].setAt(ns_of(g.at));
  }
  return to_bytes(message);
}

base::result<partition_checkpoint> decode_partition_checkpoint(std::string_view bytes) {
  partition_checkpoint c;
  const auto words = aligned(bytes);
  if (auto ok = guarded<wire::PartitionCheckpoint>("a partition's checkpoint", words, bytes.size(),
                                                   [&](auto in) { read(in, c); });
      !ok)
    return ok.err();
  return c;
}

} // namespace vedette::schemas
