// Names to numbers, for the few dozen names of a mapping against every member of a record.
//
// Told apart by length and two characters first, so that most members cost one look and no
// comparison. Filled when a mapping is compiled, immutable afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::ingest {

class name_index {
 public:
  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};

  /// Of a name that is not there yet. O(names).
  void add(std::string_view name, std::uint32_t number) {
    std::vector<slot> all;
    all.swap(slots_);
    std::size_t size = 8;
    while (size < 4 * (count_ + 1))
      size *= 2;
    slots_.resize(size);
    for (auto& s : all)
      if (s.number != nowhere)
        place(std::move(s));
    place({std::string{name}, number});
    ++count_;
  }

  /// `nowhere` when it was not added. O(length) in the mean, O(names) at worst.
  [[nodiscard]] std::uint32_t find(std::string_view name) const noexcept {
    if (slots_.empty())
      return nowhere;
    const auto mask = slots_.size() - 1;
    for (auto at = hash(name) & mask; slots_[at].number != nowhere; at = (at + 1) & mask)
      if (slots_[at].name == name)
        return slots_[at].number;
    return nowhere;
  }

 private:
  struct slot {
    std::string name;
    std::uint32_t number = nowhere;
  };

  static std::size_t hash(std::string_view name) noexcept {
    if (name.empty())
      return 0;
    const auto at = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(name[i]));
    };
    return name.size() + 7 * at(name.size() / 2) + 31 * at(name.size() - 1);
  }

  void place(slot s) {
    const auto mask = slots_.size() - 1;
    auto at = hash(s.name) & mask;
    while (slots_[at].number != nowhere)
      at = (at + 1) & mask;
    slots_[at] = std::move(s);
  }

  std::vector<slot> slots_; ///< a quarter full at most; a power of two
  std::size_t count_ = 0;
};

} // namespace vedette::ingest
