// What carries out response steps on this node: which executor a kind of step has, and the values
// around its calls. Used by the responder's thread only.
#pragma once

#include "actors/messages.hpp"
#include "io/aws/response/executor.hpp"
#include "io/clock/clock.hpp"
#include "nodes/config/settings.hpp"

#include <functional>
#include <set>

namespace vedette::server {

/// The kinds of step that the settings have an executor for.
[[nodiscard]] std::set<respond::step_kind> carried_out(const config::settings& settings);

class executors {
 public:
  /// `may_begin`: whether a call may begin now (actors/responder.hpp); asked before each.
  executors(const config::settings& settings, const io::clock& time,
            std::function<base::status()> may_begin);

  /// Looks, carries out or takes back, as the order says; blocks for as long as the calls take.
  [[nodiscard]] actors::action_report operator()(const actors::action_order& order);

 private:
  [[nodiscard]] actors::action_report post(const respond::action& a) const;
  [[nodiscard]] actors::action_report by(respond::executor& with,
                                         const actors::action_order& order) const;

  const config::settings& settings_;
  const io::clock& clock_;
  std::function<base::status()> may_begin_;
  io::aws_executor aws_;
};

} // namespace vedette::server
