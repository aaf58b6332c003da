// What kind of thing an alert is about, told from what the alert holds and nothing else.
//
// In this order: the class that most of the resources it names have by their spelling (AWS ARNs and
// ids, names of GCP, Azure resource ids and hosts, everything of Kubernetes); when none of them can
// be told, what the first word of the rule's id speaks of ("snapshots-", "serverless-"); then who
// acted; then `other`. A bare name ("backup-2") has no spelling, and none is guessed. Pure; called
// by the tenant's fold for each revision, so an alert that grows may change its class.
#pragma once

#include "base/alert.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace vedette::respond {

/// Numbers are stored (docs/formats/tenant.md): append only, at most 16.
enum class resource_class : std::uint8_t {
  other,
  bucket,      ///< a container of objects, in any cloud
  object,      ///< what lies in one, mail and shared files too
  instance,    ///< a virtual machine, or a group of them
  function,    ///< serverless code
  snapshot,    ///< of a disk or database, a machine image, a backup
  database,    ///< tables and warehouses too
  user,        ///< a person, or a long-lived identity of that kind
  role,        ///< roles, service accounts, applications: what programs act as
  policy,      ///< permissions by themselves
  key,         ///< access keys, encryption keys, certificates, secrets
  cluster,     ///< of containers, with all in it
  audit_trail, ///< whatever records what happens
};
inline constexpr int resource_classes = 13;

[[nodiscard]] std::string_view to_string(resource_class c) noexcept;

/// Of one resource as records name it; nothing when its spelling does not say. O(length).
[[nodiscard]] std::optional<resource_class> class_of_resource(std::string_view name);

/// Of an alert. Of classes that occur equally often the one named first. O(resources).
[[nodiscard]] resource_class class_of(const base::alert& a);

} // namespace vedette::respond
