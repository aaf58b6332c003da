#include "detect/language/index.hpp"

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "detect/language/fields.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>

namespace vedette::detect {

namespace {

enum class key_kind : std::uint64_t { service = 1, action = 2, activity = 3 };

/// Longer values are not indexed; services and actions have up to 60 characters.
constexpr std::size_t key_bytes_max = 128;

std::uint64_t key_of(key_kind kind, std::string_view text) noexcept {
  if (text.size() > key_bytes_max)
    return 0;
  char lower[key_bytes_max];
  std::transform(text.begin(), text.end(), lower, [](char c) { return folded(c); });
  const std::uint64_t hash = base::hash64({lower, text.size()}, static_cast<std::uint64_t>(kind));
  return hash == 0 ? 1 : hash;
}

std::optional<key_kind> kind_of(std::string_view field) {
  if (field == "eventSource" || field == "service")
    return key_kind::service;
  if (field == "eventName" || field == "action")
    return key_kind::action;
  if (field == "activity")
    return key_kind::activity;
  return std::nullopt;
}

std::uint64_t& member(term& t, key_kind kind) {
  return kind == key_kind::service ? t.service : kind == key_kind::action ? t.action : t.activity;
}

/// The alternatives of a leaf on a keyed field: one per value, if all values are exact.
std::vector<term> keyed(const leaf& l, key_kind kind) {
  std::vector<term> out;
  if (l.kind != leaf_kind::any_of && l.patterns.size() != 1)
    return {term{}};
  for (const pattern& p : l.patterns) {
    const auto text = p.exact();
    const std::uint64_t key = text && !text->empty() ? key_of(kind, *text) : 0;
    if (key == 0)
      return {term{}};
    term t;
    member(t, kind) = key;
    out.push_back(t);
  }
  return out;
}

/// A leaf on a field with few values: which of them it lets through.
term classed(const leaf& l, const traits::field& field) {
  term out;
  if (l.kind != leaf_kind::any_of)
    return out;
  for (unsigned v = 0; v < field.count; ++v) {
    const base::scalar value{base::scalar::kind::text, field.text(v)};
    const bool passes = std::any_of(l.patterns.begin(), l.patterns.end(), [&](const pattern& p) {
      return p.matches_absent() || p.matches(value);
    });
    if (!passes)
      out.traits &= ~(std::uint64_t{1} << (field.shift + v));
  }
  return out;
}

std::vector<term> of_leaf(const leaf& l) {
  if (l.keyword || l.kind == leaf_kind::reference || l.kind == leaf_kind::exists)
    return {term{}};
  if (const auto kind = kind_of(l.field.text))
    return keyed(l, *kind);
  for (const auto& field : traits::fields())
    if (field.name == l.field.text)
      return {classed(l, field)};
  return {term{}};
}

/// Both demands at once; nothing when they contradict each other.
std::optional<term> both(const term& a, const term& b) {
  const auto one = [](std::uint64_t x, std::uint64_t y, std::uint64_t& out) {
    out = x != 0 ? x : y;
    return x == 0 || y == 0 || x == y;
  };
  term out;
  out.traits = a.traits & b.traits;
  if (!one(a.service, b.service, out.service) || !one(a.action, b.action, out.action) ||
      !one(a.activity, b.activity, out.activity) || !traits::possible(out.traits))
    return std::nullopt;
  return out;
}

int weight(const term& t) {
  return (t.action != 0 ? 4 : 0) + (t.activity != 0 ? 4 : 0) + (t.service != 0 ? 2 : 0) +
         (t.traits != traits::any ? 1 : 0);
}

void unite(std::vector<term>& terms) {
  std::vector<term> out;
  for (const term& t : terms)
    if (std::find(out.begin(), out.end(), t) == out.end())
      out.push_back(t);
  terms = std::move(out);
  if (terms.size() > terms_max) {
    // Still sound: what is common to all of them is demanded of each.
    term common = terms.front();
    for (const term& t : terms) {
      common.service = common.service == t.service ? common.service : 0;
      common.action = common.action == t.action ? common.action : 0;
      common.activity = common.activity == t.activity ? common.activity : 0;
      common.traits |= t.traits;
    }
    terms = {common};
  }
}

std::vector<term> of_node(const selection& s, std::uint32_t i) {
  const selection_node& n = s.node(i);
  switch (n.kind) {
  case node_kind::constant:
    return n.index != 0 ? std::vector<term>{term{}} : std::vector<term>{};
  case node_kind::leaf:
    return of_leaf(s.leaf_at(n.index));
  case node_kind::named:
    return of_node(s, s.name_root(n.index));
  case node_kind::negation:
    return {term{}};
  case node_kind::any: {
    std::vector<term> out;
    for (const auto child : n.children) {
      const auto terms = of_node(s, child);
      out.insert(out.end(), terms.begin(), terms.end());
    }
    unite(out);
    return out;
  }
  case node_kind::all: {
    std::vector<term> out = {term{}};
    for (const auto child : n.children) {
      const auto terms = of_node(s, child);
      if (out.size() * terms.size() > terms_max && !terms.empty()) {
        // Too many combinations: keep the side that says more of each event.
        if (weight(terms.front()) > weight(out.front()))
          out = terms;
        continue;
      }
      std::vector<term> product;
      for (const term& a : out)
        for (const term& b : terms)
          if (const auto t = both(a, b))
            product.push_back(*t);
      unite(product);
      out = std::move(product);
    }
    return out;
  }
  }
  return {term{}};
}

std::uint64_t key_of(const term& t) {
  if (t.activity != 0)
    return t.activity;
  if (t.service != 0 && t.action != 0)
    return base::mix(t.service, t.action);
  return t.action != 0 ? t.action : t.service;
}

} // namespace

std::vector<term> terms_of(const selection& s, std::uint64_t demanded_traits) {
  term demanded;
  demanded.traits = demanded_traits;
  std::vector<term> out;
  for (const term& t : of_node(s, s.root()))
    if (const auto narrowed = both(t, demanded))
      out.push_back(*narrowed);
  return out;
}

rule_index_table::rule_index_table(const std::vector<std::vector<term>>& terms) {
  std::map<std::uint64_t, std::vector<entry>> by_key;
  for (std::uint32_t rule = 0; rule < terms.size(); ++rule)
    for (const term& t : terms[rule])
      by_key[key_of(t)].push_back({t.traits, rule});
  slots_.resize(std::bit_ceil(2 * by_key.size() + 2));
  for (const auto& [key, list] : by_key) {
    if (key == 0)
      continue;
    std::size_t at = key & (slots_.size() - 1);
    while (slots_[at].key != 0)
      at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {key, static_cast<std::uint32_t>(entries_.size()),
                  static_cast<std::uint32_t>(list.size())};
    entries_.insert(entries_.end(), list.begin(), list.end());
  }
  always_ = static_cast<std::uint32_t>(entries_.size());
  if (const auto found = by_key.find(0); found != by_key.end())
    entries_.insert(entries_.end(), found->second.begin(), found->second.end());
}

std::span<const rule_index_table::entry> rule_index_table::list(std::uint64_t key) const noexcept {
  if (key == 0)
    return {};
  for (std::size_t at = key & (slots_.size() - 1); slots_[at].key != 0;
       at = (at + 1) & (slots_.size() - 1))
    if (slots_[at].key == key)
      return {entries_.data() + slots_[at].first, slots_[at].count};
  return {};
}

rule_index_table::candidates rule_index_table::find(const base::event& e) const noexcept {
  candidates out;
  out.traits = traits::of(e);
  const std::uint64_t service = key_of(key_kind::service, e.service);
  const std::uint64_t action = key_of(key_kind::action, e.action);
  const std::uint64_t pair = service != 0 && action != 0 ? base::mix(service, action) : 0;
  const std::uint64_t activity = e.activity.empty() ? 0 : key_of(key_kind::activity, e.activity);
  out.lists = {list(activity), list(pair), list(action), list(service),
               std::span<const entry>{entries_.data() + always_, entries_.size() - always_}};
  return out;
}

} // namespace vedette::detect
