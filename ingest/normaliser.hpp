// One vendor record in, at most one normalised event out.
//
// Recognises the record's format, or the mapping file it is of, and lets its reader say who
// (identity and session), what (activity, outcome, resources, targets, units) and with what; adds
// from where (address facts, origin class), then runs the rules' stateless selections while the raw
// record is at hand. One per thread: it keeps parser buffers, and caches of user agents and
// addresses of fixed size; what it shares with others is immutable. Nothing is allocated per event
// once its buffers have grown. The ingest actor and `replay` call it.
#pragma once

#include "base/event.hpp"
#include "base/selection.hpp"
#include "base/tenant_settings.hpp"
#include "ingest/enrich/address_book.hpp"
#include "ingest/taxonomy.hpp"
#include "ingest/verdict.hpp"

#include <memory>
#include <string_view>

namespace vedette::ingest {

class mapping_set;

/// The place of the source of that name: in formats(), else behind them among the mappings.
/// normaliser::any_format when there is none.
[[nodiscard]] std::size_t source_named(std::string_view name, const mapping_set* mappings) noexcept;

class normaliser {
 public:
  static constexpr std::size_t any_format = ~std::size_t{0};

  /// `book`, `matcher` and `mappings` may be null: then no address is known, no rule matches, and
  /// only the formats of ingest/formats/ are read.
  normaliser(std::shared_ptr<const taxonomy> activities, std::shared_ptr<const address_book> book,
             std::shared_ptr<const base::event_matcher> matcher,
             std::shared_ptr<const base::tenant_settings> tenant,
             std::shared_ptr<const mapping_set> mappings = nullptr);
  ~normaliser();
  normaliser(normaliser&&) noexcept;
  normaliser& operator=(normaliser&&) noexcept;

  /// `record` must have 64 readable bytes behind it. Strings of the event live in `out.memory`.
  /// `only`: the one source that is read, as source_named says; a record that bears another's mark
  /// is quarantined with both names, one that bears none is read as that format. O(length);
  /// never throws; never recurses deeper than limits::record_depth.
  verdict run(std::string_view record, base::event_batch& out, std::size_t only = any_format);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace vedette::ingest
