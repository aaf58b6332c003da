// Which values of a record a mapping reads, arranged so that one forward pass finds them all.
//
// Pointers that begin alike share their first steps; the pass descends only where one leads.
// Immutable once the mapping is compiled.
#pragma once

#include "ingest/json_reader.hpp"
#include "ingest/mapping/name_index.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::ingest {

class value_plan {
 public:
  static constexpr std::uint32_t nowhere = name_index::nowhere;

  /// A step that several pointers may share.
  struct node {
    name_index children;
    bool wanted = false; ///< a pointer ends here, or selects among elements from here on
  };

  /// Index of the pointer of these steps; the same for the same steps. O(pointers).
  [[nodiscard]] std::size_t add(const std::vector<std::string>& steps);

  [[nodiscard]] std::size_t nodes() const noexcept { return nodes_.size(); }
  [[nodiscard]] const node& at(std::uint32_t n) const noexcept { return nodes_[n]; }
  /// The child that takes the member of that name, of the root when `parent` is `nowhere`.
  [[nodiscard]] std::uint32_t child(std::uint32_t parent, std::string_view key) const noexcept {
    return (parent == nowhere ? root_ : nodes_[parent].children).find(key);
  }

  /// Calls `visit(json_value)` for each value at the pointer, as visit_path does. `found` holds
  /// what the pass left at each node: the value where one was wanted, or the array it met on its
  /// way.
  template <class Visit>
  void each(std::size_t pointer, std::span<const json_value> found, Visit&& visit) const {
    const auto& p = pointers_[pointer];
    for (std::size_t i = 0; i < p.nodes.size(); ++i)
      if (const auto& value = found[p.nodes[i]])
        return visit_path(value, std::span{p.steps}.subspan(i + 1), visit);
  }

 private:
  struct path {
    std::vector<std::string> steps;
    std::vector<std::uint32_t> nodes; ///< of the steps before the first that selects
  };

  name_index root_;
  std::vector<node> nodes_;
  std::vector<path> pointers_;
};

} // namespace vedette::ingest
