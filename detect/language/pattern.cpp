#include "detect/language/pattern.hpp"

#include <algorithm>
#include <charconv>

#include <re2/re2.h>

namespace vedette::detect {

namespace {

struct sigma_text {
  std::string text;
  std::vector<bool> wild;

  void add(char c, bool is_wild) {
    text.push_back(c);
    wild.push_back(is_wild);
  }
};

sigma_text unescape(std::string_view sigma) {
  sigma_text out;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    const char c = sigma[i];
    const char next = i + 1 < sigma.size() ? sigma[i + 1] : '\0';
    if (c == '\\' && (next == '*' || next == '?' || next == '\\')) {
      out.add(next, false);
      ++i;
    } else {
      out.add(c, c == '*' || c == '?');
    }
  }
  return out;
}

bool same(char c, char wanted, bool cased) {
  return (cased ? c : folded(c)) == wanted;
}

bool equal(std::string_view text, std::string_view wanted, bool cased) {
  return cased ? text == wanted : equal_folded(text, wanted);
}

bool found_in(std::string_view text, std::string_view wanted, bool cased) {
  if (cased)
    return text.find(wanted) != std::string_view::npos;
  if (wanted.empty())
    return true;
  if (text.size() < wanted.size())
    return false;
  const char first = wanted.front();
  for (std::size_t at = 0; at + wanted.size() <= text.size(); ++at)
    if (folded(text[at]) == first && equal_folded(text.substr(at, wanted.size()), wanted))
      return true;
  return false;
}

/// Bytes of the character at `at`: a `?` stands for one character, not for one byte.
std::size_t character(std::string_view text, std::size_t at) {
  std::size_t n = 1;
  while (at + n < text.size() && n < 4 && (static_cast<unsigned char>(text[at + n]) & 0xc0) == 0x80)
    ++n;
  return n;
}

bool glob(std::string_view text, std::string_view wanted, const std::vector<bool>& wild,
          bool cased) {
  constexpr auto none = std::string_view::npos;
  std::size_t t = 0;
  std::size_t w = 0;
  std::size_t star = none; // the last `*` met, and where its run would end next
  std::size_t resume = 0;
  while (t < text.size()) {
    if (w < wanted.size() && wild[w] && wanted[w] == '*') {
      star = w++;
      resume = t;
    } else if (w < wanted.size() && wild[w]) {
      t += character(text, t);
      ++w;
    } else if (w < wanted.size() && same(text[t], wanted[w], cased)) {
      ++t;
      ++w;
    } else if (star != none) {
      w = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (w < wanted.size() && wild[w] && wanted[w] == '*')
    ++w;
  return w == wanted.size();
}

std::optional<double> as_number(const base::scalar& value) {
  if (value.type != base::scalar::kind::number && value.type != base::scalar::kind::text)
    return std::nullopt;
  double out = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [stopped, failed] = std::from_chars(value.text.data(), end, out);
  if (failed != std::errc{} || stopped != end)
    return std::nullopt;
  return out;
}

} // namespace

std::string folded(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return folded(c); });
  return out;
}

bool equal_folded(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size())
    return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (folded(text[i]) != lower[i])
      return false;
  return true;
}

pattern pattern::literal(std::string_view exact, anchoring where, bool cased) {
  constexpr kind kinds[] = {kind::exact, kind::starts, kind::ends, kind::contains};
  pattern out;
  out.kind_ = kinds[static_cast<std::size_t>(where)];
  out.cased_ = cased;
  out.text_ = cased ? std::string{exact} : folded(exact);
  return out;
}

