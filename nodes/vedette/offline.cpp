#include "nodes/vedette/offline.hpp"

#include "ingest/record_splitter.hpp"
#include "io/files/text_file.hpp"
#include "nodes/config/tenants.hpp"
#include "nodes/content/content.hpp"
#include "nodes/vedette/commands.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace vedette::cli {

void add_offline_options(CLI::App& command, offline_flags& f) {
  command.add_option("--tenant", f.tenant, "Tenant the events belong to")->capture_default_str();
  command
      .add_option("--tenant-config", f.tenant_config,
                  "YAML: own accounts, networks, CI roles, regions")
      ->type_name("FILE");
  command.add_option("--geoip", f.geoip, "MaxMind city or country database, or CSV of places")
      ->type_name("FILE");
  command.add_option("--asn", f.asn, "MaxMind ASN database, or CSV of networks")->type_name("FILE");
  command
      .add_option("--cloud-ranges", f.cloud_ranges,
                  "Address ranges as AWS, Google or Azure publish them")
      ->type_name("FILE");
  command.add_option("--tor-list", f.tor, "Tor exit addresses, one a line")->type_name("FILE");
  command.add_option("--vpn-list", f.vpn, "VPN networks or AS numbers, one a line")
      ->type_name("FILE");
  command.add_option("--unwrap", f.unwrap,
                     "JSON pointer that takes the record out of a wrapper; tried in order");
  command.add_option("--columns", f.columns, columns_help)->type_name("NAMES");
}

base::result<offline_surroundings> load_surroundings(const offline_flags& f) {
  if (!config::is_tenant_name(f.tenant))
    return base::error{base::ec::invalid_argument,
                       fmt::format("--tenant {}: must be 1..64 of [a-z0-9._-]", f.tenant)};
  if (auto ok = ingest::record_splitter::check(f.unwrap, f.columns); !ok)
    return ok.err();
  auto book = content::load_lists({f.cloud_ranges, f.tor, f.vpn, f.geoip, f.asn});
  if (!book)
    return book.err();
  auto tenant = std::make_shared<base::tenant_settings>();
  if (!f.tenant_config.empty()) {
    auto text = io::read_text(f.tenant_config);
    if (!text)
      return text.err();
    auto parsed = config::parse_tenant(*text, f.tenant_config);
    if (!parsed)
      return parsed.err();
    *tenant = std::move(*parsed);
  }
  return offline_surroundings{std::move(tenant), std::move(*book)};
}

void tell_of_quarantine(const std::map<std::string, std::uint64_t, std::less<>>& reasons,
                        std::uint64_t records) {
  std::uint64_t sum = 0;
  std::string all;
  for (const auto& [reason, n] : reasons) {
    all += fmt::format("{}{} {}", all.empty() ? "" : ", ", n, reason);
    sum += n;
  }
  if (sum > 0)
    std::fprintf(stderr, "vedette: %llu of %llu records were quarantined: %s\n",
                 static_cast<unsigned long long>(sum), static_cast<unsigned long long>(records),
                 all.c_str());
}

} // namespace vedette::cli
