// The actions of one tenant and the rules by which they move (the picture is in action.hpp).
//
// Steps of one run (one playbook for one incident) go in order; steps that touch one target go one
// at a time, whatever run they are of; while frozen nothing becomes runnable and nothing may be
// attempted. An effect is shared by all actions that brought it about: reverting one of several
// releases it, reverting the last takes it back. An attempt whose responder died is repeated when a
// repeat is harmless and ends as failed when the step may run at most once.
//
// Remembers limits::actions_kept actions, the oldest finished leave first. Called by tenant_state,
// which does the planning and guarding; a pure value but for `take_news`, what the last changes
// said.
#pragma once

#include "base/result.hpp"
#include "respond/action.hpp"
#include "respond/inputs.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::respond {

class action_book {
 public:
  struct data {
    std::map<std::string, action, std::less<>> actions;
    std::uint64_t planned = 0;     ///< numbers given
    std::uint64_t not_planned = 0; ///< plans there was no room for
    bool frozen = false;
    std::string frozen_by;

    friend bool operator==(const data&, const data&) = default;
  };
  /// What happened since the last `take_news`, in order.
  struct news {
    struct change {
      std::string action, incident, text;
    };
    std::vector<change> changes;
    std::vector<std::string> intents;
    std::vector<std::string> runnable;
  };

  action_book() = default;
  explicit action_book(data d);

  // Planning
  /// Different targets of the playbook's actions for these incidents that were not refused, and
  /// `target` with them. O(log), for several incidents O(their targets).
  [[nodiscard]] std::size_t targets_with(std::span<const std::string> incidents,
                                         const std::string& playbook,
                                         const std::string& target) const;
  /// Actions planned after `since` in the same kind of mode (dry or not) that took from a budget:
  /// of the kind, and of the playbook. O(log actions).
  [[nodiscard]] std::pair<std::size_t, std::size_t> planned_since(const action_plan& p,
                                                                  base::receive_time since) const;
  /// Takes a planned (or at once refused or failed) action and numbers it; false when there is no
  /// room.
  bool add(action a);
  /// Another plan for an action that was not attempted: its approvals are void, its intent is new.
  void replace_plan(std::string_view id, action_plan plan, std::string note);
  /// Ends an action that was not attempted.
  void end(std::string_view id, action_state state, std::string reason, base::receive_time at);

  // What people and the responder say. Errors change nothing.
  base::status approve(const operator_command& c);
  base::status reject(const operator_command& c);
  /// Plans the inverse, or releases the effect when other actions hold it too.
  base::status request_revert(std::string_view id, std::string who, base::receive_time at);
  base::status attempt(const action_attempt& in);
  base::status finish(const action_outcome& in);
  void commit(const intents_committed& in);
  void responder_changed(base::receive_time at);
  void freeze(bool on, std::string who);

  /// Expires what is too old and lets run whose turn it is. Costs what changed since the last time:
  /// O((actions of the changed runs + waiting on the changed targets) x log).
  void advance(base::receive_time at);
  [[nodiscard]] news take_news() { return std::exchange(news_, {}); }

  [[nodiscard]] const action* find(std::string_view id) const;
  /// In order of planning; valid until the next `add`.
  [[nodiscard]] const std::vector<std::string>& of_incident(std::string_view incident) const;
  [[nodiscard]] std::vector<action> uncommitted() const;
  [[nodiscard]] std::vector<action> runnable() const;
  /// Actions that are not final, in order of planning.
  [[nodiscard]] std::vector<std::string> open() const;
  [[nodiscard]] const std::map<std::uint64_t, std::string>& by_number() const noexcept {
    return by_number_;
  }
  [[nodiscard]] bool frozen() const noexcept { return data_.frozen; }
  [[nodiscard]] const data& all() const noexcept { return data_; }

 private:
  using run = std::pair<std::string, std::string>; ///< incident, playbook
  /// What is derived from one action, so that a turn costs what changed and not what is open.
  struct indexes {
    std::map<std::uint64_t, std::string> open;
    std::set<std::pair<base::receive_time, std::uint64_t>> expiry; ///< of what was not attempted
    std::map<run, std::set<std::uint64_t>> open_in;                ///< reverts stand outside runs
    std::map<run, std::map<std::string, std::size_t, std::less<>>>
        targets; ///< of what was not refused and does more than speak
    std::map<std::string, std::set<std::uint64_t>, std::less<>> approved_on;
    std::map<std::string, std::size_t, std::less<>>
        busy; ///< target -> actions that may touch it now
    std::set<run> changed_runs;
    std::set<std::string, std::less<>> changed_targets;
  };

  action* get(std::string_view id);
  action& numbered(std::uint64_t number);
  bool make_room();
  void index(const action& a);
  void count(const action& a);
  void uncount(const action& a);
  void enter(const action& a);
  void leave(const action& a);
  void settle(action& a);
  void set_state(action& a, action_state to);
  void move(action& a, action_state to, std::string reason, base::receive_time at);
  void say(const action& a, std::string text);
  void refuse_stopped(const run& r, base::receive_time at);
  [[nodiscard]] bool has_turn(const action& a) const;
  void give_turns(base::receive_time at);
  [[nodiscard]] std::vector<std::string> other_holders(const action& a) const;

  data data_;
  news news_;
  // Derived from `data_`.
  std::map<std::uint64_t, std::string> by_number_;
  std::map<std::string, std::vector<std::string>, std::less<>> by_incident_;
  std::map<std::string, std::deque<base::receive_time>, std::less<>> planned_times_;
  indexes index_;
};

} // namespace vedette::respond
