#include "detect/rule_key.hpp"

#include "base/hash.hpp"

#include <vector>

namespace vedette::detect {

namespace {

constexpr std::uint64_t shape_bits = (std::uint64_t{1} << 24) - 1;

std::uint64_t of_mark(const rule& r, std::uint8_t mark) {
  return mark < r.marks.size() ? base::hash64(r.marks[mark], mark) : mark;
}

std::uint64_t add(std::uint64_t shape, const std::vector<measure>& measures, const rule& r) {
  for (const auto& m : measures) {
    shape = base::mix(shape, base::hash64(m.name, static_cast<std::uint64_t>(m.kind)));
    shape = base::mix(shape,
                      static_cast<std::uint64_t>(m.slot) << 8 | static_cast<std::uint64_t>(m.sum));
    if (m.where)
      shape = base::mix(shape, of_mark(r, *m.where));
  }
  return shape;
}

/// What the state of a rule depends on: when it changes, old state would be read as something else.
std::uint64_t shape_of(const rule& r) {
  auto shape = base::mix(r.op.index(), static_cast<std::uint64_t>(r.by));
  if (const auto* op = std::get_if<window_operator>(&r.op)) {
    shape = add(base::mix(shape, static_cast<std::uint64_t>(op->window.count())), op->measures, r);
  } else if (const auto* single = std::get_if<single_operator>(&r.op)) {
    shape = add(shape, single->measures, r);
  } else if (const auto* steps = std::get_if<sequence_operator>(&r.op)) {
    shape = base::mix(shape, static_cast<std::uint64_t>(steps->within.count()));
    for (auto mark : steps->steps)
      shape = base::mix(shape, of_mark(r, mark));
  }
  return shape;
}

} // namespace

std::uint64_t key_of(const rule& r) {
  return (base::hash64(r.id.value) & ~shape_bits) | (shape_of(r) & shape_bits);
}

bool same_rule(std::uint64_t a, std::uint64_t b) noexcept {
  return (a & ~shape_bits) == (b & ~shape_bits);
}

} // namespace vedette::detect
