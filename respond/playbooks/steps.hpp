// The vocabulary of response steps: what can be done, how repeatable it is, who must agree.
//
// A kind names an executor (respond/executor.hpp). Shipped playbooks use all of them; this build
// carries out only those listed in `respond_settings::executors`, the rest are dry runs until the
// executors for real clouds exist.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vedette::respond {

enum class step_kind : std::uint8_t {
  notify,             ///< tell people through the node's own channels
  webhook,            ///< signed HTTP POST to an address the tenant configured
  collect_evidence,   ///< keep raw events, snapshot disks: before anything is changed
  revoke_sessions,    ///< end every session of a role issued before now
  deny_session,       ///< deny one stolen session, leaving the role's other sessions alone
  deactivate_key,     ///< make a long-lived key unusable
  disable_identity,   ///< take an identity's ways in away
  detach_policy,      ///< take back a permission that was given
  stop_function,      ///< let a serverless function run no more
  stop_instances,     ///< stop machines, keeping their disks
  lock_region,        ///< deny a region to an account
  restore_protection, ///< versioning, locks, backups: back on
  restore_audit,      ///< audit trail: back on
  unshare_snapshot,   ///< snapshots and database snapshots: take outsiders off
  unshare_image,      ///< machine images: take outsiders off
  cancel_export,      ///< stop a running export task
  isolate_bucket,     ///< deny one identity a bucket
};
inline constexpr int step_kinds = 17;

[[nodiscard]] std::string_view to_string(step_kind k) noexcept;
[[nodiscard]] std::optional<step_kind> parse_step_kind(std::string_view text) noexcept;
/// True for steps that only speak: they touch nothing, so the break-glass list does not hold them.
[[nodiscard]] bool only_speaks(step_kind k) noexcept;

/// What a repeated call does. Only the first two take effect exactly once.
enum class step_class : std::uint8_t {
  idempotent,   ///< calling twice is calling once
  verifiable,   ///< before a repeat the target can be asked whether it is already so
  at_most_once, ///< never repeated: an attempt without an answer ends as failed
  may_repeat,   ///< mail, page, ticket: a repeat annoys and does no harm
};

/// "idempotent", "verifiable", "at-most-once", "may-repeat".
[[nodiscard]] std::string_view to_string(step_class c) noexcept;
[[nodiscard]] std::optional<step_class> parse_step_class(std::string_view text) noexcept;

/// How many different people must agree.
enum class approval_rule : std::uint8_t { none, one, two };

[[nodiscard]] std::string_view to_string(approval_rule a) noexcept;
[[nodiscard]] std::optional<approval_rule> parse_approval_rule(std::string_view text) noexcept;

} // namespace vedette::respond
