#include "respond/playbooks/yaml_reader.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <charconv>

namespace vedette::respond {
namespace {

std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

} // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::initializer_list<std::string_view> known) {
  constexpr std::size_t longest =
      64; // a longer word is no slip of a key, and the cost is quadratic
  if (word.size() > longest)
    return std::nullopt;
  std::optional<std::string_view> best;
  auto fewest = word.size() / 2 + 1;
  for (auto k : known)
    if (const auto d = edits(word, k); d < fewest) {
      fewest = d;
      best = k;
    }
  return best;
}

std::string yaml_reader::where(const YAML::Node& at) const {
  const auto mark = at.IsDefined() ? at.Mark() : YAML::Mark::null_mark();
  return mark.is_null() ? file_ : file_ + ':' + std::to_string(mark.line + 1);
}

void yaml_reader::fail(const YAML::Node& at, std::string what) {
  problems_.push_back({where(at), base::one_line(std::move(what))});
}

bool yaml_reader::keys(const YAML::Node& map, std::string_view what,
                       std::initializer_list<std::string_view> known) {
  if (!map.IsMap()) {
    fail(map, std::string{what} + " must be a map of keys and values");
    return false;
  }
  std::vector<std::string> seen;
  for (const auto& pair : map) {
    const auto key = pair.first.IsScalar() ? pair.first.Scalar() : std::string{};
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      fail(pair.first, std::string{what} + " has the key '" + key + "' twice");
    seen.push_back(key);
    if (std::find(known.begin(), known.end(), key) != known.end())
      continue;
    auto said = "unknown key '" + key + "' in " + std::string{what};
    if (const auto meant = nearest(key, known))
      said += ": did you mean '" + std::string{*meant} + "'?";
    fail(pair.first, std::move(said));
  }
  return true;
}

std::string yaml_reader::text(const YAML::Node& map, const char* key, bool required) {
  const auto value = map[key];
  if (!value || value.IsNull()) {
    if (required)
      fail(map, "missing '" + std::string{key} + "'");
    return {};
  }
  if (!value.IsScalar()) {
    fail(value, "'" + std::string{key} + "' must be a single value");
    return {};
  }
  return value.Scalar();
}

std::vector<std::string> yaml_reader::texts(const YAML::Node& map, const char* key) {
  const auto value = map[key];
  if (!value || value.IsNull())
    return {};
  return texts_of(value, key);
}

std::vector<std::string> yaml_reader::texts_of(const YAML::Node& node, std::string_view what) {
  if (node.IsScalar())
    return {node.Scalar()};
  std::vector<std::string> out;
  if (!node.IsSequence()) {
    fail(node, "'" + std::string{what} + "' must be a value or a list of values");
    return out;
  }
  for (const auto& one : node) {
    if (one.IsScalar())
      out.push_back(one.Scalar());
    else
      fail(one, "'" + std::string{what} + "' must list single values");
  }
  return out;
}

std::uint32_t yaml_reader::number(const YAML::Node& map, const char* key, std::uint32_t otherwise,
                                  std::uint32_t least) {
  const auto said = text(map, key);
  if (said.empty())
    return otherwise;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), value);
  if (error != std::errc{} || end != said.data() + said.size() || value < least) {
    fail(map[key], std::string{key} + ": '" + said + "' is not a whole number of at least " +
                       std::to_string(least));
    return otherwise;
  }
  return value;
}

base::duration yaml_reader::timespan(const YAML::Node& map, const char* key,
                                     base::duration otherwise) {
  const auto said = text(map, key);
  if (said.empty())
    return otherwise;
  const auto value = base::parse_duration(said);
  if (!value || *value <= base::duration{0}) {
    fail(map[key], std::string{key} + ": '" + said + "' is not a time span like 30m, 2h or 5d");
    return otherwise;
  }
  return *value;
}

} // namespace vedette::respond
