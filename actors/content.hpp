// What is in force on a node: one generation of rules, playbooks and settings; and who knows them.
//
// A generation is named by its number in logs and by its content hash among people. A fold asks the
// library for the generation an entry names, so that a changed rule file never makes an old entry
// mean something else. Made by `nodes` (nodes/server/content_library.hpp); immutable and shared.
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/tenant_settings.hpp"
#include "base/time.hpp"
#include "detect/ruleset.hpp"
#include "ingest/enrich/address_book.hpp"
#include "ingest/mapping/mapping_set.hpp"
#include "ingest/taxonomy.hpp"
#include "respond/playbooks/playbook.hpp"
#include "respond/settings.hpp"
#include "schemas/codec/entry_codec.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace vedette::actors {

struct content_generation {
  base::generation number{1};
  std::string hash;        ///< 64 hex digits over everything below, as it was written by people
  base::receive_time made; ///< when the node met it first

  std::shared_ptr<const detect::ruleset> rules;           ///< never null
  std::shared_ptr<const respond::playbook_set> playbooks; ///< never null
  std::map<std::string, base::tenant_settings> tenants;
  std::set<std::string, std::less<>> executors; ///< step kinds that can be carried out

  /// What only new records meet; null in a generation that is no longer in force.
  std::shared_ptr<const ingest::taxonomy> activities;
  std::shared_ptr<const ingest::mapping_set> mappings;
  std::shared_ptr<const ingest::address_book> book;

  [[nodiscard]] base::tenant_settings tenant(const base::tenant_id& id) const {
    const auto at = tenants.find(id.value);
    return at == tenants.end() ? base::tenant_settings{} : at->second;
  }
  [[nodiscard]] respond::respond_settings settings_of(const base::tenant_id& id) const {
    respond::respond_settings out;
    out.tenant = tenant(id);
    out.executors = executors;
    const auto& wanted = out.tenant.response;
    // What is no mode was refused when the content was compiled.
    const auto mode_of = [](const std::string& name) {
      return respond::parse_mode(name).value_or(respond::mode::dry_run);
    };
    out.tenant_mode = mode_of(wanted.mode);
    for (const auto& [name, mode] : wanted.playbooks)
      out.playbook_modes[name] = mode_of(mode);
    for (const auto& [name, mode] : wanted.kinds)
      out.kind_modes[name] = mode_of(mode);
    out.actions_per_hour = wanted.actions_per_hour;
    return out;
  }
  /// What the log entry says that puts it in force.
  [[nodiscard]] schemas::config_entry entry() const { return {number, hash, made}; }
};

using content_ptr = std::shared_ptr<const content_generation>;

class content_library {
 public:
  virtual ~content_library() = default;

  /// Thread-safe. The first call for a generation compiles it. Errors: ec::not_found when it is not
  /// kept (any more), corrupt, malformed when this build does not take its rules.
  [[nodiscard]] virtual base::result<content_ptr> find(base::generation number) = 0;
};

} // namespace vedette::actors
