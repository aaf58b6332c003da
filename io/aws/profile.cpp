#include "io/aws/profile.hpp"

#include "base/ascii.hpp"

#include <functional>
#include <map>

namespace vedette::io {

namespace {

using profile_settings = std::map<std::string, std::string, std::less<>>;

/// Adds what section `wanted` sets and `out` does not have yet; true when there is such a section.
bool read_section(std::string_view text, std::string_view wanted, profile_settings& out) {
  bool inside = false, found = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto whole = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto line = base::trimmed(whole);
    if (line.empty() || line.front() == '#' || line.front() == ';')
      continue;
    if (line.front() == '[') {
      inside = base::trimmed(line.substr(1, line.find(']') - 1)) == wanted;
      found = found || inside;
      continue;
    }
    const auto equals = line.find('=');
    // Indented lines belong to a nested setting ("s3 =\n  addressing_style = path").
    if (!inside || equals == std::string_view::npos || whole.front() == ' ' ||
        whole.front() == '\t')
      continue;
    out.emplace(base::trimmed(line.substr(0, equals)), base::trimmed(line.substr(equals + 1)));
  }
  return found;
}

} // namespace

aws_profile read_profile(std::string_view credentials_file, std::string_view config_file,
                         std::string_view name) {
  profile_settings all;
  aws_profile out;
  out.known = read_section(credentials_file, name, all);
  const auto section = name == "default" ? std::string{name} : "profile " + std::string{name};
  if (read_section(config_file, section, all))
    out.known = true;
  const auto get = [&](std::string_view key) {
    const auto at = all.find(key);
    return at == all.end() ? std::string{} : at->second;
  };
  if (!get("aws_access_key_id").empty() && !get("aws_secret_access_key").empty())
    out.credentials = aws_credentials{
        get("aws_access_key_id"), get("aws_secret_access_key"), get("aws_session_token"), {}};
  out.region = get("region");
  out.endpoint_url = get("endpoint_url");
  for (const auto* way : {"credential_process", "sso_session", "sso_start_url", "source_profile",
                          "credential_source"})
    if (out.unspoken.empty() && !get(way).empty())
      out.unspoken = way;
  return out;
}

} // namespace vedette::io
