// What an IAM policy gives away: to whom (trust and resource policies) and how much (permissions).
//
// Judges one document on its own, offline: no boundaries, no service control policies, no other
// policies of the same principal. Only Allow statements count, and a Deny elsewhere in the document
// does not take a grant back, so a verdict errs towards too much. Pure; bounded by the document.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"

#include <functional>
#include <string_view>

namespace vedette::ingest {

/// Receives each account (12 digits) or "*" a policy names as principal.
using principal_sink = std::function<void(std::string_view)>;
/// Whether an account belongs to the tenant.
using own_account = std::function<bool(std::string_view)>;

/// Judges a policy document: JSON text, or that URL-encoded. `none` when it grants nothing or is
/// no policy. O(length).
[[nodiscard]] base::grant_class judge_policy_document(std::string_view document,
                                                      const own_account& is_own,
                                                      const principal_sink& principals,
                                                      base::arena& memory);

/// Judges a managed policy by its ARN: admin for the ones that give (or let one give oneself)
/// everything, limited for others.
[[nodiscard]] base::grant_class judge_policy_arn(std::string_view arn) noexcept;

/// The 12-digit account in an ARN, or the text itself when it is one; empty otherwise.
[[nodiscard]] std::string_view account_in(std::string_view principal) noexcept;

} // namespace vedette::ingest
