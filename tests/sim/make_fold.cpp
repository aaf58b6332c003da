#include "tests/sim/model_fold.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/real/detector_fold.hpp"
#include "tests/sim/real/tenants.hpp"

namespace vedette::sim {

std::unique_ptr<partition_fold> make_fold(partition_host& host) {
  const auto& w = host.around();
  if (!w.opts.real_folds)
    return std::make_unique<model_fold>(host);
  if (host.id().value < w.detectors)
    return std::make_unique<real::detector_fold>(host);
  return std::make_unique<real::tenant_partition>(host);
}

} // namespace vedette::sim
