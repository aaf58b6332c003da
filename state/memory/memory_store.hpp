// A store that dies with the process: for `replay` and for tests, which compare every other store
// with it.
//
// Holds everything in ordinary containers under one mutex; bounded by what is put into it and by
// trim.
#pragma once

#include "state/store.hpp"

#include <memory>

namespace vedette::state {

[[nodiscard]] std::unique_ptr<store> make_memory_store(store_options options = {});

} // namespace vedette::state
