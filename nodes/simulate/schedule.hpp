// Which attacks a scenario holds, where and when. Planned once, before the first record.
#pragma once

#include "nodes/simulate/attacks/attack.hpp"
#include "nodes/simulate/generator.hpp"

#include <memory>
#include <vector>

namespace vedette::simulate {

/// In order of start, labelled with id, kind and tenant. O(attacks).
[[nodiscard]] std::vector<std::unique_ptr<attack>> plan_attacks(world& all, const options& o);

} // namespace vedette::simulate