pattern pattern::text(std::string_view sigma, anchoring where, bool cased) {
  sigma_text parsed = unescape(sigma);
  const bool open_start = where == anchoring::ends || where == anchoring::contains;
  const bool open_end = where == anchoring::starts || where == anchoring::contains;
  sigma_text whole;
  if (open_start)
    whole.add('*', true);
  for (std::size_t i = 0; i < parsed.text.size(); ++i)
    whole.add(parsed.text[i], parsed.wild[i]);
  if (open_end)
    whole.add('*', true);

  // Stars at the ends only are the cheap cases; "contains: *x*" and "contains: x" are one.
  std::size_t first = 0;
  std::size_t last = whole.text.size();
  while (first < last && whole.wild[first] && whole.text[first] == '*')
    ++first;
  while (last > first && whole.wild[last - 1] && whole.text[last - 1] == '*')
    --last;
  const std::string_view middle = std::string_view{whole.text}.substr(first, last - first);
  if (std::none_of(whole.wild.begin() + static_cast<std::ptrdiff_t>(first),
                   whole.wild.begin() + static_cast<std::ptrdiff_t>(last),
                   [](bool w) { return w; })) {
    const bool starts = first == 0;
    const bool ends = last == whole.text.size();
    return literal(middle,
                   starts && ends ? anchoring::whole
                   : starts       ? anchoring::starts
                   : ends         ? anchoring::ends
                                  : anchoring::contains,
                   cased);
  }
  pattern out;
  out.kind_ = kind::glob;
  out.cased_ = cased;
  out.text_ = cased ? whole.text : folded(whole.text);
  out.wild_ = std::move(whole.wild);
  return out;
}

pattern pattern::number(std::string_view as_written, double value) {
  pattern out;
  out.kind_ = kind::number;
  out.text_ = folded(as_written);
  out.bound_ = value;
  return out;
}

pattern pattern::null() {
  return {};
}

pattern pattern::compare(ordering op, double bound) {
  pattern out;
  out.kind_ = kind::order;
  out.op_ = op;
  out.bound_ = bound;
  return out;
}

base::result<pattern> pattern::regex(const std::string& expression, regex_flags flags) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(regex_bytes_max);
  options.set_case_sensitive(!flags.ignore_case);
  options.set_dot_nl(flags.dot_all);
  // RE2 reads `m` only as part of the expression.
  auto compiled =
      std::make_shared<RE2>(flags.multi_line ? "(?m)" + expression : expression, options);
  if (!compiled->ok())
    return base::error{base::ec::malformed,
                       "regular expression '" + expression + "' is not RE2 syntax (" +
                           compiled->error() +
                           "): look-around and back-references have no equivalent, "
                           "use a second selection"};
  pattern out;
  out.kind_ = kind::regex;
  out.regex_ = std::move(compiled);
  return out;
}

base::result<pattern> pattern::network(std::string_view cidr) {
  const auto parsed = base::ip_network::parse(cidr);
  if (!parsed)
    return base::error{base::ec::malformed,
                       "'" + std::string{cidr} +
                           "' is not a network: write 203.0.113.0/24 or 2001:db8::/32"};
  pattern out;
  out.kind_ = kind::network;
  out.network_ = *parsed;
  return out;
}

bool pattern::matches(const base::scalar& value) const {
  if (value.type == base::scalar::kind::null)
    return kind_ == kind::null;
  switch (kind_) {
  case kind::exact:
    return equal(value.text, text_, cased_);
  case kind::starts:
    return value.text.size() >= text_.size() &&
           equal(value.text.substr(0, text_.size()), text_, cased_);
  case kind::ends:
    return value.text.size() >= text_.size() &&
           equal(value.text.substr(value.text.size() - text_.size()), text_, cased_);
  case kind::contains:
    return found_in(value.text, text_, cased_);
  case kind::glob:
    return glob(value.text, text_, wild_, cased_);
  case kind::number:
    if (equal_folded(value.text, text_))
      return true;
    if (value.type != base::scalar::kind::number)
      return false;
    return as_number(value) == bound_;
  case kind::order: {
    const auto number = as_number(value);
    if (!number)
      return false;
    switch (op_) {
    case ordering::gt:
      return *number > bound_;
    case ordering::gte:
      return *number >= bound_;
    case ordering::lt:
      return *number < bound_;
    case ordering::lte:
      return *number <= bound_;
    }
    return false;
  }
  case kind::regex:
    return RE2::PartialMatch({value.text.data(), value.text.size()}, *regex_);
  case kind::network: {
    const auto ip = base::ip_address::parse(value.text);
    return ip && network_.contains(*ip);
  }
  case kind::null:
    return false;
  }
  return false;
}

std::optional<std::string_view> pattern::exact() const {
  if (kind_ != kind::exact)
    return std::nullopt;
  return text_;
}

} // namespace vedette::detect
