// The coordinator of a cluster of several nodes: etcd 3.4 or 3.5 through its JSON gateway.
//
// One thread of its own renews the lease, watches and carries out asks, so that nothing the host
// does can let the lease end. Keys and values: docs/coordination.md. Why the gateway:
// docs/decisions/0010-etcd-gateway.md. Remembers what its engine remembers (etcd_engine.hpp). Made
// by the node's wiring; ends without leaving, as a crash would, unless `leave` was answered.
#pragma once

#include "io/clock/clock.hpp"
#include "io/coordination/coordinator.hpp"
#include "io/coordination/etcd_settings.hpp"

#include <memory>

namespace vedette::io {

/// `time` outlives the coordinator; only its monotonic scale is read. Does not connect: that is
/// what `open` answers. ec::invalid_argument or ec::denied when the settings cannot work.
[[nodiscard]] base::result<std::unique_ptr<coordinator>>
make_etcd_coordinator(const etcd_settings& settings, const clock& time);

} // namespace vedette::io
