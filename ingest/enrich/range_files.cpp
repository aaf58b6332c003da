// The readers of range_table.hpp: CSV, provider JSON, plain lists.
#include "ingest/enrich/range_table.hpp"

#include "base/ascii.hpp"

#include <charconv>
#include <fmt/format.h>
#include <simdjson.h>

namespace vedette::ingest {

namespace {

using base::ec;
using base::error;
using base::trimmed;
using std::string_view;

/// Calls `use(line, number)` for each line; stops at its first error.
template <class Use>
base::status each_line(string_view text, Use&& use) {
  for (std::size_t at = 0, number = 1; at < text.size(); ++number) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (auto done = use(trimmed(text.substr(at, end - at)), number); !done)
      return done;
    at = end + 1;
  }
  return {};
}

/// Fields of one CSV line; doubled quotes inside a quoted field are one.
std::vector<std::string> fields_of(string_view line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"')
        out.back() += line[i++];
      else
        quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += line[i];
    }
  }
  for (auto& field : out)
    field = std::string{trimmed(field)};
  return out;
}

std::optional<address_range> range_between(string_view first, string_view last) {
  const auto a = base::ip_address::parse(first), b = base::ip_address::parse(last);
  if (!a || !b || *b < *a)
    return std::nullopt;
  return address_range{*a, *b};
}

template <class N>
bool read_number(string_view text, N& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc{} && end == text.data() + text.size();
}

error bad_line(string_view what, std::size_t number, string_view why) {
  return {ec::malformed, fmt::format("reading {}: line {}: {}", what, number, why)};
}

/// Lines of "start,end,…": a row for each, made by `make(fields, row)`.
template <class Row, class Make>
base::result<std::vector<Row>> parse_csv(string_view text, string_view what, Make&& make) {
  std::vector<Row> out;
  auto done = each_line(text, [&](string_view line, std::size_t number) -> base::status {
    if (line.empty() || line[0] == '#')
      return {};
    const auto fields = fields_of(line);
    if (number == 1 && !base::ip_address::parse(fields[0]))
      return {};
    if (fields.size() < 3)
      return bad_line(what, number, "needs at least start, end and a value");
    const auto range = range_between(fields[0], fields[1]);
    if (!range)
      return bad_line(what, number, "start and end are no address range");
    Row row{*range, {}};
    if (auto made = make(fields, row, number); !made)
      return made;
    out.push_back(std::move(row));
    return {};
  });
  if (!done)
    return done.err();
  return out;
}

error bad_json(string_view what, string_view why) {
  return {ec::malformed, fmt::format("reading {}: {}", what, why)};
}

/// Adds the network; false when it does not read.
bool add_network(cloud_rows& out, string_view text, base::cloud provider, string_view region) {
  const auto network = base::ip_network::parse(text);
  if (!network)
    return false;
  out.push_back({range_of(*network), {provider, std::string{region}}});
  return true;
}

/// A member of the element as text; empty when it is not there.
string_view text_at(simdjson::dom::element e, const char* key) {
  string_view out;
  if (e[key].get(out) != simdjson::SUCCESS)
    return {};
  return out;
}

} // namespace

base::result<as_rows> parse_as_csv(string_view text) {
  constexpr string_view what = "the AS table";
  return parse_csv<as_rows::value_type>(
      text, what, [&](const auto& f, auto& row, std::size_t number) -> base::status {
        string_view digits = f[2];
        if (digits.starts_with("AS"))
          digits.remove_prefix(2);
        if (!read_number(digits, row.value.asn))
          return bad_line(what, number, "the third field is no AS number");
        if (f.size() > 3)
          row.value.name = f[3];
        return {};
      });
}

base::result<place_rows> parse_place_csv(string_view text) {
  constexpr string_view what = "the place table";
  return parse_csv<place_rows::value_type>(
      text, what, [&](const auto& f, auto& row, std::size_t number) -> base::status {
        const bool long_form = f.size() >= 8;
        row.value.country = long_form ? f[3] : f[2];
        const std::size_t at = long_form ? 6 : 3;
        if (f.size() < at + 2 || f[at].empty())
          return {};
        if (!read_number(f[at], row.value.place.latitude) ||
            !read_number(f[at + 1], row.value.place.longitude))
          return bad_line(what, number, "latitude or longitude is no number");
        row.value.has_place = true;
        return {};
      });
}

