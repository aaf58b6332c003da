// What an aggregator writes to its partition's log. Internal to the aggregator.
#pragma once

#include "actors/aggregator.hpp"

#include <functional>
#include <string>
#include <vector>

namespace vedette::actors {

/// An entry under the next token.
[[nodiscard]] append_item item_of(aggregator_pointer self, state::entry_kind kind,
                                  std::string body);

/// Journals the inputs together; `then` gets what the folds of all of them said. Only in a term.
void journal(aggregator_pointer self, const base::tenant_id& tenant,
             std::vector<respond::input> inputs,
             const std::function<void(const respond::outputs&)>& then,
             std::function<void(const base::error&)> failed = {});

} // namespace vedette::actors
