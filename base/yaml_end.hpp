// Whether reading a YAML text comes to an end; asked before any loader of content or settings reads
// it.
#pragma once

#include <string>

namespace vedette::base {

/// False when yaml-cpp would go on for ever: version 0.7 reads empty documents out of some damaged
/// files (", a") without moving on, and LoadAll keeps each. A text that breaks off with an error
/// does end; the loader says where. At most 10,000 documents, O(length).
[[nodiscard]] bool yaml_ends(const std::string& text);

} // namespace vedette::base
