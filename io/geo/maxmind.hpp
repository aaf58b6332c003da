// Country, place and network owner of an address, from MaxMind databases (GeoLite2/GeoIP2 City,
// Country, ASN, and files of that format from elsewhere).
//
// The files are mapped, not read; strings handed out point into the mapping and live as long as the
// source. Immutable, so any number of threads may ask at once; a new file means a new source. One
// look-up costs at most 128 steps down a tree per file. Made by `nodes`, asked by the address book.
#pragma once

#include "ingest/enrich/address_book.hpp"

#include "base/result.hpp"

#include <memory>
#include <string>

namespace vedette::io {

struct maxmind_files {
  std::string geo; ///< City or Country database; empty: none
  std::string asn; ///< ASN database; empty: none
};

/// Opens what is named. Errors: invalid_argument (nothing named), not_found, denied, corrupt (not
/// a MaxMind database, or damaged), unsupported (a database that knows neither places nor networks,
/// such as Anonymous-IP, or one given for the wrong purpose).
[[nodiscard]] base::result<std::shared_ptr<const ingest::network_source>>
open_maxmind(const maxmind_files& files);

} // namespace vedette::io
