#include "detect/entity_state.hpp"

namespace vedette::detect {

std::size_t entity_state::bytes() const noexcept {
  std::size_t total = sizeof *this + profile.heap_bytes() + groups.capacity() * sizeof(group_state);
  for (const auto& g : groups) {
    total += g.group.capacity() > 15 ? g.group.capacity() + 1 : 0;
    total += std::visit([](const auto& op) { return op.heap_bytes(); }, g.op);
  }
  return total;
}

} // namespace vedette::detect
