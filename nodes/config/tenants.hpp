// What tenants say about themselves, from YAML: the `tenants:` part of a node's file, or one file
// for `vedette replay --tenant-config`.
//
// Keeps nothing. Bounded by yaml.hpp's limits on the text. The keys are the members of
// base::tenant_settings under the same names; each is a list of texts or networks.
#pragma once

#include "base/result.hpp"
#include "base/tenant_settings.hpp"
#include "nodes/config/yaml.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::config {

/// One tenant's settings from a text of their own. The first problem is the error; `name` is the
/// file's name, for the message.
[[nodiscard]] base::result<base::tenant_settings> parse_tenant(std::string_view text,
                                                               std::string_view name);

/// True for 1..64 bytes of [a-z0-9._-].
[[nodiscard]] bool is_tenant_name(std::string_view name) noexcept;

/// Takes the map below `tenants:`; every problem goes to `problems`, what is right is kept.
void read_tenants(const yaml_value& from, std::string_view name,
                  std::map<std::string, base::tenant_settings>& to,
                  std::vector<base::error>& problems);

/// YAML of one tenant's settings that are not empty, each line after `indent` blanks.
[[nodiscard]] std::string write(const base::tenant_settings& tenant, std::size_t indent);

} // namespace vedette::config
