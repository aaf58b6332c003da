// `replay` from paths to verdicts: files in order, through the pipeline, then the tenant's fold, so
// that the answer has incidents and planned actions as a node would have them.
#pragma once

#include "base/result.hpp"
#include "io/files/log_reader.hpp"
#include "nodes/replay/pipeline.hpp"
#include "respond/tenant_state.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vedette::replay {

struct run_options {
  std::vector<std::string> paths;
  std::vector<std::string> unwrap;
  std::string columns = {}; ///< of lines without a header
  pipeline_options pipeline;
  /// Folder with what earlier runs have learned, and this one leaves; empty: nothing is kept.
  std::string state = {};
  /// Bytes read of all bytes on disk; called after each read. May be empty.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

struct run_result {
  /// Ordered by time, then id; severity as the tenant's table says.
  std::vector<respond::published_alert> alerts;
  std::unique_ptr<respond::tenant_state> tenant;
  tally counted;
  std::uint64_t entities = 0, entity_bytes = 0;
  /// Hot state of each identity, by what last acted as it; ascending.
  std::map<base::session_class, std::vector<std::size_t>> identity_bytes;
  std::vector<base::error> problems; ///< files that could not be read, wholly or from some point on
  double seconds = 0;                ///< wall time of reading and folding
  /// Of `run_options::state`. When it cannot be read, nothing is replayed.
  base::status restored;
  /// Leaves what was learned to the next run; once what this one says has been said, for no later
  /// one says it. Empty: nothing is kept.
  std::function<base::status()> keep;
};

/// `playbooks` may be null: then nothing is planned.
[[nodiscard]] run_result run(const content& what,
                             std::shared_ptr<const respond::playbook_set> playbooks,
                             const run_options& how);

/// The tenant's fold over final alerts: what `run` ends with; also for tests that have alerts only.
/// With what was `known` of the tenant, only alerts that it does not know, or that have grown
/// since, are published.
[[nodiscard]] std::unique_ptr<respond::tenant_state>
conclude(outcome&& said, const content& what,
         std::shared_ptr<const respond::playbook_set> playbooks, const pipeline_options& how,
         std::vector<respond::published_alert>& published,
         std::optional<respond::tenant_state::data> known = {});

} // namespace vedette::replay
