// Texts of playbooks with placeholders for values of the alert and its incident.
//
//   ${identity.id}          the value; a missing one is an error at planning, never an empty
//   parameter
//   ${identity.id|leaf}     what stands behind the last '/' or ':' of it: a role's name in its ARN
//   ${resources|list}       a JSON array, for lists inside a document
//   ${attempt.time} ${result.PolicyId} ${prior.status}
//                           left as they are: the executor knows them when it runs
//
// Values come from logs, so an attacker chooses some of them. A text that starts with '{' or '[' is
// a JSON document: placeholders in it must stand inside quotes (lists outside) and are escaped, so
// that no value can add to the document. docs/playbooks.md lists the fields. Immutable, pure.
#pragma once

#include "base/alert.hpp"
#include "base/result.hpp"
#include "respond/incidents/incident.hpp"
#include "respond/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace vedette::respond {

/// What a plan is made from.
struct plan_context {
  const base::alert& alert;
  const respond::incident& incident;
  const respond_settings& settings;
  std::string item; ///< the element of `for_each`; empty without one
  base::receive_time planned_at;
};

/// A field of the context by its name in playbooks.
enum class plan_field : std::uint8_t {
  tenant,
  tenant_break_glass,
  incident_id,
  incident_title,
  incident_severity,
  alert_id,
  alert_rule,
  alert_title,
  alert_why,
  alert_severity,
  alert_time,
  alert_first_event,
  alert_last_event,
  cloud,
  account,
  identity_id,
  identity_name,
  identity_type,
  session,
  region,
  regions,
  ip,
  ips,
  resource,
  resources,
  item,
  planned_time,
};

[[nodiscard]] std::optional<plan_field> parse_plan_field(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_string(plan_field f) noexcept;
/// The values: none when missing, several for lists.
[[nodiscard]] std::vector<std::string> values_of(plan_field f, const plan_context& c);
/// What stands behind the last '/' or ':'; the whole text without one.
[[nodiscard]] std::string_view leaf_of(std::string_view text) noexcept;

class text_template {
 public:
  text_template() = default;
  /// Errors name the placeholder and what is wrong with it. O(length).
  [[nodiscard]] static base::result<text_template> parse(std::string_view text);

  /// Fills the placeholders; an error names the field that has no value, or the size limit.
  [[nodiscard]] base::result<std::string> fill(const plan_context& c) const;

  /// True when it needs the element of a `for_each`.
  [[nodiscard]] bool uses_item() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }

 private:
  enum class filter : std::uint8_t { none, leaf, list };
  struct part {
    std::string literal; ///< stands before the field
    std::optional<plan_field> field;
    filter how = filter::none;
  };

  static base::result<part> placeholder(std::string_view inside);

  std::vector<part> parts_;
  bool document_ = false;
};

} // namespace vedette::respond
