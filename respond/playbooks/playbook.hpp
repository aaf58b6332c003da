// A response as content: what starts it, what must hold, and its ordered steps. Plain data,
// immutable once loaded (playbooks/loader.hpp), shared by all tenants of a node.
//
// The words are those of CACAO 2.0 where it has one (docs/playbooks.md tells what maps to what).
#pragma once

#include "base/alert.hpp"
#include "base/result.hpp"
#include "respond/action.hpp"
#include "respond/incidents/incident_rules.hpp"
#include "respond/playbooks/steps.hpp"
#include "respond/playbooks/text_template.hpp"
#include "respond/settings.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::respond {

/// `field: [pattern, …]`, or `field: {not: [pattern, …]}`. A '*' in a pattern stands for any text.
struct condition {
  plan_field field = plan_field::alert_rule;
  bool negated = false;
  std::vector<std::string> patterns;
};

/// True when any value of the field fits any pattern (turned round when negated).
[[nodiscard]] bool holds(const condition& c, const plan_context& context);
/// '*' stands for any text, nothing else is special. O(pattern x text) at worst.
[[nodiscard]] bool fits(std::string_view pattern, std::string_view text) noexcept;

struct trigger {
  std::vector<std::string> rules;          ///< an alert of one of these …
  std::vector<std::string> incident_rules; ///< … or an incident in which one of these began to hold
  base::severity min_severity = base::severity::high; ///< of the alert, or of the incident
  std::vector<std::string> clouds;                    ///< empty: any
};

struct call_template {
  std::string api;
  std::vector<std::pair<std::string, text_template>> parameters;
};

/// One action for the alert, or one for each of these. Buckets are those the alert's resources are
/// or lie in, each once.
enum class each : std::uint8_t { once, resources, buckets, ips, regions };

struct playbook_step {
  std::string name;
  std::string description;
  step_kind kind = step_kind::notify;
  step_class repeats = step_class::idempotent;
  approval_rule approval = approval_rule::one;
  respond::each each = respond::each::once;
  std::vector<condition> conditions; ///< all must hold, for the element when there is one
  text_template target;
  std::vector<call_template> calls;
  std::vector<call_template> inverse;
  base::duration time_to_live = std::chrono::hours{1};
  bool stop_on_failure = false;
  std::string countermeasure; ///< D3FEND id
};

/// What a playbook must do for one example alert; `vedette playbooks test` and the tests run them.
struct playbook_case {
  std::string name;
  base::alert alert;
  std::vector<std::string> incident_rules; ///< that began to hold with it
  std::vector<std::string> expect; ///< "step" or "step target", in order; empty: nothing starts
  std::string where;               ///< file:line
};

struct playbook {
  std::string name; ///< ours: "stolen-serverless-token"
  std::string id;   ///< CACAO's: "playbook--UUID"
  std::string title;
  std::string description;
  std::string origin; ///< file, for messages
  respond::mode mode =
      respond::mode::dry_run; ///< the most it may ever do; the tenant says how much
  respond::trigger trigger;
  std::vector<condition> conditions;
  std::uint32_t targets_max = 5;       ///< blast radius: different targets per incident
  std::uint32_t actions_per_hour = 20; ///< per tenant, all its steps together
  std::vector<playbook_step> steps;
  std::vector<playbook_case> cases;
};

/// All playbooks and incident rules in force.
struct playbook_set {
  std::vector<playbook> playbooks; ///< sorted by name
  std::vector<incident_rule> incident_rules;
  std::string content_hash; ///< XXH3-128 of the files, hex

  [[nodiscard]] const playbook* find(std::string_view name) const noexcept;
};

} // namespace vedette::respond
