#include "ingest/formats/microsoft.hpp"

#include "base/ascii.hpp"
#include "base/hash.hpp"
#include "ingest/formats/named_fields.hpp"
#include "ingest/joined.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace vedette::ingest {

namespace {

using base::client_class;
using base::find_word;
using base::lower;
using base::session_class;
using std::string_view;

} // namespace

string_view lowered(string_view text, base::arena& memory) {
  if (std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; }))
    return text;
  auto* out = static_cast<char*>(memory.allocate(text.size(), 1));
  std::ranges::transform(text, out, lower);
  return {out, text.size()};
}

bool same_word(string_view a, string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

json_value opened(const json_value& value, base::arena& memory) {
  const auto inner = value.inner();
  const auto first = inner.find_first_not_of(" \t");
  if (first == string_view::npos || (inner[first] != '{' && inner[first] != '['))
    return value;
  const auto held = read_value(text_of(value, memory));
  return held ? held : value;
}

json_value member_named(const json_value& object, string_view folded) noexcept {
  for (member_reader m{object}; m.next();)
    if (m.key().size() >= folded.size() && folded_name{m.key()}.text() == folded)
      return m.value();
  return {};
}

string_view plain(const json_value& value, base::arena& memory) {
  return scalar_of(value.kind == json_kind::object ? member_named(value, "value") : value, memory);
}

string_view keyed(const json_value& list, string_view key, base::arena& memory) {
  for (element_reader e{list}; e.next();) {
    bool mine = false;
    json_value value;
    for (member_reader m{e.value()}; m.next();) {
      const folded_name name{m.key()};
      if (name.text() == "key" || name.text() == "name" || name.text() == "displayname")
        mine |= m.value().inner() == key;
      else if (name.text() == "value" || name.text() == "newvalue")
        value = m.value();
    }
    if (mine)
      return scalar_of(value, memory);
  }
  return {};
}

std::optional<base::event_time> utc_time(string_view text) noexcept {
  if (const auto t = base::parse_rfc3339(text))
    return t;
  constexpr std::size_t longest = 29; // nine digits of a second
  std::array<char, longest + 1> with_zone;
  if (text.size() > longest)
    return std::nullopt;
  std::memcpy(with_zone.data(), text.data(), text.size());
  with_zone[text.size()] = 'Z';
  return base::parse_rfc3339({with_zone.data(), text.size() + 1});
}

string_view bare_address(string_view text) noexcept {
  text = base::trimmed(text);
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    text = close == string_view::npos ? text.substr(1) : text.substr(1, close - 1);
  } else if (const auto colon = text.find(':');
             colon != string_view::npos && text.find(':', colon + 1) == string_view::npos) {
    text = text.substr(0, colon);
  }
  return text.substr(0, text.find('%'));
}

string_view tenant_of_issuer(string_view issuer) noexcept {
  const auto scheme = issuer.find("://");
  if (scheme == string_view::npos)
    return is_guid(issuer) ? issuer : string_view{};
  const auto slash = issuer.find('/', scheme + 3);
  if (slash == string_view::npos)
    return {};
  const auto rest = issuer.substr(slash + 1);
  const auto tenant = rest.substr(0, rest.find('/'));
  return is_guid(tenant) ? tenant : string_view{};
}

bool is_guid(string_view text) noexcept {
  if (text.size() != 36)
    return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : base::hex_digit(text[i]) < 0)
      return false;
  }
  return true;
}

bool is_set_id(string_view text) noexcept {
  return text.find_first_not_of("0-") != string_view::npos;
}

bool is_microsofts_tenant(string_view tenant) noexcept {
  return same_word(tenant, "72f988bf-86f1-41af-91ab-2d7cd011db47") ||
         same_word(tenant, "f8cdef31-a31e-4b4a-93e4-5f571e91255a");
}

string_view id_part(string_view id, string_view name) noexcept {
  for (std::size_t at = 0; at < id.size();) {
    const auto slash = id.find('/', at);
    if (slash == string_view::npos)
      return {};
    const auto end = std::min(id.find('/', slash + 1), id.size());
    if (same_word(id.substr(slash + 1, end - slash - 1), name)) {
      const auto part = end < id.size() ? id.substr(end + 1) : string_view{};
      return part.substr(0, part.find('/'));
    }
    at = end;
  }
  return {};
}

session_class holder_of_resource(string_view id) noexcept {
  struct kind {
    string_view of;
    session_class holder;
  };
  constexpr std::array<kind, 8> kinds{{
      {"/microsoft.web/sites/", session_class::lambda},
      {"/microsoft.automation/", session_class::lambda},
      {"/microsoft.logic/", session_class::lambda},
      {"/microsoft.compute/", session_class::instance},
      {"/microsoft.hybridcompute/", session_class::instance},
      {"/microsoft.containerinstance/", session_class::container},
      {"/microsoft.app/", session_class::container},
      {"/microsoft.devops", session_class::ci},
  }};
  for (const auto& k : kinds)
    if (find_word(id, k.of) != string_view::npos)
      return k.holder;
  return session_class::unknown;
}

client_class client_of_app(string_view app) noexcept {
  struct known {
    string_view id;
    client_class client;
  };
  constexpr std::array<known, 6> apps{{
      {"04b07795-8ddb-461a-bbee-02f9e1bf7b46", client_class::cli},     // Azure CLI
      {"1950a258-227b-4e31-a9cf-717495945fc2", client_class::cli},     // Azure PowerShell
      {"14d82eec-204b-4c2f-b7e8-296a70dab67e", client_class::cli},     // Graph PowerShell
      {"1b730954-1685-4b74-9bfd-dac224a7b894", client_class::cli},     // Azure AD PowerShell
      {"c44b4083-3bb0-49c1-b47d-974e53cbdf3c", client_class::console}, // Azure portal
      {"de8bc8b5-d9f9-48b1-a8ad-b748da725064", client_class::tool},    // Graph Explorer
  }};
  for (const auto& a : apps)
    if (same_word(app, a.id))
      return a.client;
  return client_class::unknown;
}

string_view made_id(string_view belongs, std::initializer_list<string_view> told_by,
                    base::arena& memory) {
  std::uint64_t hash = 0;
  for (const auto part : told_by)
    hash = base::mix(hash, base::hash64(part));
  std::array<char, 16> digits;
  for (auto d = digits.rbegin(); d != digits.rend(); ++d, hash >>= 4U)
    *d = "0123456789abcdef"[hash & 0xfU];
  return joined(memory, {belongs, belongs.empty() ? "" : "/", {digits.data(), digits.size()}});
}

} // namespace vedette::ingest
