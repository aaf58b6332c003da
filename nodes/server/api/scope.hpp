// What a request may see and what it asks for: tenants, pages, filters. Every handler goes through
// here, so that no list forgets the tenants of its caller. Pure.
#pragma once

#include "base/result.hpp"
#include "io/http/message.hpp"
#include "io/http/principal.hpp"
#include "respond/tenant_state.hpp"
#include "respond/trends/trend_table.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::server {

/// A page never holds more; larger limits are refused.
inline constexpr std::size_t page_max = 1000;

/// Sorted, each once: what the caller sees, or the one that `?tenant=` names. `known` is what the
/// node has heard of, asked only for callers that see everything. Errors: invalid_argument (name),
/// denied (a tenant the token does not see; whether it exists is not said).
[[nodiscard]] base::result<std::vector<base::tenant_id>>
tenants_of(const io::principal& who, const io::http_request& request,
           const std::set<std::string>& known);

/// The one tenant meant. Error invalid_argument when there could be several.
[[nodiscard]] base::result<base::tenant_id> one_tenant_of(const io::principal& who,
                                                          const io::http_request& request,
                                                          const std::set<std::string>& known);

/// Error invalid_argument names the first query parameter that the call does not know.
[[nodiscard]] base::status check_query(const io::http_request& request,
                                       std::initializer_list<std::string_view> known);

/// Where a list goes on: after `number` of `tenant`, then the tenants behind it.
struct list_cursor {
  base::tenant_id tenant;
  std::uint64_t number = 0;
};

struct page_request {
  std::size_t limit = 100;
  std::optional<list_cursor> cursor;
};

[[nodiscard]] base::result<page_request> page_of(const io::http_request& request);
[[nodiscard]] std::string to_string(const list_cursor& c); ///< "acme:17"
[[nodiscard]] std::optional<list_cursor> parse_cursor(std::string_view text);

/// From `severity rule identity since until status after`. Error invalid_argument.
[[nodiscard]] base::result<respond::alert_filter> alert_filter_of(const io::http_request& request);

/// `severity status identity` for the book, `rule since until` for what it answered.
struct incident_question {
  respond::incident_filter filter;
  std::string rule;
  std::optional<base::event_time> since, until; ///< of the incident's last event
};
[[nodiscard]] base::result<incident_question> incident_question_of(const io::http_request& request);

/// From `status incident playbook`.
[[nodiscard]] base::result<respond::action_filter>
action_filter_of(const io::http_request& request);

/// From `severity rule since until by`; `today` is the day that is still running.
[[nodiscard]] base::result<respond::trend_table::question>
trend_question_of(const io::http_request& request, base::day_number today);

} // namespace vedette::server
