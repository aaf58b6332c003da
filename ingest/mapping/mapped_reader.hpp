// Reads the records of all mapping files: one forward pass each, and then what the mapping says.
#pragma once

#include "ingest/formats/format.hpp"
#include "ingest/mapping/mapping_set.hpp"

#include <memory>
#include <string_view>

namespace vedette::ingest {

class mapped_reader : public record_reader {
 public:
  /// Index of the format whose mark the record bears. Otherwise `no_format`, and then `has_found`
  /// says whether it is of a source in the set, which the next `read` is of. O(length).
  [[nodiscard]] virtual std::size_t look_at(std::string_view record) = 0;
  [[nodiscard]] virtual bool has_found() const noexcept = 0;
};

/// Keeps the set alive. One per thread.
[[nodiscard]] std::unique_ptr<mapped_reader>
make_mapped_reader(std::shared_ptr<const mapping_set> mappings);

} // namespace vedette::ingest
