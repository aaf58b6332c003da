// Reads the records of all mapping files: one forward pass each, and then what the mapping says.
#pragma once

#include "ingest/formats/format.hpp"
#include "ingest/mapping/mapping_set.hpp"

#include <memory>
#include <string_view>

namespace vedette::ingest {

class mapped_reader : public record_reader {
 public:
  /// Whose marks the record bears, looked at up to the first that is not weak. When there is none
  /// such, `source` names the source in the set that the next `read` is of. O(length).
  [[nodiscard]] virtual marks_found look_at(std::string_view record) = 0;
  /// Empty when the record is of no source in the set.
  [[nodiscard]] virtual std::string_view source() const noexcept = 0;
  /// Its place in the set's sources; only when there is one.
  [[nodiscard]] virtual std::size_t place() const noexcept = 0;
};

/// Keeps the set alive. One per thread.
[[nodiscard]] std::unique_ptr<mapped_reader>
make_mapped_reader(std::shared_ptr<const mapping_set> mappings);

} // namespace vedette::ingest
