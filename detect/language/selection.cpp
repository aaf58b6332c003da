#include "detect/language/selection.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace vedette::detect {

namespace {

bool any_matches(std::span<const base::scalar> values, const pattern& wanted) {
  if (values.empty())
    return wanted.matches_absent();
  return std::any_of(values.begin(), values.end(),
                     [&](const base::scalar& v) { return wanted.matches(v); });
}

bool related(std::string_view text, std::string_view other, anchoring how, bool cased) {
  const auto same = [cased](std::string_view a, std::string_view b) {
    return cased ? a == b : std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return folded(x) == folded(y);
    });
  };
  if (how == anchoring::whole)
    return same(text, other);
  if (other.size() > text.size())
    return false;
  switch (how) {
  case anchoring::starts:
    return same(text.substr(0, other.size()), other);
  case anchoring::ends:
    return same(text.substr(text.size() - other.size()), other);
  default:
    for (std::size_t at = 0; at + other.size() <= text.size(); ++at)
      if (same(text.substr(at, other.size()), other))
        return true;
    return false;
  }
}

} // namespace

std::uint32_t selection::add(selection_node node) {
  nodes_.push_back(std::move(node));
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t selection::add_leaf(leaf l) {
  leaves_.push_back(std::move(l));
  return add({node_kind::leaf, static_cast<std::uint32_t>(leaves_.size() - 1), {}});
}

std::uint32_t selection::add_constant(bool value) {
  return add({node_kind::constant, value ? 1U : 0U, {}});
}

std::uint32_t selection::add_group(node_kind kind, std::vector<std::uint32_t> children) {
  VEDETTE_ASSERT(kind == node_kind::all || kind == node_kind::any);
  if (children.size() == 1)
    return children.front();
  return add({kind, 0, std::move(children)});
}

std::uint32_t selection::add_name(std::string name, std::uint32_t root) {
  VEDETTE_ASSERT(names_.size() < names_max);
  names_.push_back(std::move(name));
  name_roots_.push_back(root);
  return static_cast<std::uint32_t>(names_.size() - 1);
}

std::uint32_t selection::append(const selection& other, const std::string& prefix) {
  const auto leaves = static_cast<std::uint32_t>(leaves_.size());
  const auto nodes = static_cast<std::uint32_t>(nodes_.size());
  const auto names = static_cast<std::uint32_t>(names_.size());
  leaves_.insert(leaves_.end(), other.leaves_.begin(), other.leaves_.end());
  for (selection_node node : other.nodes_) {
    if (node.kind == node_kind::leaf)
      node.index += leaves;
    else if (node.kind == node_kind::named)
      node.index += names;
    for (auto& child : node.children)
      child += nodes;
    nodes_.push_back(std::move(node));
  }
  for (std::size_t i = 0; i < other.names_.size(); ++i)
    (void)add_name(prefix + other.names_[i], other.name_roots_[i] + nodes);
  return other.root_ + nodes;
}

std::optional<std::uint32_t> selection::find_name(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end())
    return std::nullopt;
  return static_cast<std::uint32_t>(found - names_.begin());
}

bool evaluation::name(std::uint32_t name) {
  const std::uint64_t bit = std::uint64_t{1} << name;
  if ((known_ & bit) == 0) {
    const bool holds = node(selection_.name_root(name));
    known_ |= bit;
    held_ |= holds ? bit : 0;
  }
  return (held_ & bit) != 0;
}

bool evaluation::node(std::uint32_t i) {
  const selection_node& n = selection_.node(i);
  switch (n.kind) {
  case node_kind::constant:
    return n.index != 0;
  case node_kind::leaf:
    return judge(selection_.leaf_at(n.index));
  case node_kind::named:
    return name(n.index);
  case node_kind::negation:
    return !node(n.children.front());
  case node_kind::all:
    return std::all_of(n.children.begin(), n.children.end(), [this](auto c) { return node(c); });
  case node_kind::any:
    return std::any_of(n.children.begin(), n.children.end(), [this](auto c) { return node(c); });
  }
  return false;
}

bool evaluation::judge(const leaf& l) const {
  if (l.kind == leaf_kind::reference)
    return judge_reference(l);
  const auto values = l.keyword ? fields_.all() : fields_.find(l.field);
  switch (l.kind) {
  case leaf_kind::exists:
    return !values.empty();
  case leaf_kind::all_of:
    return std::all_of(l.patterns.begin(), l.patterns.end(),
                       [&](const pattern& p) { return any_matches(values, p); });
  default:
    return std::any_of(l.patterns.begin(), l.patterns.end(),
                       [&](const pattern& p) { return any_matches(values, p); });
  }
}

bool evaluation::judge_reference(const leaf& l) const {
  // The view's answer lives until its next `find`; two fields are needed at once.
  constexpr std::size_t compared_max = 64;
  const auto first = fields_.find(l.field);
  auto texts = memory_.array<std::string_view>(std::min(first.size(), compared_max));
  for (std::size_t i = 0; i < texts.size(); ++i)
    texts[i] = memory_.copy(first[i].text);
  const auto others = fields_.find(l.other);
  for (const std::string_view text : texts)
    for (const base::scalar& other : others)
      if (other.type != base::scalar::kind::null && related(text, other.text, l.relation, l.cased))
        return true;
  return false;
}

} // namespace vedette::detect
