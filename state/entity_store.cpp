#include "state/entity_store.hpp"

namespace vedette::state {

void changes::clear() noexcept {
  entities_.clear();
  positions_.clear();
  meta_.clear();
}

} // namespace vedette::state
