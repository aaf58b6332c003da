// What a Kubernetes call did and gave away: its action's name, the object, the rights in roles and
// bindings. Shared by audit events and GKE's log entries.
#pragma once

#include "base/arena.hpp"
#include "ingest/effects.hpp"
#include "ingest/formats/kubernetes_record.hpp"

#include <string_view>

namespace vedette::ingest {

/// "create pods/exec", "list secrets"; "get nonresource" when the call is for no object.
[[nodiscard]] std::string_view
kubernetes_action(std::string_view verb, const kubernetes_object& object, base::arena& memory);
/// The object's API group; "core" for the one without a name.
[[nodiscard]] std::string_view kubernetes_group(const kubernetes_object& object) noexcept;
/// Whether the call changes nothing, by its verb; a shell in a container is no reading.
[[nodiscard]] bool kubernetes_reads(std::string_view verb,
                                    const kubernetes_object& object) noexcept;
/// Calls whose answer lasts: watches, shells, tunnels, followed logs.
[[nodiscard]] bool kubernetes_long_running(std::string_view verb,
                                           const kubernetes_object& object) noexcept;

class kubernetes_words final : public effect_words {
 public:
  /// All must outlive it.
  kubernetes_words(std::string_view verb, const kubernetes_object& object,
                   std::string_view uri) noexcept
      : verb_{verb}, object_{object}, uri_{uri} {}

  /// Subjects that stand for everybody; others are the cluster's own.
  [[nodiscard]] reached whom(std::string_view target) const override;
  /// Roles (`rules`) and bindings (`roleRef`, `subjects`), also as the body of a patch.
  [[nodiscard]] base::grant_class grants(const json_value& policy, const reach_sink& reach,
                                         base::arena& memory) const override;
  /// "namespace/name", "namespace/*" when the call is for all of them, "*" for all namespaces; the
  /// path of a call that is for no object.
  void list_resources(value_list& out, base::arena& memory) const override;

 private:
  std::string_view verb_;
  const kubernetes_object& object_;
  std::string_view uri_;
};

} // namespace vedette::ingest
