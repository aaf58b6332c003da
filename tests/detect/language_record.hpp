// A record for tests of the rule language, written as YAML flow text, and the event beside it.
//
// Paths work as base::field_view says: dots descend, an array stands for its elements. The
// normalised fields that tests use are filled from the same text under "vedette".
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "base/selection.hpp"
#include "detect/language/yaml.hpp"
#include "detect/ruleset.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace vedette::test {

class record final : public base::field_view {
 public:
  /// `normalised` are pairs such as {"outcome", "denied"}; they answer `find` and fill the event.
  explicit record(const std::string& yaml,
                  const std::map<std::string, std::string>& normalised = {}) {
    flatten(YAML::Load(yaml), "");
    for (const auto& [name, value] : normalised)
      values_[name] = {{base::scalar::kind::text, keep(value)}};
    event.provider = base::cloud::aws;
    event.service = first(values_.count("eventSource") != 0 ? "eventSource" : "service");
    event.action = first(values_.count("eventName") != 0 ? "eventName" : "action");
    event.activity = first("activity");
    set("outcome", event.result, base::outcome::failed);
    set("session.class", event.holder, base::session_class::long_term);
    set("identity.type", event.actor, base::identity_type::anonymous);
    set("client.class", event.client, base::client_class::browser);
    set("source.class", event.origin, base::origin_class::other);
    set("target.class", event.target, base::target_class::everyone);
    set("grant.class", event.grant, base::grant_class::public_trust);
    set("cloud", event.provider, base::cloud::other);
  }

  [[nodiscard]] std::span<const base::scalar> find(const base::field_name& field) const override {
    const auto found = values_.find(field.text);
    if (found == values_.end())
      return {};
    // A fresh copy each time, so that a use after the next `find` is seen by the sanitizer.
    answer_ = std::make_unique<std::vector<base::scalar>>(found->second);
    return *answer_;
  }
  [[nodiscard]] std::span<const base::scalar> all() const override { return leaves_; }

  base::event event;

 private:
  template <class E>
  void set(const std::string& name, E& out, E last) {
    const auto text = first(name);
    if (text.empty())
      return;
    for (int v = 0; v <= static_cast<int>(last); ++v)
      if (base::to_string(static_cast<E>(v)) == text)
        out = static_cast<E>(v);
  }

  [[nodiscard]] std::string_view first(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string_view{} : found->second.front().text;
  }

  std::string_view keep(std::string text) {
    texts_.push_back(std::move(text));
    return texts_.back();
  }

  void flatten(const YAML::Node& node, const std::string& path) {
    using kind = base::scalar::kind;
    if (node.IsMap()) {
      for (const auto& [key, value] : detect::members_of(node))
        flatten(value, path.empty() ? key.Scalar() : path + "." + key.Scalar());
    } else if (node.IsSequence()) {
      for (const auto& element : node)
        flatten(element, path);
    } else {
      static constexpr kind kinds[] = {kind::null, kind::boolean, kind::number, kind::text};
      const auto type = kinds[static_cast<int>(detect::type_of(node))];
      const base::scalar value{type, type == kind::null ? std::string_view{} : keep(node.Scalar())};
      values_[path].push_back(value);
      leaves_.push_back(value);
    }
  }

  std::deque<std::string> texts_;
  std::map<std::string, std::vector<base::scalar>> values_;
  std::vector<base::scalar> leaves_;
  mutable std::unique_ptr<std::vector<base::scalar>> answer_;
};

/// A whole rule around a detection section given as YAML flow or block text.
inline std::string rule_with(const std::string& detection, const std::string& more = "") {
  return "title: t\nname: under-test\nlogsource: {product: vedette}\nlevel: low\ndetection:\n" +
         detection + "\n" + more;
}

/// The rules of a file with that text, which must be right.
inline std::shared_ptr<const detect::ruleset> load(const std::string& text,
                                                   const detect::load_options& options = {}) {
  const std::vector<detect::rule_source> sources = {{"t.yaml", text}};
  auto rules = detect::ruleset::load(sources, nullptr, options);
  INFO((rules ? std::string{} : rules.err().context));
  REQUIRE(rules);
  return *rules;
}

/// Does the one rule match the record, with the index and without?
inline bool matches(const detect::ruleset& rules, const record& r) {
  base::arena memory;
  std::vector<base::match> indexed;
  std::vector<base::match> all;
  (void)rules.run(r.event, r, memory, indexed);
  rules.run_all(r.event, r, memory, all);
  if (indexed.size() != all.size())
    throw std::runtime_error{"the index changes what matches"};
  return !all.empty();
}

} // namespace vedette::test
