#include "nodes/config/tenants.hpp"

#include "nodes/config/keys.hpp"
#include "nodes/config/tenant_response.hpp"

#include <fmt/format.h>

namespace vedette::config {
namespace {

using base::ec;
using base::tenant_settings;

struct text_list {
  const char* name;
  std::vector<std::string> tenant_settings::*at;
};
struct network_list {
  const char* name;
  std::vector<base::ip_network> tenant_settings::*at;
};

constexpr text_list texts[] = {
    {"accounts", &tenant_settings::accounts},
    {"ci_roles", &tenant_settings::ci_roles},
    {"backup_roles", &tenant_settings::backup_roles},
    {"break_glass", &tenant_settings::break_glass},
    {"allowed_regions", &tenant_settings::allowed_regions},
    {"sensitive_resources", &tenant_settings::sensitive_resources},
};
constexpr network_list networks[] = {
    {"own_networks", &tenant_settings::own_networks},
    {"corporate_networks", &tenant_settings::corporate_networks},
};

const std::vector<std::string>& names() {
  static const auto all = [] {
    std::vector<std::string> out;
    for (const auto& t : texts)
      out.emplace_back(t.name);
    for (const auto& n : networks)
      out.emplace_back(n.name);
    out.emplace_back("response");
    return out;
  }();
  return all;
}

class reader {
 public:
  reader(std::string_view name, std::vector<base::error>& problems)
      : name_{name}, problems_{problems} {}

  void fail(int line, std::string_view what) {
    problems_.push_back(
        {ec::invalid_argument, fmt::format("reading {}: line {}: {}", name_, line, what)});
  }

  /// `prefix` leads to the tenant in messages: "" or "tenants.acme.".
  void tenant(const yaml_value& from, const std::string& prefix, tenant_settings& to) {
    if (from.type == yaml_value::kind::null)
      return;
    if (from.type != yaml_value::kind::map) {
      fail(from.line,
           fmt::format(
               "a tenant is written as keys and lists, such as {}accounts: [\"111122223333\"]",
               prefix));
      return;
    }
    for (const auto& member : from.items)
      field(member, prefix, to);
  }

 private:
  void field(const yaml_value& from, const std::string& prefix, tenant_settings& to) {
    if (from.name == "response") {
      read_response(from, prefix + "response", to.response,
                    [this](int line, const std::string& what) { fail(line, what); });
      return;
    }
    for (const auto& t : texts) {
      if (from.name == t.name) {
        for_each(from, prefix, [&](const yaml_value& item) { (to.*t.at).push_back(item.text); });
        return;
      }
    }
    for (const auto& n : networks) {
      if (from.name != n.name)
        continue;
      for_each(from, prefix, [&](const yaml_value& item) {
        if (const auto network = base::ip_network::parse(item.text))
          (to.*n.at).push_back(*network);
        else
          fail(item.line, fmt::format("{}{}: '{}' is not a network such as 203.0.113.0/24", prefix,
                                      from.name, item.text));
      });
      return;
    }
    fail(from.line, fmt::format("unknown key '{}{}'; did you mean '{}{}'?", prefix, from.name,
                                prefix, nearest(from.name, names())));
  }

  template <class Take>
  void for_each(const yaml_value& from, const std::string& prefix, Take take) {
    // One value without brackets is a list of one.
    if (from.type == yaml_value::kind::scalar && !from.text.empty()) {
      take(from);
      return;
    }
    if (from.type != yaml_value::kind::list) {
      fail(from.line, fmt::format("{}{} must be a list", prefix, from.name));
      return;
    }
    for (const auto& item : from.items) {
      if (item.type == yaml_value::kind::scalar && !item.text.empty())
        take(item);
      else
        fail(item.line, fmt::format("{}{} must be a list of texts", prefix, from.name));
    }
  }

  std::string_view name_;
  std::vector<base::error>& problems_;
};

std::string network_text(const base::ip_network& n) {
  const bool v4 = n.first.is_v4() && n.prefix >= 96;
  return fmt::format("{}/{}", base::to_string(n.first), v4 ? n.prefix - 96 : n.prefix);
}

} // namespace

base::result<tenant_settings> parse_tenant(std::string_view text, std::string_view name) {
  auto yaml = parse_yaml(text, name);
  if (!yaml)
    return yaml.err();
  std::vector<base::error> problems;
  tenant_settings out;
  reader{name, problems}.tenant(*yaml, "", out);
  if (!problems.empty())
    return problems.front();
  return out;
}

bool is_tenant_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") ==
             std::string_view::npos;
}

void read_tenants(const yaml_value& from, std::string_view name,
                  std::map<std::string, tenant_settings>& to, std::vector<base::error>& problems) {
  reader in{name, problems};
  if (from.type == yaml_value::kind::null)
    return;
  if (from.type != yaml_value::kind::map) {
    in.fail(from.line, "tenants is written as one key a tenant, each with its settings below");
    return;
  }
  for (const auto& tenant : from.items) {
    if (!is_tenant_name(tenant.name))
      in.fail(tenant.line,
              fmt::format("'{}' cannot name a tenant: 1 to 64 of a-z 0-9 . _ -", tenant.name));
    else
      in.tenant(tenant, fmt::format("tenants.{}.", tenant.name), to[tenant.name]);
  }
}

std::string write(const tenant_settings& tenant, std::size_t indent) {
  std::string out;
  const auto line = [&](const char* name, const std::vector<std::string>& values) {
    if (!values.empty())
      out += fmt::format("{:{}}{}: {}\n", "", indent, name, config::write(values));
  };
  for (const auto& t : texts)
    line(t.name, tenant.*t.at);
  for (const auto& n : networks) {
    std::vector<std::string> values;
    for (const auto& network : tenant.*n.at)
      values.push_back(network_text(network));
    line(n.name, values);
  }
  return out + write(tenant.response, indent);
}

} // namespace vedette::config
