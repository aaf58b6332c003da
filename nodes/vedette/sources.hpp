// Sources by the names that users give them: those with code of their own and those that a mapping
// file describes.
#pragma once

#include "base/result.hpp"
#include "ingest/mapping/mapping_set.hpp"

#include <memory>
#include <string>
#include <vector>

namespace vedette::cli {

/// All of them: those with code, then the others by name.
[[nodiscard]] std::vector<std::string> source_names(const ingest::mapping_set* mappings);

/// What normaliser::run takes as `only`: everything for "auto". invalid_argument names those that
/// there are.
[[nodiscard]] base::result<std::size_t>
chosen_source(const std::string& name, const std::shared_ptr<const ingest::mapping_set>& mappings);

} // namespace vedette::cli
