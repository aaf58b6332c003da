// What is known of an identity, as the API shows it.
#pragma once

#include "detect/entity_state.hpp"

#include <string>

namespace vedette::actors {

[[nodiscard]] std::string identity_json(const detect::entity_ref& ref,
                                        const detect::entity_state& state);

} // namespace vedette::actors
