#include "nodes/server/api/tenant_names.hpp"

#include <spdlog/spdlog.h>

namespace vedette::server {

namespace {
constexpr std::string_view record_prefix = "tenant/";
}

tenant_names::tenant_names(const parts& node, const token_store& tokens, const key_store& keys)
    : node_{node}, tokens_{tokens}, keys_{keys} {}

std::set<std::string> tenant_names::all() const {
  std::set<std::string> out{"local"};
  if (node_.content) {
    const auto content = node_.content();
    for (const auto& [name, settings] : content->tenants)
      out.insert(name);
  }
  for (const auto& t : tokens_.all())
    for (const auto& tenant : t.tenants)
      out.insert(tenant.value);
  for (const auto& k : keys_.all())
    out.insert(k.owner.tenant.value);
  const std::lock_guard hold{mutex_};
  if (!read_ && node_.store) {
    const auto ok = node_.store->entities().scan_meta(
        record_prefix, [&](std::string_view name, std::string_view) {
          seen_.emplace(name.substr(record_prefix.size()));
          return seen_.size() < names_max;
        });
    read_ = static_cast<bool>(ok);
  }
  out.insert(seen_.begin(), seen_.end());
  return out;
}

bool tenant_names::note(const base::tenant_id& tenant) {
  if (tenant.value == "local")
    return false;
  const std::lock_guard hold{mutex_};
  return seen_.size() < names_max && seen_.insert(tenant.value).second;
}

void tenant_names::remember(const base::tenant_id& tenant) const {
  state::changes set;
  set.put_meta(std::string{record_prefix} + tenant.value, "{}");
  if (auto ok = node_.store->entities().apply(set); !ok)
    spdlog::warn("remembering the tenant {}: {}", tenant.value, base::to_string(ok.err()));
}

} // namespace vedette::server
