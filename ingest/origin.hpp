// Where a call came from, seen from one tenant: its own networks first, then what the world's
// lists say about the address. Pure; nothing remembered.
#pragma once

#include "base/event.hpp"
#include "base/tenant_settings.hpp"
#include "ingest/enrich/address_book.hpp"

namespace vedette::ingest {

/// The class of an address that was read. `book` may be null: then only the tenant's own settings
/// speak. "other" is only said when cloud ranges are loaded, because without them an address on no
/// list may still be a cloud's. O(networks of the tenant).
[[nodiscard]] base::origin_class classify_origin(const base::ip_address& address,
                                                 base::cloud called, const address_facts& facts,
                                                 const address_book* book,
                                                 const base::tenant_settings& tenant) noexcept;

/// Whether text in place of an address names a service of the cloud.
[[nodiscard]] bool is_service_host(std::string_view text) noexcept;

} // namespace vedette::ingest
