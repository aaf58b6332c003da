#include "respond/playbooks/playbook.hpp"

#include <algorithm>

namespace vedette::respond {

bool fits(std::string_view pattern, std::string_view text) noexcept {
  // The last star is all that ever needs to be taken back: earlier ones already matched greedily
  // enough, so the cost stays at the product of the lengths.
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

bool holds(const condition& c, const plan_context& context) {
  const auto values = values_of(c.field, context);
  const bool any = std::any_of(values.begin(), values.end(), [&](const std::string& v) {
    return std::any_of(c.patterns.begin(), c.patterns.end(),
                       [&](const std::string& p) { return fits(p, v); });
  });
  return any != c.negated;
}

const playbook* playbook_set::find(std::string_view name) const noexcept {
  auto it = std::find_if(playbooks.begin(), playbooks.end(),
                         [&](const playbook& p) { return p.name == name; });
  return it == playbooks.end() ? nullptr : &*it;
}

} // namespace vedette::respond
