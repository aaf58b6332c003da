#include "respond/playbooks/steps.hpp"

namespace vedette::respond {
namespace {

constexpr std::string_view step_kind_names[step_kinds] = {
    "notify",         "webhook",          "collect_evidence", "revoke_sessions",
    "deny_session",   "deactivate_key",   "disable_identity", "detach_policy",
    "stop_function",  "stop_instances",   "lock_region",      "restore_protection",
    "restore_audit",  "unshare_snapshot", "unshare_image",    "cancel_export",
    "isolate_bucket",
};
constexpr std::string_view class_names[] = {"idempotent", "verifiable", "at-most-once",
                                            "may-repeat"};
constexpr std::string_view approval_names[] = {"none", "one", "two"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::string_view (&names)[N], std::string_view text) noexcept {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text)
      return static_cast<Enum>(i);
  return std::nullopt;
}

} // namespace

std::string_view to_string(step_kind k) noexcept {
  return step_kind_names[static_cast<int>(k)];
}
std::string_view to_string(step_class c) noexcept {
  return class_names[static_cast<int>(c)];
}
std::string_view to_string(approval_rule a) noexcept {
  return approval_names[static_cast<int>(a)];
}

std::optional<step_kind> parse_step_kind(std::string_view text) noexcept {
  return find<step_kind>(step_kind_names, text);
}
std::optional<step_class> parse_step_class(std::string_view text) noexcept {
  return find<step_class>(class_names, text);
}
std::optional<approval_rule> parse_approval_rule(std::string_view text) noexcept {
  return find<approval_rule>(approval_names, text);
}

bool only_speaks(step_kind k) noexcept {
  return k == step_kind::notify || k == step_kind::webhook;
}

} // namespace vedette::respond
