#include "nodes/vedette/sources.hpp"

#include "ingest/formats/format.hpp"
#include "ingest/normaliser.hpp"

#include <fmt/format.h>

namespace vedette::cli {

std::vector<std::string> source_names(const ingest::mapping_set* mappings) {
  std::vector<std::string> out;
  for (const auto& format : ingest::formats())
    out.emplace_back(format.name);
  if (mappings != nullptr)
    for (const auto& source : mappings->sources())
      out.push_back(source.name);
  return out;
}

base::result<std::size_t>
chosen_source(const std::string& name, const std::shared_ptr<const ingest::mapping_set>& mappings) {
  const auto found = ingest::source_named(name, mappings.get());
  if (name != "auto" && found == ingest::no_format)
    return base::error{base::ec::invalid_argument,
                       fmt::format("--source {}: not one of auto, {}", name,
                                   fmt::join(source_names(mappings.get()), ", "))};
  return found;
}

} // namespace vedette::cli