base::result<cloud_rows> parse_aws_ranges(string_view json) {
  constexpr string_view what = "AWS's ip-ranges.json";
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS)
    return bad_json(what, "not valid JSON");
  cloud_rows out;
  const auto take = [&](const char* list, const char* field) -> base::status {
    simdjson::dom::array prefixes;
    if (root[list].get(prefixes) != simdjson::SUCCESS)
      return {};
    for (auto p : prefixes) {
      auto region = text_at(p, "region");
      if (region == "GLOBAL")
        region = {};
      if (!add_network(out, text_at(p, field), base::cloud::aws, region))
        return bad_json(what, fmt::format("'{}' in {} is no network", text_at(p, field), list));
    }
    return {};
  };
  if (auto v4 = take("prefixes", "ip_prefix"); !v4)
    return v4.err();
  if (auto v6 = take("ipv6_prefixes", "ipv6_prefix"); !v6)
    return v6.err();
  if (out.empty())
    return bad_json(what, "no 'prefixes' in it: is it another file?");
  return out;
}

base::result<cloud_rows> parse_gcp_ranges(string_view json) {
  constexpr string_view what = "Google's cloud.json";
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS)
    return bad_json(what, "not valid JSON");
  simdjson::dom::array prefixes;
  if (root["prefixes"].get(prefixes) != simdjson::SUCCESS)
    return bad_json(what, "no 'prefixes' in it: is it another file?");
  cloud_rows out;
  for (auto p : prefixes) {
    auto text = text_at(p, "ipv4Prefix");
    if (text.empty())
      text = text_at(p, "ipv6Prefix");
    auto scope = text_at(p, "scope");
    if (scope == "global")
      scope = {};
    if (!add_network(out, text, base::cloud::gcp, scope))
      return bad_json(what, fmt::format("'{}' is no network", text));
  }
  return out;
}

base::result<cloud_rows> parse_azure_ranges(string_view json) {
  constexpr string_view what = "Azure's service tags";
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS)
    return bad_json(what, "not valid JSON");
  simdjson::dom::array tags;
  if (root["values"].get(tags) != simdjson::SUCCESS)
    return bad_json(what, "no 'values' in it: is it another file?");
  cloud_rows out;
  for (auto tag : tags) {
    if (!text_at(tag, "name").starts_with("AzureCloud"))
      continue;
    simdjson::dom::element properties;
    simdjson::dom::array prefixes;
    if (tag["properties"].get(properties) != simdjson::SUCCESS ||
        properties["addressPrefixes"].get(prefixes) != simdjson::SUCCESS)
      continue;
    for (auto p : prefixes) {
      string_view text;
      if (p.get(text) != simdjson::SUCCESS ||
          !add_network(out, text, base::cloud::azure, text_at(properties, "region")))
        return bad_json(what,
                        fmt::format("'{}' in tag {} is no network", text, text_at(tag, "name")));
    }
  }
  return out;
}

base::result<std::vector<address_range>> parse_address_list(string_view text) {
  std::vector<address_range> out;
  auto done = each_line(text, [&](string_view line, std::size_t number) -> base::status {
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty())
      return {};
    const auto network = base::ip_network::parse(line);
    if (!network)
      return bad_line("the address list", number, "no address or network");
    out.push_back(range_of(*network));
    return {};
  });
  if (!done)
    return done.err();
  return out;
}

base::result<std::vector<std::uint32_t>> parse_as_list(string_view text) {
  std::vector<std::uint32_t> out;
  auto done = each_line(text, [&](string_view line, std::size_t number) -> base::status {
    line = trimmed(line.substr(0, line.find('#')));
    if (line.starts_with("AS") || line.starts_with("as"))
      line.remove_prefix(2);
    if (line.empty())
      return {};
    std::uint32_t asn = 0;
    if (!read_number(line, asn) || asn == 0)
      return bad_line("the AS list", number, "no AS number");
    out.push_back(asn);
    return {};
  });
  if (!done)
    return done.err();
  std::ranges::sort(out);
  return out;
}

} // namespace vedette::ingest
