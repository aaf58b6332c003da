#include "detect/language/suggest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace vedette::detect {

namespace {

/// Insertions, deletions, replacements and swaps of neighbours.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

} // namespace

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 64; // nobody mistypes a longer one by a third
  if (word.empty() || word.size() > longest)
    return {};
  std::string_view best;
  std::size_t distance = std::max<std::size_t>(2, word.size() / 3 + 1);
  for (std::string_view candidate : known)
    if (const std::size_t d = edits(word, candidate); d < distance) {
      distance = d;
      best = candidate;
    }
  return best.empty() ? std::string{} : " (did you mean '" + std::string{best} + "'?)";
}

} // namespace vedette::detect
