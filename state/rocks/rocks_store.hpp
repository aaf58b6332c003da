// A store on disk: one RocksDB database for the log and the entities of a node's partitions.
//
// A column family each for log records, entities, and everything about the store itself. A group
// commit is one write with one sync; log values are compressed before they come here and are
// trimmed by whole files. Opened by one process at a time.
#pragma once

#include "state/store.hpp"

#include <filesystem>
#include <memory>

namespace vedette::state {

/// Opens or creates the store in `folder`. Fails with ec::conflict (held by another process),
/// ec::unsupported (another build's format), ec::disk_full, ec::corrupt, ec::invalid_argument (the
/// folder holds something else) or ec::io; each with one line that says what to do. Reads at most
/// one run of records.
[[nodiscard]] base::result<std::unique_ptr<store>>
open_rocks_store(const std::filesystem::path& folder, store_options options = {});

} // namespace vedette::state
