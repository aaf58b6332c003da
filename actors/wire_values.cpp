#include "actors/wire_values.hpp"

#include <utility>

namespace vedette::actors {

schemas::batch_entry entry_of(const partition_batch& b) {
  schemas::batch_entry e;
  e.tenant = b.tenant;
  e.source = b.origin.source;
  e.session = b.origin.session;
  e.sequence = b.origin.sequence;
  e.committed_below = b.origin.committed_below;
  e.received = b.received;
  e.source_watermark = b.source_watermark;
  e.events = b.events;
  for (const auto& q : b.quarantined)
    e.quarantined.push_back({q.reason, q.head});
  e.parked = b.parked;
  return e;
}

partition_batch batch_of(schemas::batch_entry e) {
  partition_batch b;
  b.origin = {std::move(e.source), e.session, e.sequence, e.committed_below};
  b.tenant = std::move(e.tenant);
  b.received = e.received;
  b.source_watermark = e.source_watermark;
  b.events = std::move(e.events);
  for (auto& q : e.quarantined)
    b.quarantined.push_back({std::move(q.reason), std::move(q.head)});
  b.parked = e.parked;
  return b;
}

schemas::emitted_entry emitted_of(const delivery& d) {
  schemas::emitted_entry e;
  e.tenant = d.tenant;
  e.alerts = d.alerts;
  for (const auto& m : d.maxima)
    e.maxima.push_back({m.account, m.rule.value, m.measure, m.day, m.value});
  return e;
}

delivery delivery_of(schemas::emitted_entry e) {
  delivery d;
  d.tenant = std::move(e.tenant);
  d.alerts = std::move(e.alerts);
  for (auto& m : e.maxima)
    d.maxima.push_back(
        {std::move(m.account), {std::move(m.rule)}, std::move(m.measure), m.day, m.value});
  return d;
}

} // namespace vedette::actors
