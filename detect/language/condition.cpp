#include "detect/language/condition.hpp"

#include "detect/language/suggest.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace vedette::detect {

namespace {

std::vector<std::string_view> tokens_of(std::string_view text) {
  std::vector<std::string_view> out;
  constexpr std::string_view space = " \t\r\n";
  for (std::size_t at = 0; at < text.size();) {
    if (space.find(text[at]) != std::string_view::npos) {
      ++at;
    } else if (text[at] == '(' || text[at] == ')' || text[at] == '|') {
      out.push_back(text.substr(at++, 1));
    } else {
      const std::size_t end = std::min(text.find_first_of(" \t\r\n()|", at), text.size());
      out.push_back(text.substr(at, end - at));
      at = end;
    }
  }
  return out;
}

bool fits(std::string_view name, std::string_view glob) {
  const base::scalar value{base::scalar::kind::text, name};
  return pattern::text(glob, anchoring::whole, true).matches(value);
}

class parser {
 public:
  parser(std::string_view text, selection& into) : tokens_{tokens_of(text)}, into_{into} {}

  std::variant<std::uint32_t, std::string> parse() {
    const auto node = either();
    if (node && at_ < tokens_.size())
      fail(tokens_[at_] == "|"
               ? "'|' counts are gone from Sigma: write a correlation, or measures under 'vedette'"
           : tokens_[at_] == ")"
               ? std::string{"a ')' too many"}
               : "'" + std::string{tokens_[at_]} + "' stands where 'and' or 'or' is expected");
    if (!problem_.empty())
      return problem_;
    return *node;
  }

 private:
  using parsed = std::optional<std::uint32_t>;

  parsed fail(std::string what) {
    if (problem_.empty())
      problem_ = std::move(what);
    return std::nullopt;
  }

  [[nodiscard]] std::string_view next() const {
    return at_ < tokens_.size() ? tokens_[at_] : std::string_view{};
  }

  bool take(std::string_view word) {
    if (!equal_folded(next(), word) || next().empty())
      return false;
    ++at_;
    return true;
  }

  parsed chain(node_kind kind, std::string_view word, parsed (parser::*part)()) {
    std::vector<std::uint32_t> children;
    do {
      const auto child = (this->*part)();
      if (!child)
        return std::nullopt;
      children.push_back(*child);
    } while (take(word));
    return into_.add_group(kind, std::move(children));
  }

  parsed either() { return chain(node_kind::any, "or", &parser::both); }
  parsed both() { return chain(node_kind::all, "and", &parser::single); }

  parsed single() {
    if (++depth_ > selection::depth_max)
      return fail("nested deeper than 64 levels");
    const auto node = unwrapped();
    --depth_;
    return node;
  }

  parsed unwrapped() {
    if (take("not")) {
      const auto child = single();
      return child ? parsed{into_.add({node_kind::negation, 0, {*child}})} : std::nullopt;
    }
    if (take("(")) {
      const auto inner = either();
      if (inner && !take(")"))
        return fail("a ')' is missing");
      return inner;
    }
    const std::string_view word = next();
    if (word.empty())
      return fail("ends where a selection is expected");
    if (word == ")" || word == "|" || equal_folded(word, "and") || equal_folded(word, "or"))
      return fail("'" + std::string{word} + "' stands where a selection is expected");
    ++at_;
    if (equal_folded(next(), "of"))
      return quantified(word);
    if (const auto name = into_.find_name(word))
      return into_.add({node_kind::named, *name, {}});
    std::vector<std::string_view> names(into_.names().begin(), into_.names().end());
    return fail("no selection is called '" + std::string{word} + "'" + suggestion(word, names));
  }

  parsed quantified(std::string_view amount) {
    ++at_; // "of"
    const bool all = equal_folded(amount, "all");
    if (!all && amount != "1" && !equal_folded(amount, "any"))
      return fail("'" + std::string{amount} +
                  " of' is not Sigma: write '1 of', 'any of' or 'all of'");
    const std::string_view glob = next();
    if (glob.empty() || glob == ")" || glob == "(")
      return fail("'" + std::string{amount} + " of' needs a name with '*', or 'them'");
    ++at_;
    std::vector<std::uint32_t> children;
    for (std::uint32_t i = 0; i < into_.names().size(); ++i) {
      const std::string& name = into_.names()[i];
      // Names that start with an underscore are set aside from "them".
      if (equal_folded(glob, "them") ? name.front() != '_' : fits(name, glob))
        children.push_back(into_.add({node_kind::named, i, {}}));
    }
    if (children.empty())
      return fail("no selection's name fits '" + std::string{glob} + "'");
    return into_.add_group(all ? node_kind::all : node_kind::any, std::move(children));
  }

  std::vector<std::string_view> tokens_;
  selection& into_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::string problem_;
};

} // namespace

std::variant<std::uint32_t, std::string> parse_condition(std::string_view text, selection& into) {
  return parser{text, into}.parse();
}

} // namespace vedette::detect
