#include "detect/operators/distinct_set.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"

#include <algorithm>
#include <bit>

namespace vedette::detect {

namespace {

/// 0 marks an empty slot, so the value that hashes to 0 takes another hash.
constexpr std::uint64_t nonzero(std::uint64_t hash) noexcept {
  return hash == 0 ? 1 : hash;
}

} // namespace

distinct_set::value& distinct_set::slot_for(std::uint64_t hash) noexcept {
  const std::size_t wrap = slots_.size() - 1;
  // The top bits decide what is sampled, so the low ones place it.
  std::size_t i = hash & wrap;
  while (slots_[i].hash != 0 && slots_[i].hash != hash)
    i = (i + 1) & wrap;
  return slots_[i];
}

void distinct_set::insert(std::uint64_t hash, int bit) {
  VEDETTE_ASSERT(bit >= 0 && bit < 64);
  hash = nonzero(hash);
  if (std::countl_zero(hash) < sampled_)
    return;
  if (slots_.empty())
    slots_.resize(4);
  auto* slot = &slot_for(hash);
  if (slot->hash == 0) {
    if ((used_ + 1) * 4 > slots_.size() * 3) {
      rebuild(slots_.size() * 2);
      slot = &slot_for(hash);
    }
    slot->hash = hash;
    ++used_;
  }
  const std::uint64_t now = std::uint64_t{1} << bit;
  if ((counted_window_ & now) != 0 && (slot->mask & counted_window_) == 0)
    ++counted_;
  slot->mask |= now;
  if (used_ > base::limits::distinct_exact)
    thin();
}

double distinct_set::count(std::uint64_t window) const noexcept {
  if (window == 0 || window != counted_window_) {
    counted_window_ = window;
    counted_ = 0;
    for (const auto& v : slots_)
      counted_ += (v.mask & window) != 0;
  }
  return static_cast<double>(counted_) * static_cast<double>(std::uint64_t{1} << sampled_);
}

void distinct_set::shift(int by) {
  if (by <= 0 || slots_.empty())
    return;
  for (auto& v : slots_)
    v.mask = by >= 64 ? 0 : v.mask >> by;
  sweep();
}

void distinct_set::forget(std::uint64_t gone) {
  if (slots_.empty())
    return;
  for (auto& v : slots_)
    v.mask &= ~gone;
  sweep();
}

void distinct_set::sweep() {
  counted_window_ = 0;
  std::size_t alive = 0;
  for (const auto& v : slots_)
    alive += v.hash != 0 && v.mask != 0;
  if (alive == 0) {
    *this = distinct_set{};
    return;
  }
  if (alive != used_)
    rebuild(std::bit_ceil(std::max<std::size_t>(4, alive * 2)));
}

void distinct_set::rebuild(std::size_t slots) {
  std::vector<value> old(slots);
  old.swap(slots_);
  used_ = 0;
  for (const auto& v : old)
    if (v.hash != 0 && v.mask != 0 && std::countl_zero(v.hash) >= sampled_) {
      slot_for(v.hash) = v;
      ++used_;
    }
}

void distinct_set::thin() {
  counted_window_ = 0;
  while (used_ > base::limits::distinct_exact) {
    ++sampled_;
    rebuild(slots_.size());
  }
}

std::vector<distinct_set::value> distinct_set::values() const {
  std::vector<value> out;
  out.reserve(used_);
  for (const auto& v : slots_)
    if (v.hash != 0)
      out.push_back(v);
  std::sort(out.begin(), out.end(), [](const value& a, const value& b) { return a.hash < b.hash; });
  return out;
}

distinct_set distinct_set::restore(const std::vector<value>& values, int sampled) {
  distinct_set out;
  out.sampled_ = sampled;
  if (values.empty())
    return out;
  out.slots_.resize(std::bit_ceil(std::max<std::size_t>(4, values.size() * 2)));
  for (const auto& v : values) {
    out.slot_for(v.hash) = v;
    ++out.used_;
  }
  return out;
}

} // namespace vedette::detect
