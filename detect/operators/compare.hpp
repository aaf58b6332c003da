// The six comparisons a rule can write, on the numbers of a window.
//
// Pure; called by the window operator for every clause of a level.
#pragma once

#include "detect/rule.hpp"

namespace vedette::detect {

[[nodiscard]] constexpr bool compare(double left, comparison op, double right) noexcept {
  switch (op) {
  case comparison::gte:
    return left >= right;
  case comparison::gt:
    return left > right;
  case comparison::lte:
    return left <= right;
  case comparison::lt:
    return left < right;
  case comparison::eq:
    return left == right;
  case comparison::neq:
    return left != right;
  }
  return false;
}

} // namespace vedette::detect
