// Everything an aggregator knows of one tenant, and the fold that makes it: alerts to incidents to
// planned, guarded actions. A pure value: the same inputs in the same order give the same state and
// the same outputs, on any machine, from the beginning or from any checkpoint. No I/O, no clock.
//
// Remembers alerts (highest revision), incidents, actions and day maxima, each bounded by
// respond/limits.hpp, and for two years how many alerts there were (respond/trends/). Repeats are
// harmless: an alert revision not higher than the known one, an attempt or outcome of an action
// that is not waiting for it, an approval given twice change nothing.
//
// Called by the aggregator actor: it folds committed log entries only, publishes what a fold says,
// journals `intents` and tells their commit, and hands `runnable` to the responder. After a replay
// it asks `uncommitted_intents()` and `runnable_actions()` for what was said and not yet acted on.
// Not thread-safe.
#pragma once

#include "respond/action_book.hpp"
#include "respond/alert_book.hpp"
#include "respond/guard/guard.hpp"
#include "respond/incidents/incident_book.hpp"
#include "respond/inputs.hpp"
#include "respond/playbooks/planner.hpp"
#include "respond/trends/trend_counts.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::respond {

struct alert_filter {
  std::uint64_t after = 0; ///< only numbers above it
  base::severity min_severity = base::severity::info;
  std::string rule{}, identity{}, incident{}; ///< empty: any
  std::optional<base::alert_state> state{};
  std::optional<base::event_time> since{}, until{}; ///< of `time`, since <= time < until
  std::size_t limit = 100;
};

struct incident_filter {
  std::optional<incident_state> state{}; ///< unset: all but merged
  base::severity min_severity = base::severity::info;
  std::string identity{};
  std::uint64_t before = 0; ///< only numbers below it; 0: from the newest
  std::size_t limit = 100;
};

struct action_filter {
  std::optional<action_state> state{};
  std::string incident{}, playbook{};
  std::uint64_t before = 0;
  std::size_t limit = 100;
};

class tenant_state {
 public:
  /// All there is to know but the configuration: what a checkpoint stores.
  struct data {
    base::tenant_id tenant;
    alert_book::data alerts;
    incident_book::data incidents;
    action_book::data actions;
    day_maxima maxima;
    base::receive_time now; ///< the latest receive time folded; never goes back
    /// Absent in the checkpoint of a build that did not count.
    std::optional<trend_counts::data> trends{};

    friend bool operator==(const data&, const data&) = default;
  };

  tenant_state(base::tenant_id tenant, std::shared_ptr<const playbook_set> playbooks,
               respond_settings settings);
  /// Goes on from a checkpoint; `d` as `checkpoint()` gave it.
  tenant_state(data d, std::shared_ptr<const playbook_set> playbooks, respond_settings settings);

  outputs fold(const input& in);

  [[nodiscard]] data checkpoint() const;
  /// Alerts, incidents and actions: what a checkpoint costs grows with it. O(1).
  [[nodiscard]] std::size_t size() const noexcept {
    return alerts_.all().alerts.size() + incidents_.all().incidents.size() +
           actions_.all().actions.size();
  }
  [[nodiscard]] const base::tenant_id& tenant() const noexcept { return tenant_; }

  /// For an actor that has just replayed its log.
  [[nodiscard]] std::vector<action> uncommitted_intents() const { return actions_.uncommitted(); }
  [[nodiscard]] std::vector<action> runnable_actions() const { return actions_.runnable(); }

  // What the API reads. Pointers are valid until the next fold.
  [[nodiscard]] const known_alert* find_alert(std::string_view id) const {
    return alerts_.find(id);
  }
  [[nodiscard]] const incident* find_incident(std::string_view id) const {
    return incidents_.find(id);
  }
  [[nodiscard]] const action* find_action(std::string_view id) const { return actions_.find(id); }
  [[nodiscard]] std::string incident_of(std::string_view alert) const {
    return incidents_.home_of(alert);
  }
  /// Ids of an incident's actions in order of planning, those of incidents it took over included.
  [[nodiscard]] std::vector<std::string> actions_of(std::string_view incident) const;
  /// By number, rising: what `after` wants.
  [[nodiscard]] std::vector<const known_alert*> alerts(const alert_filter& f) const;
  /// Newest first.
  [[nodiscard]] std::vector<const incident*> incidents(const incident_filter& f) const;
  [[nodiscard]] std::vector<const action*> actions(const action_filter& f) const;
  [[nodiscard]] const day_maxima& maxima() const noexcept { return maxima_; }
  [[nodiscard]] const trend_counts& trends() const noexcept { return trends_; }
  [[nodiscard]] base::receive_time now() const noexcept { return now_; }
  [[nodiscard]] bool frozen() const noexcept { return actions_.frozen(); }
  [[nodiscard]] const respond_settings& settings() const noexcept { return settings_; }

 private:
  void apply(const alert_arrived& in, outputs& out);
  void apply(const day_maxima_told& in, outputs& out);
  void apply(const operator_command& in, outputs& out);
  void apply(const intents_committed& in, outputs& out);
  void apply(const action_attempt& in, outputs& out);
  void apply(const action_outcome& in, outputs& out);
  void apply(const responder_changed& in, outputs& out);
  void apply(const tick& in, outputs& out);
  void apply(const configured& in, outputs& out);

  void start_playbooks(const base::alert& a, const std::string& incident,
                       std::span<const std::string> new_rules, outputs& out);
  void plan_one(const playbook& p, planned_step step, const base::alert& a, const incident& i,
                outputs& out);
  [[nodiscard]] guard_answer ask_guard(const playbook& p, const planned_step& step,
                                       const incident& i, bool counted) const;
  /// Fills an action's plan from the playbooks now in force; another plan voids its approvals,
  /// another target makes another action.
  void plan_again(const std::string& id, outputs& out);
  /// Ends what the alert had started and asks for reverts of what was done.
  void withdraw(const std::string& alert, outputs& out);
  base::status change_incident(const operator_command& in, outputs& out);
  /// Writes what happened to actions into their incidents' stories.
  void tell_changes(outputs& out);

  base::tenant_id tenant_;
  std::shared_ptr<const playbook_set> playbooks_;
  respond_settings settings_;
  alert_book alerts_;
  incident_book incidents_;
  action_book actions_;
  day_maxima maxima_;
  trend_counts trends_;
  base::receive_time now_;
};

} // namespace vedette::respond
