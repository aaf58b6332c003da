#include "base/selection.hpp"

#include <algorithm>

namespace vedette::base {

field_name::field_name(std::string path) : text{std::move(path)}, hash{hash64(text)} {
  for (std::size_t at = 0; at <= text.size();) {
    const auto dot = std::min(text.find('.', at), text.size());
    steps.push_back(text.substr(at, dot - at));
    at = dot + 1;
  }
}

} // namespace vedette::base
