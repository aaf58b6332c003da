#include "io/http/router.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace vedette::io {
namespace {

/// Takes the text up to the next '/' off `path`, which begins behind one.
std::string_view next_segment(std::string_view& path) {
  const auto end = path.find('/');
  const auto segment = path.substr(0, end);
  path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
  return segment;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// Whether the pattern fits; `literals` is how many segments fitted literally (more is better).
bool fits(std::string_view pattern, std::string_view path, http_parameters& parameters,
          int& literals) {
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/'))
    return false;
  pattern.remove_prefix(1);
  path.remove_prefix(1);
  while (!pattern.empty() || !path.empty()) {
    const auto wanted = next_segment(pattern);
    const auto given = next_segment(path);
    if (!is_parameter(wanted)) {
      if (wanted != given)
        return false;
      ++literals;
      continue;
    }
    auto value = percent_decode(given, false);
    if (!value || value->empty())
      return false;
    parameters.emplace_back(std::string{wanted.substr(1, wanted.size() - 2)}, std::move(*value));
  }
  return true;
}

} // namespace

void http_router::add(http_method method, std::string pattern, route_options options,
                      http_handler handler) {
  VEDETTE_ASSERT(pattern.starts_with('/'));
  VEDETTE_ASSERT(handler);
  VEDETTE_ASSERT(std::none_of(routes_.begin(), routes_.end(), [&](const route& r) {
    return r.method == method && r.pattern == pattern;
  }));
  routes_.push_back({method, std::move(pattern), std::move(options), std::move(handler)});
}

route_match http_router::match(http_method method, std::string_view path) const {
  route_match best;
  int best_rank = -1;
  if (!path.starts_with('/'))
    return best;
  for (const auto& candidate : routes_) {
    http_parameters parameters;
    int literals = 0;
    if (!fits(candidate.pattern, path, parameters, literals))
      continue;
    best.allowed.push_back(candidate.method);
    const bool exact = candidate.method == method;
    const bool as_get = method == http_method::head && candidate.method == http_method::get;
    if (!exact && !as_get)
      continue;
    // Of two equally literal routes, the one for HEAD itself.
    const int rank = literals * 2 + (exact ? 1 : 0);
    if (rank > best_rank) {
      best_rank = rank;
      best.found = &candidate;
      best.parameters = std::move(parameters);
    }
  }
  return best;
}

} // namespace vedette::io
