// What the commands that read logs without a node share: lists of addresses, the tenant's settings,
// and what is said of records that are in quarantine.
#pragma once

#include "base/result.hpp"
#include "base/tenant_settings.hpp"
#include "ingest/enrich/address_book.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vedette::cli {

struct offline_flags {
  std::string tenant = "local", tenant_config;
  std::vector<std::string> cloud_ranges;
  std::string geoip, asn, tor, vpn;
  std::vector<std::string> unwrap;
  std::string columns; ///< of lines without a header, as record_splitter's
};

void add_offline_options(CLI::App& command, offline_flags& f);

struct offline_surroundings {
  std::shared_ptr<const base::tenant_settings> tenant;
  std::shared_ptr<const ingest::address_book> book;
};
/// Judges all of the flags. Errors: invalid_argument, and what files say.
[[nodiscard]] base::result<offline_surroundings> load_surroundings(const offline_flags& f);

/// One line on stderr when something is in quarantine.
void tell_of_quarantine(const std::map<std::string, std::uint64_t, std::less<>>& reasons,
                        std::uint64_t records);

} // namespace vedette::cli
