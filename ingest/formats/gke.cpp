#include "ingest/formats/gke.hpp"

namespace vedette::ingest {

namespace {

using std::string_view;

/// Cuts off and returns what stands before the first `mark`, all of it when there is none.
string_view cut(string_view& text, char mark) noexcept {
  const auto at = text.find(mark);
  const auto out = text.substr(0, at);
  text = at == string_view::npos ? string_view{} : text.substr(at + 1);
  return out;
}

bool is_version(string_view word) noexcept {
  return word.size() >= 2 && word[0] == 'v' && word[1] >= '0' && word[1] <= '9';
}

} // namespace

gke_call read_gke_call(string_view method, string_view resource) noexcept {
  gke_call out;
  // Reversed group and version, then resource, perhaps subresource, verb.
  auto rest = method;
  while (!rest.empty() && !is_version(cut(rest, '.'))) {
  }
  const auto last = rest.rfind('.');
  if (last == string_view::npos)
    return out;
  out.verb = rest.substr(last + 1);
  auto names = rest.substr(0, last);
  out.object.there = true;
  out.object.resource = cut(names, '.');
  out.object.subresource = names;

  // group/version[/namespaces/NAMESPACE]/resource[/name[/subresource]]
  const auto group = cut(resource, '/');
  out.object.group = group == "core" ? string_view{} : group;
  cut(resource, '/');
  auto ahead = resource;
  if (cut(ahead, '/') == "namespaces" && out.object.resource != "namespaces") {
    out.object.name_space = cut(ahead, '/');
    resource = ahead;
  }
  cut(resource, '/');
  out.object.name = cut(resource, '/');
  return out;
}

} // namespace vedette::ingest
