// What the logs of Azure, Entra and Microsoft 365 write alike: JSON inside of text, addresses with
// ports, times without a zone, tokens' issuers, resource ids in any case. Pure.
#pragma once

#include "base/arena.hpp"
#include "base/event.hpp"
#include "ingest/json_reader.hpp"

#include <initializer_list>
#include <optional>
#include <string_view>

namespace vedette::ingest {

/// ASCII letters in lower case: the text itself when it has no other, else a copy. O(length).
[[nodiscard]] std::string_view lowered(std::string_view text, base::arena& memory);
[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept; ///< in any case

/// The object or array that a text holds; any other value as it is. O(length).
[[nodiscard]] json_value opened(const json_value& value, base::arena& memory);
/// The member of that name in any casing, with or without '_'.
[[nodiscard]] json_value member_named(const json_value& object, std::string_view folded) noexcept;
/// A scalar's text; of {"value": …, "localizedValue": …} the first.
[[nodiscard]] std::string_view plain(const json_value& value, base::arena& memory);
/// The value of the element of [{"key": K, "value": V}, …] (or Name and Value) with that key.
[[nodiscard]] std::string_view keyed(const json_value& list, std::string_view key,
                                     base::arena& memory);

/// RFC 3339; a time without a zone is UTC, as all of Microsoft's are.
[[nodiscard]] std::optional<base::event_time> utc_time(std::string_view text) noexcept;

/// "203.0.113.7:51234", "[2001:db8::1]:443", "fe80::1%4" -> the address alone.
[[nodiscard]] std::string_view bare_address(std::string_view text) noexcept;

/// "https://sts.windows.net/TENANT/" and "https://login.microsoftonline.com/TENANT/v2.0" -> TENANT.
[[nodiscard]] std::string_view tenant_of_issuer(std::string_view issuer) noexcept;
[[nodiscard]] bool is_guid(std::string_view text) noexcept;
/// Not empty and not of zeros only, which stands for nobody.
[[nodiscard]] bool is_set_id(std::string_view text) noexcept;
/// A tenant in which Microsoft keeps its own applications.
[[nodiscard]] bool is_microsofts_tenant(std::string_view tenant) noexcept;

/// Behind "/NAME/" of a resource id, up to the next '/': its subscription, for example. In any
/// case.
[[nodiscard]] std::string_view id_part(std::string_view resource_id,
                                       std::string_view name) noexcept;

/// What runs under a managed identity, by the resource it belongs to.
[[nodiscard]] base::session_class holder_of_resource(std::string_view resource_id) noexcept;
/// Command lines and consoles by the application id that Microsoft gave them.
[[nodiscard]] base::client_class client_of_app(std::string_view app_id) noexcept;

/// An id for a record that has none of its own: what it belongs to, and a hash of what tells it
/// from others there. The same text whichever way the record came.
[[nodiscard]] std::string_view made_id(std::string_view belongs,
                                       std::initializer_list<std::string_view> told_by,
                                       base::arena& memory);

} // namespace vedette::ingest
