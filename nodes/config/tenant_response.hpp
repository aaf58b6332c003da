// The part `response` of a tenant: how far it lets playbooks go, and as whom. Internal to config.
#pragma once

#include "base/tenant_settings.hpp"
#include "nodes/config/yaml.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace vedette::config {

/// Told the line and what is wrong with it.
using tell_problem = std::function<void(int line, const std::string& what)>;

/// `path` leads here in messages: "tenants.acme.response".
void read_response(const yaml_value& from, const std::string& path, base::tenant_response& to,
                   const tell_problem& fail);
/// As YAML under the key `response`, `indent` blanks deep; empty when all is as shipped.
[[nodiscard]] std::string write(const base::tenant_response& r, std::size_t indent);

} // namespace vedette::config
