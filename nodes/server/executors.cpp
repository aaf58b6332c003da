#include "nodes/server/executors.hpp"

#include "base/json_writer.hpp"
#include "io/files/text_file.hpp"
#include "io/webhook/webhook.hpp"
#include "respond/guard/guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace vedette::server {

namespace {

using actors::action_report;
using base::ec;
using respond::attempt_result;
using respond::step_kind;
using respond::verdict;

action_report report_of(respond::step_answer a) {
  return {a.result, std::move(a.text), {}, std::move(a.results)};
}

io::aws_settings own_aws() {
  io::aws_settings out;
  out.variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string{value == nullptr ? "" : value};
  };
  return out;
}

bool passes(const base::error& e) {
  return e.code == ec::unavailable || e.code == ec::timed_out;
}

} // namespace

std::set<step_kind> carried_out(const config::settings& settings) {
  std::set<step_kind> out;
  if (settings.respond.has(config::executor_kind::webhook))
    out.insert(step_kind::webhook);
  if (settings.respond.has(config::executor_kind::aws))
    out.insert(io::aws_executor::kinds().begin(), io::aws_executor::kinds().end());
  return out;
}

executors::executors(const config::settings& settings, const io::clock& time,
                     std::function<base::status()> may_begin)
    : settings_{settings}, clock_{time}, may_begin_{std::move(may_begin)},
      aws_{own_aws(),
           std::chrono::duration_cast<std::chrono::milliseconds>(settings.respond.call_timeout)} {}

action_report executors::operator()(const actors::action_order& order) {
  const auto kind = order.action.plan.kind;
  if (clock_.now() >= order.until)
    return {attempt_result::try_again, "its turn here came when nobody waited for it any more"};
  if (!carried_out(settings_).contains(kind))
    return {
        attempt_result::failed,
        fmt::format("nothing carries out {} here: add to respond.executors, set the tenant to "
                    "dry_run, or do it by hand",
                    respond::to_string(kind)),
    };
  if (kind == step_kind::webhook)
    return order.looks_only ? action_report{attempt_result::done, {}, {}, {}} : post(order.action);
  return by(aws_, order);
}

action_report executors::by(respond::executor& with, const actors::action_order& order) const {
  respond::execution_context c;
  c.now = clock_.now();
  c.tenant = order.settings;
  const auto& a = order.action;
  c.forbidden = [&a, &list = order.settings.break_glass](std::string_view) {
    return !respond::break_glass_hit(a.plan, list).empty();
  };
  c.may_go_on = [this, until = order.until]() -> base::status {
    if (clock_.now() >= until)
      return base::error{ec::timed_out, "the time for this attempt is over before its next call"};
    return may_begin_ ? may_begin_() : base::status{};
  };
  if (order.looks_only) {
    auto prior = with.read(a, c);
    if (prior)
      return {attempt_result::done, {}, std::move(*prior), {}};
    return {
        passes(prior.err()) ? attempt_result::try_again : attempt_result::failed,
        base::to_string(prior.err()),
    };
  }
  if (order.reverted)
    return report_of(with.revert(*order.reverted, order.reverted->prior, c));
  // A repeat after an attempt whose answer was lost asks first; what the inverse needs of that
  // answer only a call can tell.
  const bool needs_answer = std::ranges::any_of(a.plan.inverse, [](const auto& call) {
    return std::ranges::any_of(call.parameters, [](const auto& p) {
      return p.second.find("${result.") != std::string::npos;
    });
  });
  if (a.attempts > 0 && !needs_answer && a.plan.repeats == respond::step_class::verifiable &&
      with.verify(a, c) == verdict::so)
    return {attempt_result::done, "it is so; an attempt before did it", {}, a.results};
  return report_of(with.execute(a, a.prior, c));
}

action_report executors::post(const respond::action& a) const {
  io::webhook_settings hook;
  hook.url = settings_.respond.webhook_url;
  hook.secret = settings_.respond.webhook_secret.value;
  if (hook.secret.empty()) {
    auto text = io::read_text(settings_.respond.webhook_secret.file, 4096);
    if (!text)
      return {attempt_result::failed, base::to_string(text.err())};
    hook.secret = std::move(*text);
    while (!hook.secret.empty() && (hook.secret.back() == '\n' || hook.secret.back() == '\r'))
      hook.secret.pop_back();
  }
  hook.timeout =
      std::chrono::duration_cast<std::chrono::milliseconds>(settings_.respond.call_timeout);
  base::json_writer w;
  respond::describe(a, w);
  const auto sent = io::deliver(hook, a.id, clock_.now(), w.text());
  if (sent)
    return {attempt_result::done, "the webhook's receiver took it"};
  return {passes(sent.err()) ? attempt_result::try_again : attempt_result::failed,
          base::to_string(sent.err()),
          {},
          {}};
}

} // namespace vedette::server
