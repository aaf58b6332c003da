// The stateless part of one rule, compiled: its named selections and the condition over them, as
// one flat tree of fields and patterns.
//
// Remembers nothing between events. Evaluation allocates nothing (but copies for `fieldref`, into
// the batch's arena) and looks at each named selection at most once per event. Built by
// detect/language/detection.hpp, run by detect/ruleset.cpp.
#pragma once

#include "base/arena.hpp"
#include "base/selection.hpp"
#include "detect/language/pattern.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::detect {

/// How the values of one field are judged.
enum class leaf_kind : std::uint8_t {
  any_of,    ///< some value matches some pattern
  all_of,    ///< each pattern matches some value
  exists,    ///< the field has a value
  reference, ///< some value relates to some value of another field
};

struct leaf {
  base::field_name field{""};
  bool keyword = false; ///< looks at every leaf of the record instead of one field
  leaf_kind kind = leaf_kind::any_of;
  std::vector<pattern> patterns;
  base::field_name other{""};            ///< reference: the field compared with
  anchoring relation = anchoring::whole; ///< reference: how
  bool cased = false;                    ///< reference: whether case counts
};

enum class node_kind : std::uint8_t { constant, leaf, all, any, negation, named };

/// `children` are indices of nodes; `index` is the leaf, the named selection, or the constant.
struct selection_node {
  node_kind kind = node_kind::constant;
  std::uint32_t index = 0;
  std::vector<std::uint32_t> children;
};

class selection {
 public:
  /// Named selections of one rule: bits of one word while it is evaluated.
  static constexpr std::size_t names_max = 64;
  /// Nesting of a condition; evaluation recurses.
  static constexpr std::size_t depth_max = 64;

  std::uint32_t add_leaf(leaf l);
  std::uint32_t add(selection_node node);
  std::uint32_t add_constant(bool value);
  /// One node that holds when all (any) of them do; the node itself when there is one.
  std::uint32_t add_group(node_kind kind, std::vector<std::uint32_t> children);
  /// Registers a named selection whose tree is `root`; its number.
  std::uint32_t add_name(std::string name, std::uint32_t root);
  /// Copies another selection's tree into this one; `prefix` goes before its names. Its root here.
  std::uint32_t append(const selection& other, const std::string& prefix);

  void set_root(std::uint32_t node) { root_ = node; }
  [[nodiscard]] std::uint32_t root() const { return root_; }
  [[nodiscard]] const selection_node& node(std::uint32_t i) const { return nodes_[i]; }
  [[nodiscard]] const leaf& leaf_at(std::uint32_t i) const { return leaves_[i]; }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] std::uint32_t name_root(std::uint32_t name) const { return name_roots_[name]; }
  [[nodiscard]] std::optional<std::uint32_t> find_name(std::string_view name) const;

 private:
  std::vector<leaf> leaves_;
  std::vector<selection_node> nodes_;
  std::vector<std::string> names_;
  std::vector<std::uint32_t> name_roots_;
  std::uint32_t root_ = 0;
};

/// Looks one record over; made per event and rule, on the stack.
class evaluation {
 public:
  evaluation(const selection& s, const base::field_view& fields, base::arena& memory)
      : selection_{s}, fields_{fields}, memory_{memory} {}

  [[nodiscard]] bool holds() { return node(selection_.root()); }
  [[nodiscard]] bool name(std::uint32_t name);

 private:
  [[nodiscard]] bool node(std::uint32_t i);
  [[nodiscard]] bool judge(const leaf& l) const;
  [[nodiscard]] bool judge_reference(const leaf& l) const;

  const selection& selection_;
  const base::field_view& fields_;
  base::arena& memory_;
  std::uint64_t known_ = 0; ///< bit i: named selection i was evaluated
  std::uint64_t held_ = 0;  ///< and held
};

} // namespace vedette::detect
